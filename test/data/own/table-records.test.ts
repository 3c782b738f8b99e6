import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TableRecord, tableRecords } from "../../../src/data/node/own/table-records.ts";
import { propertyRuns } from "../../support/property-runs.ts";

async function recordsOf(pieces: readonly string[], delimiter = ","): Promise<readonly TableRecord[]> {
  const found: TableRecord[] = [];
  const source = async function* (): AsyncGenerator<string> {
    yield* pieces;
  };
  for await (const records of tableRecords(source(), delimiter, "t.csv")) found.push(...records);
  return found;
}

/** Text in pieces that are cut anywhere. */
const cut = (text: string, places: readonly number[]): readonly string[] => {
  const at = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, i) => text.slice(at[i], end));
};

describe("records of a table", () => {
  it("are those of csv-parse, wherever the text is cut", async () => {
    const plain = fc.constantFrom("1", "-2.5", "word", "", " x ", "é");
    const quoted = fc.constantFrom('"a,b"', '"two\nlines"', '"with ""quotes"""', '""', '"1"');
    const row = (cell: fc.Arbitrary<string>) =>
      fc.array(cell, { minLength: 1, maxLength: 4 }).map((cells) => cells.join(","));
    const rows = fc.tuple(
      fc.array(row(plain), { maxLength: 5 }),
      fc.array(row(fc.oneof(plain, quoted)), { maxLength: 4 }),
      fc.array(row(plain), { maxLength: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 6 }),
        async (parts, end, isEnded, places) => {
          const text = parts.flat().join(end) + (isEnded ? end : "");
          const wanted: string[][] = parse(text, {
            skip_empty_lines: true,
            relax_column_count: true,
            record_delimiter: end,
          });
          const found = await recordsOf(cut(text, places));
          expect(found.map(({ fields }) => fields)).toEqual(wanted);
        },
      ),
      { numRuns: propertyRuns(300) },
    );
  });

  it.each([
    { title: "of plain lines", text: "a,b\n1,2\n\n3,4\n", lines: [1, 2, 4] },
    { title: "behind names in quotes", text: '"a","b"\r\n1,2\r\n\r\n3,4', lines: [1, 2, 4] },
    { title: "behind a field of two lines", text: '1,2\n3,"x\ny"\n5,6\n7,8\n', lines: [1, 3, 4, 5] },
  ])("know their line, $title", async ({ text, lines }) => {
    for (let at = 0; at <= text.length; at++) {
      expect((await recordsOf([text.slice(0, at), text.slice(at)])).map(({ line }) => line)).toEqual(lines);
    }
  });
});
