/** Tables in memory against the same tables in files, which csv-parse reads. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ExampleSet } from "../../../src/data/example-set.ts";
import { loadOwn } from "../../../src/data/node/own/load-own.ts";
import { datasetFromTable, tableColumns } from "../../../src/data/own/table-text.ts";
import { errorOf, rejectionOf } from "../../support/error-of.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const ROWS = ["0.5,1,a", "2,-3e-2,b", "4,5,a", "6,7,b"];
const TABLES = {
  plain: ["x1,x2,class", ...ROWS, ""].join("\n"),
  "without a last line break": ["x1,x2,class", ...ROWS].join("\n"),
  "with Windows' line breaks and a mark": `\ufeff${["x1,x2,class", ...ROWS, "", ""].join("\r\n")}`,
  semicolons: ["x1;x2;class", ...ROWS.map((row) => row.replaceAll(",", ";"))].join("\n"),
  "quotes, and commas and lines in them":
    'x1,"x, the ""second""",class\n1,"2",a\n"3",4,"b, or\nc"\n5,6,a\n7,8,"b, or\nc"\n',
  "without names": "1,2,0\n3,4,1\n5,6,0\n7,8,1\n",
  "an empty label": "x1,x2,class\n1,2,a\n3,4,\n",
  "a word among numbers": "x1,x2,class\n1,2,a\n3,four,b\n",
  "a line too short": "x1,x2,class\n1,2,a\n3,b\n",
} as const;

const label = (text: string): readonly string[] => (/^\d/.test(text) ? ["3"] : ["class"]);
const rowsOf = async (set: ExampleSet) => [...(await set.readBlock(0, set.size)).data, ...set.labels.data];

describe("a table in memory", () => {
  it.each(Object.entries(TABLES))("is what the same file is: %s", async (_, text) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "t.csv");
    await writeFile(path, text);
    const options = { path, label: label(text) };
    const file = await loadOwn(options).catch(() => undefined);
    if (file === undefined) {
      const refusal = await rejectionOf(loadOwn(options));
      expect(errorOf(() => datasetFromTable(text, options))).toEqual(refusal);
      return;
    }
    const found = datasetFromTable(text, options);
    expect(found.features).toEqual(file.features);
    expect(found.words).toEqual(file.words);
    expect(await rowsOf(found.train)).toEqual(await rowsOf(file.train));
    expect(await rowsOf(found.test)).toEqual(await rowsOf(file.test));
  });

  it("tells its columns, and what the first of them hold", () => {
    expect(tableColumns(TABLES.plain, "t.csv")).toEqual({ names: ["x1", "x2", "class"], first: ["0.5", "1", "a"] });
    expect(tableColumns(TABLES["without names"], "t.csv")).toEqual({ names: ["1", "2", "3"], first: ["1", "2", "0"] });
  });

  it.each(['x1,x2,class\n1,"2,a\n3,4,b\n', 'x1,x2,class\n1,"2"2,a\n'])("refuses a quote that is none: %j", (text) =>
    expect(errorOf(() => datasetFromTable(text, { path: "t.csv", label: ["class"] }))).toEqual({
      message:
        "t.csv, line 2: a quote within a field, or one that is not closed: expected a table with its quotes closed",
      hint: "mend the line",
    }),
  );

  it("refuses an empty one", () => {
    expect(errorOf(() => datasetFromTable("", { path: "t.csv" })).message).toMatch(/^t\.csv without a line/);
  });
});
