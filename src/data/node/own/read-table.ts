import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { codeOf, GatewiseError, messageOf } from "../../../errors.ts";
import { float32 } from "../../../graph/index.ts";
import { inputSet } from "../../example-set.ts";
import { elementType } from "../../own/npy-elements.ts";
import type { OwnData, RawData, RawPart } from "../../own/own-data.ts";
import { Table, type TableContent, type TableOptions } from "../../own/table.ts";
import { delimiterOf } from "../../own/table-delimiter.ts";
import { fileError } from "../file-error.ts";
import { firstBytes, isGzip } from "../read-file.ts";
import type { Scratch } from "../scratch-folder.ts";
import { fileInputs } from "./file-inputs.ts";
import { SpilledNumbers } from "./spilled-numbers.ts";
import { following, tableRecords } from "./table-records.ts";

/** Bytes of text that are decoded at once. */
const PIECE = 2 ** 18;

/**
 * A table of text: comma, semicolon or tab between fields, by what the first line has most of.
 * @param tables the training table, and that of the test set where there is one
 * @param scratch a folder for numbers that memory should not hold; all are held otherwise
 */
export async function readTables(
  data: OwnData,
  [path, testPath]: readonly [string, string | undefined],
  scratch?: Scratch,
): Promise<RawData> {
  const train = await readTable(path, data, scratch);
  const test = testPath === undefined ? undefined : await readTable(testPath, data, scratch);
  if (test !== undefined && train.features.join("\n") !== test.features.join("\n")) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${testPath}: the features ${listed(test.features)}`,
      expected: `those of ${path}, in their order: ${listed(train.features)}`,
      next: "give both tables the same columns",
    });
  }
  return { train, test, layout: undefined, staysInFiles: false, features: train.features, told: train.told };
}

const listed = (names: readonly string[]): string =>
  names.length <= 8 ? names.join(", ") : `${names.slice(0, 8).join(", ")}, … (${names.length})`;

interface ReadTable extends RawPart, Pick<TableContent, "features" | "told"> {}

async function readTable(path: string, options: TableOptions, scratch: Scratch | undefined): Promise<ReadTable> {
  const table = new Table(path, options);
  await using spilled = scratch && new SpilledNumbers(scratch, `table-${(await readdir(scratch.path)).length}`);
  try {
    const pieces = textOf(path);
    const { value: first = "" } = await pieces.next();
    for await (const records of tableRecords(following(first, pieces), delimiterOf(first, path), path)) {
      for (const { fields, line } of records) table.take(fields, line);
      await spilled?.take(table.inputs);
    }
  } catch (thrown) {
    throw tableError(thrown, path);
  }
  const { rows, features, targets, told } = table.content();
  const file = await spilled?.end(table.inputs);
  const shape = [rows, features.length];
  const inputs =
    file === undefined
      ? inputSet(float32(shape, table.inputs.takeAll()))
      : fileInputs({ name: path, type: elementType("<f4", path), shape, blocks: { path: file, start: 0 } }, undefined);
  return { inputs, targets, features, told };
}

/** The bytes of a file, unpacked where gzip packed them, in pieces. */
async function* contentOf(path: string): AsyncGenerator<Uint8Array, undefined> {
  const isPacked = isGzip(await firstBytes(path));
  const stored = createReadStream(path, { highWaterMark: PIECE });
  const content = isPacked ? stored.pipe(createGunzip({ chunkSize: PIECE })) : stored;
  // what the disk refuses ends the unpacking, too
  if (content !== stored) stored.on("error", (thrown) => content.destroy(thrown));
  try {
    for await (const piece of content) yield piece;
    return undefined;
  } finally {
    stored.destroy();
  }
}

/** Its text, in pieces. */
async function* textOf(path: string): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const piece of contentOf(path)) yield decoder.decode(piece, { stream: true });
    yield decoder.decode();
    return undefined;
  } catch (thrown) {
    throw codeOf(thrown) === "ERR_ENCODING_INVALID_ENCODED_DATA" ? await notUtf8(path, thrown) : thrown;
  }
}

async function notUtf8(path: string, cause: unknown): Promise<GatewiseError> {
  // a decoder that replaces what it cannot read tells the line
  const decoder = new TextDecoder();
  let [lines, start] = [1, ""];
  for await (const piece of contentOf(path)) {
    const text = decoder.decode(piece, { stream: true });
    if (start === "") start = Buffer.from(piece.subarray(0, 2)).toString("hex");
    const wrong = text.indexOf("\ufffd");
    lines += text.slice(0, wrong < 0 ? text.length : wrong).split("\n").length - 1;
    if (wrong >= 0) break;
  }
  const encoding = start === "fffe" || start === "feff" ? "utf-16" : "latin-1";
  return new GatewiseError({
    code: "unsupported-file",
    received: `${path}, line ${lines}: no UTF-8`,
    expected: "a table of text in UTF-8",
    next: `convert it: in pandas, pd.read_csv(file, encoding="${encoding}").to_csv(file, index=False)`,
    cause,
  });
}

/** What a damaged table is told as: csv-parse names the line. */
function tableError(thrown: unknown, path: string): unknown {
  if (thrown instanceof GatewiseError) return thrown;
  const code = codeOf(thrown);
  if (code !== undefined && /^CSV_|^INVALID_OPENING_QUOTE$/.test(code)) {
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
