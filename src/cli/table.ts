import stringWidth from "string-width";
import { largestOf } from "../graph/index.ts";
import { dim } from "./colors.ts";
import { shown } from "./shown.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** A table: a dim head, then a line a row, columns apart by two spaces and aligned. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const texts = [columns.map(({ title }) => title), ...rows].map((row) => row.map(shown));
  const widths = columns.map((_, i) =>
    largestOf(
      texts.map((row) => widthOf(row[i] ?? "")),
      0,
    ),
  );
  const [head = "", ...lines] = texts.map((row) =>
    columns
      .map(({ align }, i) => {
        const text = row[i] ?? "";
        const space = " ".repeat((widths[i] ?? 0) - widthOf(text));
        return align === "right" ? space + text : text + space;
      })
      .join("  ")
      .trimEnd(),
  );
  return [dim(head), ...lines].join("\n");
}

/** Columns of a terminal; most text is ASCII, which needs no tables. */
const widthOf = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text));
