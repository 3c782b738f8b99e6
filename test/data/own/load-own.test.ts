import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { encode } from "fast-png";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { loadOwn } from "../../../src/data/node/own/load-own.ts";
import { writeNpy } from "../../../src/data/npy.ts";
import type { OwnData } from "../../../src/data/own/own-data.ts";
import { denseArray, float32, float64, int32, int64 } from "../../../src/graph/index.ts";
import { rejectionOf } from "../../support/error-of.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

type Content = string | Uint8Array;

/** Files in a folder of their own, and what is made of one of them, or of the folder. */
async function loaded(
  files: Readonly<Record<string, Content>>,
  options: Partial<OwnData> & { readonly of?: string } = {},
) {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, "d", name);
  await mkdir(at(""));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(at(name), ".."), { recursive: true });
    await writeFile(at(name), content);
  }
  const { of = "", ...rest } = options;
  const path = at(of).replace(/\/$/, "");
  const own = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [
      name,
      /^(labels|testData|testLabels)$/.test(name) ? at(String(value)) : value,
    ]),
  );
  try {
    const data = await loadOwn({ path, ...own });
    const rows = async (set: typeof data.train) => [...(await set.readBlock(0, set.size)).data];
    return { ...data, inputs: await rows(data.train), tests: await rows(data.test) };
  } catch (thrown) {
    if (thrown instanceof Error) thrown.message = thrown.message.replaceAll(`${folder.path}/`, "");
    throw thrown;
  }
}
const refused = (...call: Parameters<typeof loaded>) => rejectionOf(loaded(...call));

const bytes = (shape: readonly number[], from = 0): Uint8Array =>
  writeNpy(
    denseArray(
      "uint8",
      shape,
      Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + from),
    ),
  );
const KERAS = {
  "x_train.npy": bytes([6, 2, 2]),
  "y_train.npy": writeNpy(int64([6, 1], [0, 1, 2, 0, 1, 2])),
  "x_test.npy": bytes([2, 2, 2], 50),
  "y_test.npy": writeNpy(int64([2, 1], [2, 0])),
};

describe("arrays", () => {
  it.each([
    { form: "an .npz archive", files: { "k.npz": zipSync(KERAS) }, of: "k.npz" },
    { form: "a folder of .npy files", files: KERAS, of: "" },
    { form: "a folder with an archive", files: { "k.npz": zipSync(KERAS) }, of: "" },
  ])("by Keras's names in $form", async ({ files, of }) => {
    const data = await loaded(files, { of });
    expect(data).toMatchObject({ inputShape: [2, 2], dtype: "uint8", isSplit: false, told: [] });
    expect(data.words).toEqual({ kind: "classes", names: ["0", "1", "2"] });
    expect([...data.train.labels.data, ...data.test.labels.data]).toEqual([0, 1, 2, 0, 1, 2, 2, 0]);
    expect(data.inputs).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it("by keys, and others of pairs; what is not read is told", async () => {
    const files = {
      "a.npz": zipSync({
        "feat.npy": bytes([4, 3]),
        "lab.npy": writeNpy(int32([4], [0, 3, 3, 0])),
        "z.npy": bytes([1]),
      }),
    };
    const data = await loaded(files, { of: "a.npz", keys: ["feat", "lab"] });
    expect([data.train.size, data.test.size, data.words.names]).toEqual([2, 2, ["0", "3"]]);
    expect(data.told[0]).toBe("not read: z");
  });

  it("a tensor and its labels, of float64 and words of Keras's layout", async () => {
    const x = float64(
      [4, 2, 2, 3],
      Array.from({ length: 48 }, (_, i) => i),
    );
    const files = { "x.npy": writeNpy(x), "y.npy": writeNpy(int32([4], [5, 9, 5, 9])) };
    const data = await loaded(files, { of: "x.npy", labels: "y.npy", layout: "hwc", testShare: 0.5 });
    expect(data).toMatchObject({ inputShape: [3, 2, 2], dtype: "float32", isSplit: true, layout: "hwc" });
    expect(data.words.names).toEqual(["5", "9"]);
    expect([...data.train.labels.data].sort()).toEqual([0, 1]);
    expect(data.told.at(-1)).toBe(
      "no test set: 2 of 4 examples (0.5 of each class, chosen by seed 0) are kept for testing",
    );
  });

  it("the same data in another form have the same digest, other data another", async () => {
    const one = await loaded({ "k.npz": zipSync(KERAS) }, { of: "k.npz" });
    expect((await loaded(KERAS)).digest).toBe(one.digest);
    expect((await loaded({ ...KERAS, "y_test.npy": writeNpy(int64([2], [2, 1])) })).digest).not.toBe(one.digest);
  });

  it.each([
    {
      title: "a wrong key",
      files: { "k.npz": zipSync(KERAS) },
      options: { of: "k.npz", keys: ["x_trian", "y_train"] },
      message: 'd/k.npz: no array "x_trian": expected one of x_train, y_train, x_test, y_test',
      hint: 'did you mean "x_train"?',
    },
    {
      title: "no usual names",
      files: { "k.npz": zipSync({ "a.npy": bytes([2, 2]), "b.npy": bytes([2]) }) },
      options: { of: "k.npz" },
      message:
        "d/k.npz, with the arrays a, b: expected inputs and labels by usual names: x_train and y_train (x_test, y_test), x and y, images and labels",
      hint: "name them with `keys`: inputs,labels or inputs,labels,test inputs,test labels",
    },
    {
      title: "labels of other number",
      files: { "x.npy": bytes([3, 2]), "y.npy": bytes([4]) },
      options: {},
      message: "d/y.npy: 4 labels: expected 3, one for each example of d/x.npy",
      hint: "give inputs and labels of the same examples",
    },
    {
      title: "one array for both",
      files: { "k.npz": zipSync(KERAS) },
      options: { of: "k.npz", keys: ["x_train", "x_train"] },
      message: "`keys` x_train,x_train: expected each array once: inputs and labels, of training and of test examples",
      hint: "name another than x_train: there are x_train, y_train, x_test, y_test",
    },
    {
      title: "labels that float64 cannot tell apart",
      files: { "x.npy": bytes([2, 2]), "y.npy": writeNpy(int64([2], [2 ** 54, 2 ** 54 + 4])) },
      options: {},
      message: "d/y.npy, element 0: label 18014398509481984, rounded: expected whole numbers up to 2⁵³",
      hint: "number the classes from 0, or give their names: y.astype(str)",
    },
    {
      title: "NaN",
      files: { "x.npy": writeNpy(float32([2, 2], [0, 1, Number.NaN, 2])), "y.npy": bytes([2]) },
      options: {},
      message: "d/x.npy: NaN in example 1, element 0: expected finite numbers of float32",
      hint: "fill in what is missing, or leave the example out",
    },
    {
      title: "a number beyond float32",
      files: { "x.npy": writeNpy(float64([2, 1], [0, 1e300])), "y.npy": bytes([2]) },
      options: {},
      message: "d/x.npy: Infinity in example 1, element 0: expected finite numbers of float32",
      hint: "fill in what is missing, or leave the example out",
    },
    {
      title: "inputs alone",
      files: { "x.npy": bytes([2, 2]) },
      options: { of: "x.npy" },
      message: "d/x.npy without `labels`: expected the file of its labels: one array holds inputs alone",
      hint: "add `labels`, a .npy file with the label of each example",
    },
    {
      title: "a label that training has not",
      files: { ...KERAS, "y_test.npy": writeNpy(int64([2], [2, 9])) },
      options: {},
      message: 'd/y_test.npy, element 1: label "9": expected one of the classes of training: 0, 1, 2',
      hint: "leave the example out, or train with its class",
    },
    {
      title: "test inputs of another shape",
      files: { ...KERAS, "x_test.npy": bytes([2, 2, 3]) },
      options: {},
      message: "d/x_test.npy: examples of shape [2, 3]: expected [2, 2], as in d/x_train.npy",
      hint: "give training and test inputs of one shape",
    },
    {
      title: "no examples",
      files: { "x.npy": bytes([0, 2]), "y.npy": bytes([0]) },
      options: {},
      message: "d/x.npy: of shape [0, 2]: expected inputs, numbers of shape [n, …] with at least one example",
      hint: "check that inputs and labels were not swapped",
    },
    {
      title: "a truncated file",
      files: { "x.npy": bytes([2, 2]).subarray(0, -1), "y.npy": bytes([2]) },
      options: {},
      message: "d/x.npy: 3 bytes after the header: expected 4 for |u1 of shape [2, 2]",
      hint: "the file is truncated: write it again",
    },
    {
      title: "an option of another form",
      files: KERAS,
      options: { label: ["a"] },
      message: "`label` with d, which holds arrays: expected of such options `keys`, `layout` only",
      hint: "leave `label` out",
    },
    {
      title: "a pickle",
      files: { "x.pkl": Uint8Array.of(0x80, 4, 0x95, 0) },
      options: { of: "x.pkl" },
      message: expect.stringMatching(/^d\/x\.pkl: a Python pickle: expected \.npz, \.npy with/),
      hint: "write it as one of these, in NumPy: np.savez(file, x=inputs, y=labels)",
    },
    {
      title: "an empty folder",
      files: {},
      options: {},
      message: expect.stringMatching(/^d, a folder with nothing in it: expected \.npz/),
      hint: "give the folder or the file that holds the data",
    },
    {
      title: "a path that is not there",
      files: {},
      options: { of: "no.npz" },
      message: "d/no.npz: does not exist: expected a file or folder of data",
      hint: "check the path",
    },
  ])("$title: one line", async ({ files, options, message, hint }) => {
    expect(await refused(files, options)).toEqual({ message, hint });
  });
});

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

describe("folders of images", () => {
  const gray = (value: number, [height, width] = [2, 3]): Uint8Array =>
    encode({ width, height, data: new Uint8Array(width * height).fill(value), depth: 8, channels: 1 });
  const color = (r: number, g: number, b: number): Uint8Array =>
    encode({
      width: 3,
      height: 2,
      data: Uint8Array.from({ length: 18 }, (_, i) => [r, g, b][i % 3] ?? 0),
      depth: 8,
      channels: 3,
    });

  it("by class, split", async () => {
    const files = Object.fromEntries(
      ["cat", "dog"].flatMap((label, c) => [0, 1, 2].map((i) => [`${label}/${i}.png`, gray(10 * c + i)])),
    );
    const data = await loaded({ ...files, "cat/notes.txt": "x", "dog/Thumbs.db": "x" });
    expect(data).toMatchObject({
      inputShape: [2, 3],
      dtype: "uint8",
      isSplit: true,
      words: { kind: "classes", names: ["cat", "dog"] },
    });
    expect(data.told[0]).toBe("1 files .txt are left out");
    const first = data.inputs.filter((_, i) => i % 6 === 0);
    expect(first.map((value) => Number(value >= 10))).toEqual([...data.train.labels.data]);
  });

  it("with a training and a test set; gray among color becomes color", async () => {
    const files = { "train/a/1.png": gray(7), "train/b/x/2.png": color(1, 2, 3), "test/a/3.png": gray(9) };
    const data = await loaded(files);
    expect(data).toMatchObject({ inputShape: [3, 2, 3], isSplit: false });
    expect(data.told).toEqual([
      "gray images among those in color count as color of three equal channels",
      "one example only of classes a, b",
    ]);
    expect(data.tests).toEqual(Array(18).fill(9));
    expect([...data.inputs].sort((a, b) => a - b)).toEqual([
      ...Array(6).fill(1),
      ...Array(6).fill(2),
      ...Array(6).fill(3),
      ...Array(18).fill(7),
    ]);
  });

  it.each([
    {
      title: "another size",
      files: { "a/1.png": gray(1), "a/2.png": gray(1), "b/1.png": gray(1, [4, 4]) },
      message: /^d\/.*\.png: (4×4 pixels: expected 2×3|2×3 pixels: expected 4×4), as in d\//,
    },
    {
      title: "a class without images",
      files: { "a/1.png": gray(1), "b/1.txt": "x" },
      message: /^d\/b without a PNG or JPEG image: expected at least one image of each class$/,
    },
    {
      title: "an image of no class",
      files: { "a/1.png": gray(1), "2.png": gray(1) },
      message: /^d\/2\.png, in no folder of a class/,
    },
    {
      title: "a corrupt image",
      files: { "a/1.png": gray(1), "b/1.png": gray(1).subarray(0, 50) },
      message: /^d\/b\/1\.png: a damaged PNG image/,
    },
    {
      title: "something else by this name",
      files: { "a/1.png": gray(1), "b/1.png": "hello" },
      message: /^d\/b\/1\.png: no PNG or JPEG image, whatever its name says: expected PNG or JPEG$/,
    },
    {
      title: "a label of the test set alone",
      files: { "train/a/1.png": gray(1), "train/b/1.png": gray(1), "test/c/1.png": gray(1) },
      message: /^d\/test\/c\/1\.png: label "c": expected one of the classes of training: a, b$/,
    },
  ])("$title: one line", async ({ files, message }) => {
    expect((await refused(files)).message).toMatch(message);
  });
});

it("whole numbers of a table that float64 cannot tell apart are names", async () => {
  const rows = Array.from({ length: 8 }, (_, i) => `${i},4611686018427387${i % 2 === 0 ? "904" : "905"}`);
  const { words } = await loaded({ "t.csv": `a,label\n${rows.join("\n")}` }, { of: "t.csv" });
  expect(words).toEqual({ kind: "classes", names: ["4611686018427387904", "4611686018427387905"] });
});
