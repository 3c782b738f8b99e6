/** HTML as a value: only {@link html} makes it of text, and it escapes every string that is put into it. */
export class Html {
  readonly text: string;

  /** @param text markup that is known to be safe; anything from outside goes through {@link html} */
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: texts and numbers are escaped, markup and lists of it are not. */
export type HtmlPart = string | number | Html | readonly Html[];

/** `` html`<p>${message}</p>` `` */
export const html = (strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html =>
  new Html(strings.reduce((text, string, i) => text + textOf(parts[i - 1] ?? "") + string));

function textOf(part: HtmlPart): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(({ text }) => text).join("");
  return escaped(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for an element or a quoted attribute; control characters that HTML forbids become the replacement character. */
export const escaped = (text: string): string =>
  text
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not pass
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "\ufffd");
