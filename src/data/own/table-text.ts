/** A table of text that is in memory: what a page is given. Files are read piece by piece (`node/own/read-table.ts`). */
import { GatewiseError } from "../../errors.ts";
import { float32 } from "../../graph/index.ts";
import { inputSet } from "../example-set.ts";
import type { OwnData } from "./own-data.ts";
import { type PreparedData, prepareData } from "./prepare.ts";
import { looksLikeHeader, Table } from "./table.ts";
import { delimiterOf } from "./table-delimiter.ts";

/** Data of a table. */
export interface TableData extends PreparedData {
  readonly features: readonly string[];
}

/** What the columns of a table are called: by its first line, else by their numbers from 1; and its first line of values. */
export interface TableColumns {
  readonly names: readonly string[];
  readonly first: readonly string[];
}

interface TextRecord {
  readonly fields: readonly string[];
  /** From 1. */
  readonly line: number;
}

/**
 * A table as a data set of one's own: the same as that of a file that holds the text.
 * @param options `path` names it in errors, and tells by its ending whether tabs part the fields
 * @throws GatewiseError for what is no table, or not one that the options fit
 */
export function datasetFromTable(text: string, options: OwnData): TableData {
  const table = new Table(options.path, options);
  for (const { fields, line } of recordsOf(text, options.path)) table.take(fields, line);
  const { rows, features, targets, told } = table.content();
  const inputs = inputSet(float32([rows, features.length], table.inputs.takeAll()));
  const raw = { layout: undefined, staysInFiles: false, features, told };
  return { ...prepareData({ ...raw, train: { inputs, targets }, test: undefined }, options), features };
}

/** @throws GatewiseError for what is no table */
export function tableColumns(text: string, path: string): TableColumns {
  const records = recordsOf(text, path);
  const head = records.next().value?.fields ?? [];
  if (!looksLikeHeader(head)) return { names: head.map((_, i) => String(i + 1)), first: head };
  return { names: head.map((name) => name.trim()), first: records.next().value?.fields ?? [] };
}

/** The column of what is to be predicted, where nobody says which: one that is called so, else the last. */
export const usualLabel = (names: readonly string[]): string =>
  names.find((name) => /^(label|target|class|labels|targets|species)$/i.test(name)) ?? names.at(-1) ?? "";

/** A field, in quotes or not, and what ends it (RFC 4180): csv-parse would be a tenth of a page. */
const fieldBefore = (delimiter: string): RegExp =>
  new RegExp(`(?:"((?:[^"]|"")*)"|([^"\\r\\n${delimiter}][^\\r\\n${delimiter}]*|))(${delimiter}|\\r?\\n|\\r|$)`, "y");

function* recordsOf(text: string, path: string): Generator<TextRecord, undefined> {
  const content = text.startsWith("\ufeff") ? text.slice(1) : text;
  const pattern = fieldBefore(delimiterOf(content, path));
  let [fields, line]: [string[], number] = [[], 1];
  while (pattern.lastIndex < content.length) {
    const found = pattern.exec(content);
    if (found === null) throw unclosed(path, line);
    const [all, quoted, plain = "", end] = found;
    fields.push(quoted?.replaceAll('""', '"') ?? plain);
    line += quoted?.split("\n").slice(1).length ?? 0;
    const isLast = pattern.lastIndex >= content.length;
    if (end !== "" && !/[\r\n]/.test(end ?? "") && !isLast) continue;
    if (isLast && end !== "" && !/[\r\n]/.test(end ?? "")) fields.push("");
    if (fields.length > 1 || fields[0] !== "") yield { fields, line };
    [fields, line] = [[], line + 1];
    if (all === "") return undefined;
  }
  return undefined;
}

const unclosed = (path: string, line: number): GatewiseError =>
  new GatewiseError({
    code: "damaged-file",
    received: `${path}, line ${line}: a quote within a field, or one that is not closed`,
    expected: "a table with its quotes closed",
    next: "mend the line",
  });
