import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { codeOf, GatewiseError, messageOf } from "../../../errors.ts";
import { float32 } from "../../../graph/index.ts";
import { inputSet } from "../../example-set.ts";
import type { OwnData, RawData, RawPart } from "../../own/own-data.ts";
import { Table, type TableContent, type TableOptions } from "../../own/table.ts";
import { fileError } from "../file-error.ts";
import { firstBytes, isGzip } from "../read-file.ts";

/** Bytes of text that are decoded at once. */
const PIECE = 2 ** 18;
/** Letters of a line: a quote that is never closed takes no more memory than this. */
const LONGEST_RECORD = 2 ** 26;

/**
 * A table of text: comma, semicolon or tab between fields, by what the first line has most of.
 * @param tables the training table, and that of the test set where there is one
 */
export async function readTables(
  data: OwnData,
  [path, testPath]: readonly [string, string | undefined],
): Promise<RawData> {
  const train = await readTable(path, data);
  if (testPath === undefined) return rawData(train, undefined);
  const test = await readTable(testPath, data);
  const [own, others] = [train.features.join("\n"), test.features.join("\n")];
  if (own !== others) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${testPath}: the features ${listed(test.features)}`,
      expected: `those of ${path}, in their order: ${listed(train.features)}`,
      next: "give both tables the same columns",
    });
  }
  return rawData(train, test);
}

const listed = (names: readonly string[]): string =>
  names.length <= 8 ? names.join(", ") : `${names.slice(0, 8).join(", ")}, … (${names.length})`;

function rawData(train: TableContent, test: TableContent | undefined): RawData {
  return {
    train: partOf(train),
    test: test && partOf(test),
    layout: undefined,
    features: train.features,
    told: train.told,
  };
}

const partOf = ({ rows, features, inputs, targets }: TableContent): RawPart => ({
  inputs: inputSet(float32([rows, features.length], inputs)),
  targets,
});

/** A record as csv-parse gives it with `info`. */
interface ParsedRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

async function readTable(path: string, options: TableOptions): Promise<TableContent> {
  const { parse } = await import("csv-parse");
  const table = new Table(path, options);
  try {
    const pieces = textOf(path);
    const { value: first } = await pieces.next();
    const parser = parse({
      delimiter: delimiterOf(first ?? "", path),
      bom: true,
      info: true,
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: LONGEST_RECORD,
    });
    const whole = async function* (): AsyncGenerator<string> {
      if (first !== undefined) yield first;
      yield* pieces;
    };
    await pipeline(whole, parser, async (records: AsyncIterable<ParsedRecord>) => {
      for await (const { record, info } of records) table.take(record, info.lines);
    });
  } catch (thrown) {
    throw tableError(thrown, path);
  }
  return table.content();
}

/** The text of a file, packed by gzip or not, in pieces. */
async function* textOf(path: string): AsyncGenerator<string, undefined> {
  const isPacked = isGzip(await firstBytes(path));
  const stored = createReadStream(path, { highWaterMark: PIECE });
  const content = isPacked ? stored.pipe(createGunzip({ chunkSize: PIECE })) : stored;
  // what the disk refuses ends the unpacking, too
  if (content !== stored) stored.on("error", (thrown) => content.destroy(thrown));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let before = 0;
  try {
    for await (const piece of content) {
      yield decoded(decoder, piece, path, before);
      before += piece.length;
    }
    yield decoded(decoder, undefined, path, before);
    return undefined;
  } finally {
    stored.destroy();
  }
}

function decoded(
  decoder: InstanceType<typeof TextDecoder>,
  piece: Uint8Array | undefined,
  path: string,
  before: number,
): string {
  try {
    return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
  } catch (cause) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${path}: no UTF-8 ${piece === undefined ? "at its end" : `between byte ${before} and ${before + piece.length}`}`,
      expected: "a table of text in UTF-8",
      next: 'convert it: in pandas, pd.read_csv(file, encoding="latin-1").to_csv(file, index=False)',
      cause,
    });
  }
}

/** What the first line has most of, outside of quotes. */
function delimiterOf(text: string, path: string): string {
  if (/\.tsv(\.gz)?$/i.test(path)) return "\t";
  const [line = ""] = text.replaceAll(/"[^"]*"/g, "").split(/\r?\n|\r/, 1);
  const count = (letter: string): number => line.split(letter).length;
  return [",", ";", "\t"].reduce((best, letter) => (count(letter) > count(best) ? letter : best));
}

/** What a damaged table is told as: csv-parse names the line. */
function tableError(thrown: unknown, path: string): unknown {
  if (thrown instanceof GatewiseError) return thrown;
  const code = codeOf(thrown);
  if (code?.startsWith("CSV_")) {
    return new GatewiseError({
      code: "damaged-file",
      received: `${path}: ${messageOf(thrown)}`,
      expected: "a table with its quotes closed",
      next: "mend the line",
      cause: thrown,
    });
  }
  if (code?.startsWith("Z_")) {
    return new GatewiseError({
      code: "damaged-file",
      received: `${path}: damaged gzip data (${messageOf(thrown)})`,
      expected: "a whole gzip file",
      next: "the file is truncated or damaged: write it again",
      cause: thrown,
    });
  }
  return fileError(thrown, path, "a readable file");
}
