/**
 * Records of a table of text. Lines without a quote are cut at their separators, which is most of what is read and ten times
 * as fast; from the first line with one on, csv-parse reads the rest.
 */
import { finished, Readable } from "node:stream";
import { GatewiseError } from "../../../errors.ts";

/** Letters of a line: a quote that is never closed takes no more memory than this. */
const LONGEST_RECORD = 2 ** 26;
/** Records of csv-parse that are given at once. */
const AT_ONCE = 256;

/** Fields, and the line that they end in, from 1. */
export interface TableRecord {
  readonly fields: readonly string[];
  readonly line: number;
}

/**
 * The records of a text, many at a time: waiting for each would take longer than reading it. Empty lines are left out.
 * @param pieces of the text, cut anywhere
 * @param path names it in errors
 * @throws the errors of csv-parse, and of the pieces
 */
export async function* tableRecords(
  pieces: AsyncIterable<string>,
  delimiter: string,
  path: string,
): AsyncGenerator<readonly TableRecord[], undefined> {
  const coming = pieces[Symbol.asyncIterator]();
  try {
    let [rest, ending, lines] = ["", "\n", 0];
    for (;;) {
      const { value, done } = await coming.next();
      let text = rest + (done === true ? "" : value);
      if (lines === 0) {
        const found = endingOf(text, done === true);
        if (found === undefined && done !== true && text.length <= LONGEST_RECORD) {
          rest = text;
          continue;
        }
        ending = found ?? ending;
        if (ending === "\r") {
          yield* parsed(text, coming, { delimiter, record_delimiter: ending });
          return undefined;
        }
        const head = text.slice(0, text.indexOf("\n") + 1);
        // names of columns stand in quotes where nothing else does
        if (isQuoted(head)) {
          yield* parsed(head, undefined, { delimiter, record_delimiter: ending });
          [text, lines] = [text.slice(head.length), 1];
        }
      }
      const end = done === true ? text.length : text.lastIndexOf("\n") + 1;
      const quote = text.indexOf('"');
      const plain = text.slice(0, quote < 0 ? end : text.lastIndexOf("\n", quote) + 1);
      const { records, count } = cut(plain, delimiter, lines);
      yield records;
      lines += count;
      if (quote >= 0) {
        // lines that are gone are empty ones to who counts them
        const left = ending.repeat(lines) + text.slice(plain.length);
        yield* parsed(left, done === true ? undefined : coming, { delimiter, record_delimiter: ending });
        return undefined;
      }
      if (done === true) return undefined;
      rest = text.slice(end);
      if (rest.length > LONGEST_RECORD) throw tooLong(path, lines + 1);
    }
  } finally {
    await coming.return?.();
  }
}

/** How the first line ends, outside of quotes; undefined where that is not known yet. */
function endingOf(text: string, isWhole: boolean): string | undefined {
  const ending = isWhole ? /\r?\n|\r/ : /\r?\n|\r(?!$)/;
  return ending.exec(text.replaceAll(/"[^"]*("|$)/g, ""))?.[0];
}

/** Whether a line has quotes, and closes all that it opens. */
const isQuoted = (line: string): boolean => line.includes('"') && line.split('"').length % 2 === 1;

/** Whole lines without a quote. */
function cut(text: string, delimiter: string, before: number): { records: TableRecord[]; count: number } {
  if (text === "") return { records: [], count: 0 };
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const records: TableRecord[] = [];
  lines.forEach((ended, i) => {
    const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
    if (line !== "") records.push({ fields: line.split(delimiter), line: before + i + 1 });
  });
  return { records, count: lines.length };
}

/** A record as csv-parse gives it with `info`. */
interface ParsedRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

async function* parsed(
  first: string,
  others: AsyncIterator<string> | undefined,
  separators: { readonly delimiter: string; readonly record_delimiter: string },
): AsyncGenerator<readonly TableRecord[], undefined> {
  const { parse } = await import("csv-parse");
  const parser = parse({
    ...separators,
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: LONGEST_RECORD,
  });
  const source = Readable.from(following(first, others));
  // what cannot be read ends the parsing, too
  finished(source, (failed) => void (failed && parser.destroy(failed)));
  source.pipe(parser);
  try {
    let records: TableRecord[] = [];
    for await (const { record, info } of parser as AsyncIterable<ParsedRecord>) {
      records.push({ fields: record, line: info.lines });
      if (records.length < AT_ONCE) continue;
      yield records;
      records = [];
    }
    yield records;
    return undefined;
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/** A text again, whose first piece was taken. */
export async function* following(
  first: string,
  others: AsyncIterator<string> | undefined,
): AsyncGenerator<string, undefined> {
  yield first;
  try {
    let next = await others?.next();
    while (next !== undefined && next.done !== true) {
      yield next.value;
      next = await others?.next();
    }
    return undefined;
  } finally {
    await others?.return?.();
  }
}

const tooLong = (path: string, line: number): GatewiseError =>
  new GatewiseError({
    code: "damaged-file",
    received: `${path}, line ${line}: more than ${LONGEST_RECORD} letters`,
    expected: "a line for each example",
    next: "look at what the file is: a table of text has shorter lines",
  });
