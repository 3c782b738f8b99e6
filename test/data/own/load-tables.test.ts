import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loaded, refused } from "./loaded.ts";

describe("tables", () => {
  const IRIS = "sepal,petal,species\n5.1,1.4,setosa\n6.0,4.5,versicolor\n5.0,1.3,setosa\n6.1,4.6,versicolor\n";

  it.each([
    { title: "commas", text: IRIS },
    { title: "CRLF and a BOM", text: `\uFEFF${IRIS.replaceAll("\n", "\r\n")}` },
    { title: "semicolons", text: IRIS.replaceAll(",", ";") },
    { title: "quotes", text: IRIS.replaceAll(/[a-z]+/g, '"$&"') },
    { title: "empty lines", text: IRIS.replaceAll("\n", "\n\n") },
    { title: "packed by gzip", text: gzipSync(IRIS) },
  ])("of $title", async ({ text }) => {
    const data = await loaded({ "i.csv": text }, { of: "i.csv" });
    expect(data).toMatchObject({
      inputShape: [2],
      features: ["sepal", "petal"],
      words: { kind: "classes", names: ["setosa", "versicolor"] },
    });
    expect([data.train.size, data.test.size]).toEqual([2, 2]);
    expect(data.told[0]).toBe('column "species" is taken for the label');
  });

  it("without a header, of tabs, the label by number", async () => {
    const text = IRIS.split("\n").slice(1).join("\n").replaceAll(",", "\t");
    const data = await loaded({ "i.tsv": text }, { of: "i.tsv", label: ["3"] });
    expect([data.features, data.train.size + data.test.size]).toEqual([["1", "2"], 4]);
  });

  it("of pandas, with row numbers in a first column without a name", async () => {
    const data = await loaded({ "p.csv": ",a,b,target\n0,1.5,2,0.25\n1,1.5,3,0.5\n2,2.5,3,0.75\n" }, { of: "p.csv" });
    expect(data).toMatchObject({ features: ["a", "b"], words: { kind: "values", names: ["target"] } });
    expect(data.told[0]).toBe("the first column has no name: it is taken for row numbers and left out");
  });

  it("a training and a test table, with columns that are left out, and several that are predicted", async () => {
    const files = { "train.csv": "id,a,u,v\n7,1,0.5,1.5\n8,2,1.5,2.5\n", "test.csv": "id,a,u,v\n9,3,0.25,0.5\n" };
    const data = await loaded(files, { label: ["u", "v"], drop: ["id"] });
    expect([data.inputs, data.tests]).toEqual([[1, 2], [3]]);
    expect([data.train.labels.shape, [...data.test.labels.data]]).toEqual([
      [2, 2],
      [0.25, 0.5],
    ]);
  });

  it("of any numbers: what was written is read", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.float({ noNaN: true, noDefaultInfinity: true }),
            fc.float({ noNaN: true, noDefaultInfinity: true }),
          ),
          { minLength: 4, maxLength: 20 },
        ),
        async (rows) => {
          const lines = rows.map(([a, b], i) => `${a},${b},${i % 2 === 0 ? "yes" : "no"}`);
          const data = await loaded({ "t.csv": `a,b,label\n${lines.join("\n")}` }, { of: "t.csv" });
          const all = [...data.inputs, ...data.tests].sort((x, y) => x - y);
          expect(all.map((x) => x + 0)).toEqual(
            rows
              .flat()
              .map((x) => Math.fround(x) + 0)
              .sort((x, y) => x - y),
          );
        },
      ),
      { numRuns: 30 },
    ));

  it.each([
    {
      title: "a missing value",
      text: "a,b,label\n1,2,x\n1,,y\n",
      message: 'd/t.csv, line 3: a missing value in column "b": expected a finite number',
      hint: "fill it in or remove the line: what is missing is not guessed",
    },
    {
      title: "NaN",
      text: "a,b,label\n1,2,x\nNaN,3,y\n",
      message: 'd/t.csv, line 3: a missing value (NaN) in column "a": expected a finite number',
      hint: "fill it in or remove the line: what is missing is not guessed",
    },
    {
      title: "a missing label",
      text: "a,label\n1,x\n2,\n",
      message: 'd/t.csv, line 3: a missing value in column "label": expected a label',
      hint: "fill it in or remove the line: what is missing is not guessed",
    },
    {
      title: "a word among numbers",
      text: 'a,b,label\n1,"two",x\n',
      message: 'd/t.csv, line 2: "two" in column "b": expected a finite number',
      hint: "write the column as numbers (one column of 0 and 1 for each word), or leave it out with `drop`",
    },
    {
      title: "a ragged row",
      text: "a,b,label\n1,2,x\n1,2,3,y\n",
      message: "d/t.csv, line 3: 4 fields: expected 3, as in the first line",
      hint: "mend or remove the line",
    },
    {
      title: "a ragged row behind a field of two lines",
      text: 'a,b,label\n1,2,"x\ny"\n1,2\n',
      message: "d/t.csv, line 4: 2 fields: expected 3, as in the first line",
      hint: "mend or remove the line",
    },
    {
      title: "two columns of one name",
      text: "a,a,label\n1,2,x\n",
      message: 'd/t.csv, line 1: two columns "a": expected a name for each column',
      hint: "rename one of them",
    },
    {
      title: "no column of the name",
      text: "a,b,class\n1,2,x\n",
      label: ["clas"],
      message: "`label` clas: no column of d/t.csv: expected one of a, b, class, or a number from 1 to 3",
      hint: 'did you mean "class"?',
    },
    {
      title: "no usual label",
      text: "a,b,c\n1,2,x\n",
      message: "d/t.csv without `label`: expected the column that is to be predicted, one of a, b, c",
      hint: "add `label`, such as c",
    },
    {
      title: "an open quote",
      text: 'a,label\n1,"x\n2,y\n',
      message: expect.stringMatching(/^d\/t\.csv: Quote Not Closed: .* at line 3: expected/),
      hint: "mend the line",
    },
    {
      title: "a header alone",
      text: "a,label\n",
      message: "d/t.csv without a line of values: expected a table with at least one example",
      hint: "give a table with a line for each example",
    },
    {
      title: "no UTF-8",
      text: Uint8Array.from([...Buffer.from("a,label\n1,"), 0xe9, 0x0a]),
      message: "d/t.csv, line 2: no UTF-8: expected a table of text in UTF-8",
      hint: 'convert it: in pandas, pd.read_csv(file, encoding="latin-1").to_csv(file, index=False)',
    },
    {
      title: "gzip data that end too early",
      text: gzipSync(IRIS).subarray(0, -9),
      message: "d/t.csv: damaged gzip data (unexpected end of file): expected a whole gzip file",
      hint: "the file is truncated or damaged: write it again",
    },
    {
      title: "a quote within a field",
      text: `a,b,label\n1,2,x\n1,2"3,x\n`,
      message: expect.stringMatching(
        /^d\/t\.csv: Invalid Opening Quote: .* at line 3.*: expected a table with its quotes closed$/,
      ),
      hint: "mend the line",
    },
    {
      title: "a cell of many letters",
      text: `a,label\n${"9".repeat(5000)},x\n`,
      message: `d/t.csv, line 2: "${"9".repeat(40)}" and 4960 more letters in column "a": expected a finite number`,
      hint: "write the column as numbers (one column of 0 and 1 for each word), or leave it out with `drop`",
    },
    {
      title: "a label of many letters",
      text: `a,label\n1,${"x".repeat(5000)}\n`,
      message: 'd/t.csv, line 2: a label of 5000 letters in column "label": expected a label',
      hint: "fill it in or remove the line: what is missing is not guessed",
    },
    {
      title: "one class",
      text: "a,label\n1,x\n2,x\n",
      message: 'd/t.csv, line 2, column "label": label "x", as all others: expected at least two classes to tell apart',
      hint: "give the labels of all classes",
    },
    {
      title: "decimal commas",
      text: "a;label\n1,5;x\n",
      message: 'd/t.csv, line 2: "1,5" in column "a": expected a finite number',
      hint: 'write decimal points in place of commas (in pandas: decimal="," where it is read)',
    },
  ])("$title: one line", async ({ text, message, hint, label }) => {
    expect(await refused({ "t.csv": text }, { of: "t.csv", ...(label === undefined ? {} : { label }) })).toEqual({
      message,
      hint,
    });
  });
});

it("whole numbers of a table that float64 cannot tell apart are names", async () => {
  const rows = Array.from({ length: 8 }, (_, i) => `${i},4611686018427387${i % 2 === 0 ? "904" : "905"}`);
  const { words } = await loaded({ "t.csv": `a,label\n${rows.join("\n")}` }, { of: "t.csv" });
  expect(words).toEqual({ kind: "classes", names: ["4611686018427387904", "4611686018427387905"] });
});
