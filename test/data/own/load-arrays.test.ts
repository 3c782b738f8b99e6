import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { writeNpy } from "../../../src/data/npy.ts";
import { denseArray, float32, float64, int32, int64 } from "../../../src/graph/index.ts";
import { loaded, refused } from "./loaded.ts";

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
