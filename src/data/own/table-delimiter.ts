/** What parts the fields of a table: comma, semicolon or tab, by what the first line has most of outside of quotes. */
export function delimiterOf(text: string, path: string): string {
  if (/\.tsv(\.gz)?$/i.test(path)) return "\t";
  const [line = ""] = text.replaceAll(/"[^"]*"/g, "").split(/\r?\n|\r/, 1);
  const count = (letter: string): number => line.split(letter).length;
  return [",", ";", "\t"].reduce((best, letter) => (count(letter) > count(best) ? letter : best));
}
