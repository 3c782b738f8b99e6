/** Files of one JSON value a line, to which lines are added: `metrics.jsonl`, `kernels.jsonl`, `measured.jsonl`. */
import { GatewiseError } from "../errors.ts";
import { readText, type Store } from "./store.ts";

/** Characters of a line that was being written when its writer was killed: many times the longest. */
const LONGEST_CUT = 2 ** 20;

/**
 * What the lines of a file say, nothing if there is no file; a last line that a kill cut short is left out.
 * @param read one line, whose place is told for errors
 * @throws GatewiseError if what is behind the last whole line cannot have been begun as one
 */
export async function readLines<T>(
  store: Store,
  file: string,
  read: (line: string, place: string) => T,
): Promise<readonly T[]> {
  const text = (await readText(store, file)) ?? "";
  const place = (index: number): string => `${store.nameOf(file)}, line ${index + 1}`;
  const values: T[] = [];
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
    values.push(read(text.slice(start, end), place(values.length)));
    start = end + 1;
  }
  const left = text.length - start;
  // after a power cut some systems have the length of a line, and zeros in its place
  if (left === 0 || (left <= LONGEST_CUT && /^[{\0]/.test(text.slice(start, start + 1)))) return values;
  throw new GatewiseError({
    code: "damaged-file",
    received: `${place(values.length)}: ${left} characters without an end`,
    expected: "a line of JSON, or the beginning of one",
    next: "restore the file, or start a new run",
  });
}
