/** Tables of text, record by record: which columns are features, which are to be predicted. */
import { GatewiseError } from "../../errors.ts";
import { nearMiss } from "../../parse-value.ts";
import { GrowingNumbers } from "./growing-numbers.ts";
import { LONGEST_WORD } from "./npy-elements.ts";
import type { RawTargets } from "./raw-targets.ts";

/** How a table is read. */
export interface TableOptions {
  readonly label?: readonly string[] | undefined;
  readonly drop?: readonly string[] | undefined;
  readonly header?: boolean | undefined;
}

/** Columns that are taken for the label where nobody names one. */
const USUAL_LABELS = ["label", "target", "class", "y", "labels", "targets", "species"];
/** How missing values are written (pandas' own list, in lower case). */
const MISSING = new Set(["", "na", "n/a", "nan", "null", "none", "?", "<na>", "#n/a", "-nan", "nil"]);
/** A whole number of many digits. */
const WHOLE = /^[+-]?\d{16,}$/;
/** Different labels that are held once each. */
const MOST_WORDS = 65_536;
/** A number as most of Europe writes it. */
const DECIMAL_COMMA = /^[+-]?\d*,\d+(?:e[+-]?\d+)?$/i;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A number as text, `true` and `false` as 1 and 0, or undefined. */
function numberIn(cell: string): number | undefined {
  if (isPlain(cell)) {
    const value = Number(cell);
    if (Number.isFinite(value)) return value;
  }
  const text = cell.trim();
  if (NUMBER.test(text)) return Number(text);
  if (/^true$/i.test(text)) return 1;
  if (/^false$/i.test(text)) return 0;
  return undefined;
}

/**
 * Whether what JavaScript takes for a finite number here is one in a table as well: it begins as numbers do, and not as `0x10`,
 * `0b1` or `0o7`. Most cells are such, and the pattern of numbers takes longer than reading one.
 */
function isPlain(cell: string): boolean {
  const [first, second] = [cell.charCodeAt(0), cell.charCodeAt(1)];
  const isDigit = first >= 48 && first <= 57;
  if (!isDigit) return first === 45 || first === 46 || first === 43;
  return first !== 48 || !(second > 57) || second === 69 || second === 101;
}

const missing = (cell: string): string => `a missing value${cell.trim() === "" ? "" : ` (${cell.trim()})`}`;

/** Letters of a cell that are shown. */
const SHOWN = 40;
const shortened = (cell: string): string =>
  cell.length <= SHOWN
    ? JSON.stringify(cell)
    : `${JSON.stringify(cell.slice(0, SHOWN))} and ${cell.length - SHOWN} more letters`;

/** What a table holds once it was read. */
export interface TableContent {
  readonly rows: number;
  readonly features: readonly string[];
  readonly targets: RawTargets;
  readonly told: readonly string[];
}

/** A table in the making. */
export class Table {
  private columns: Columns | undefined;
  private width = 0;
  /** Features of all rows so far, row by row. */
  readonly inputs = new GrowingNumbers();
  private readonly labels: string[] = [];
  /** Words that came before: a label that stands a million times is held once. */
  private readonly words = new Map<string, string>();
  private readonly lines: number[] = [];
  private readonly told: string[] = [];

  constructor(
    private readonly file: string,
    private readonly options: TableOptions,
  ) {}

  /**
   * Takes the next record.
   * @param line where it stands in the file, from 1
   * @throws GatewiseError for a record of another length, a value that is missing or no number, a column that is not there
   */
  take(record: readonly string[], line: number): void {
    if (this.columns === undefined) {
      this.width = record.length;
      const hasHeader = this.options.header ?? looksLikeHeader(record);
      this.columns = columnsOf(hasHeader ? record : undefined, record.length, this.options, this.file, this.told);
      if (hasHeader) return;
    }
    if (record.length !== this.width) {
      throw this.wrong(
        line,
        `${record.length} fields`,
        `${this.width}, as in the first line`,
        "mend or remove the line",
      );
    }
    const { features, labels, names } = this.columns;
    for (const column of features) {
      const cell = record[column] ?? "";
      const value = numberIn(cell);
      if (value === undefined || !Number.isFinite(Math.fround(value))) throw this.noNumber(line, names[column], cell);
      this.inputs.push(value);
    }
    for (const column of labels) {
      const cell = (record[column] ?? "").trim();
      if (cell.length > LONGEST_WORD) throw this.noLabel(line, names[column], `a label of ${cell.length} letters`);
      if (MISSING.has(cell.toLowerCase())) throw this.noLabel(line, names[column], missing(cell));
      this.labels.push(this.held(cell));
    }
    this.lines.push(line);
  }

  private held(word: string): string {
    const known = this.words.get(word);
    if (known === undefined && this.words.size < MOST_WORDS) this.words.set(word, word);
    return known ?? word;
  }

  /** @throws GatewiseError for a table without rows */
  content(): TableContent {
    const { columns } = this;
    if (columns === undefined || this.lines.length === 0) {
      throw new GatewiseError({
        code: "damaged-file",
        received: `${this.file} without ${columns === undefined ? "a line" : "a line of values"}`,
        expected: "a table with at least one example",
        next: "give a table with a line for each example",
      });
    }
    return {
      rows: this.lines.length,
      features: columns.features.map((column) => columns.names[column] ?? ""),
      targets: this.targets(columns),
      told: this.told,
    };
  }

  private targets({ labels, names }: Columns): RawTargets {
    const { file, lines } = this;
    const called = labels.map((column) => names[column] ?? "");
    const place = (example: number): string =>
      `${file}, line ${lines[example]}, column ${JSON.stringify(called.join())}`;
    // as numbers some of them would be one
    const areIdentifiers = this.labels.some((word) => WHOLE.test(word) && !Number.isSafeInteger(Number(word)));
    if (areIdentifiers && labels.length === 1) return { kind: "words", words: this.labels, place };
    const areBooleans = this.labels.every((word) => /^(true|false)$/i.test(word));
    const numbers = new Float64Array(this.labels.length);
    for (const [i, word] of this.labels.entries()) {
      const value = areBooleans || NUMBER.test(word) ? numberIn(word) : undefined;
      if (value === undefined) {
        if (labels.length === 1) return { kind: "words", words: this.labels, place };
        throw this.noNumber(lines[Math.floor(i / labels.length)] ?? 0, called[i % labels.length], word);
      }
      numbers[i] = value;
    }
    const shape = labels.length === 1 ? [lines.length] : [lines.length, labels.length];
    return {
      kind: "numbers",
      shape,
      data: numbers,
      names: called,
      isBoolean: areBooleans && labels.length === 1,
      place,
    };
  }

  private noNumber(line: number, column: string | undefined, cell: string): GatewiseError {
    const isMissing = MISSING.has(cell.trim().toLowerCase());
    const what = isMissing ? missing(cell) : shortened(cell);
    return this.wrong(
      line,
      `${what} in column ${JSON.stringify(column ?? "")}`,
      "a finite number",
      isMissing ? "fill it in or remove the line: what is missing is not guessed" : nextForWord(cell),
    );
  }

  private noLabel(line: number, column: string | undefined, what: string): GatewiseError {
    return this.wrong(
      line,
      `${what} in column ${JSON.stringify(column ?? "")}`,
      "a label",
      "fill it in or remove the line: what is missing is not guessed",
    );
  }

  private wrong(line: number, what: string, expected: string, next: string): GatewiseError {
    return new GatewiseError({ code: "damaged-file", received: `${this.file}, line ${line}: ${what}`, expected, next });
  }
}

interface Columns {
  readonly names: readonly string[];
  /** Positions. */
  readonly features: readonly number[];
  readonly labels: readonly number[];
}

/** What becomes of a cell that is no number. */
const nextForWord = (cell: string): string =>
  DECIMAL_COMMA.test(cell.trim())
    ? 'write decimal points in place of commas (in pandas: decimal="," where it is read)'
    : "write the column as numbers (one column of 0 and 1 for each word), or leave it out with `drop`";

/** Words alone; or the numbers of columns in order, as pandas names columns that have no names. */
export function looksLikeHeader(record: readonly string[]): boolean {
  const numbers = record.map(numberIn).filter((value) => value !== undefined);
  if (numbers.length === 0) return true;
  const isCounting = numbers.every((value, i) => value === i) || numbers.every((value, i) => value === i + 1);
  return isCounting && numbers.length >= 3 && numbers.length >= record.length - 2;
}

function columnsOf(
  header: readonly string[] | undefined,
  count: number,
  { label, drop = [] }: TableOptions,
  file: string,
  told: string[],
): Columns {
  const names = header?.map((name) => name.trim()) ?? Array.from({ length: count }, (_, i) => String(i + 1));
  const twice = names.findIndex((name, i) => name !== "" && names.indexOf(name) !== i);
  if (twice >= 0) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}, line 1: two columns ${JSON.stringify(names[twice])}`,
      expected: "a name for each column",
      next: "rename one of them",
    });
  }
  const dropped = drop.map((name) => positionOf(name, names, file, "drop"));
  // pandas writes its row numbers into a first column without a name
  if (header !== undefined && names[0] === "" && count > 2) {
    dropped.push(0);
    told.push("the first column has no name: it is taken for row numbers and left out");
  }
  const labels = (label ?? [usualLabel(names, header !== undefined, file, told)]).map((name) =>
    positionOf(name, names, file, "label"),
  );
  const features = names.flatMap((_, i) => (labels.includes(i) || dropped.includes(i) ? [] : [i]));
  if (features.length > 0) return { names, features, labels };
  throw new GatewiseError({
    received: `${file}: no column is left but ${labels.map((i) => JSON.stringify(names[i])).join(", ")}`,
    expected: "at least one feature beside the label",
    next: "look at the separator: commas, semicolons and tabs are known",
  });
}

function usualLabel(names: readonly string[], hasHeader: boolean, file: string, told: string[]): string {
  const found = names.filter((name) => USUAL_LABELS.includes(name.toLowerCase()));
  const [only] = found;
  if (only !== undefined && found.length === 1) {
    told.push(`column ${JSON.stringify(only)} is taken for the label`);
    return only;
  }
  const listed = names.length <= 12 ? names.join(", ") : `${names.slice(0, 11).join(", ")}, … ${names.at(-1)}`;
  throw new GatewiseError({
    received: `${file} without \`label\``,
    expected: hasHeader
      ? `the column that is to be predicted, one of ${listed}`
      : `the column that is to be predicted, by its number from 1 to ${names.length}: the first line names none`,
    next: `add \`label\`, such as ${hasHeader ? (names.at(-1) ?? "") : names.length}`,
  });
}

/** By name, else by number from 1. */
function positionOf(name: string, names: readonly string[], file: string, option: "label" | "drop"): number {
  const byName = names.indexOf(name);
  if (byName >= 0) return byName;
  const number = /^\d+$/.test(name) ? Number(name) : 0;
  if (number >= 1 && number <= names.length) return number - 1;
  const meant = nearMiss(name, names.slice(0, 10_000));
  const listed = names.length <= 12 ? names.join(", ") : `${names.slice(0, 11).join(", ")}, … ${names.at(-1)}`;
  throw new GatewiseError({
    received: `\`${option}\` ${name}: no column of ${file}`,
    expected: `one of ${listed}, or a number from 1 to ${names.length}`,
    next: meant === undefined ? "choose one of them" : `did you mean ${JSON.stringify(meant)}?`,
  });
}
