/** Models of other kinds are named as what they are, with how they become ONNX. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  FOREIGN_FORMATS,
  type ForeignFormat,
  foreignFormat,
  readNpy,
  writeNpy,
  writeSafetensors,
} from "../../src/data/index.ts";
import {
  cast,
  constant,
  float32,
  graph,
  greater,
  input,
  matMul,
  multiply,
  relu,
  sigmoid,
  writeModel,
} from "../../src/graph/index.ts";
import { loadNetwork } from "../../src/runs/node/index.ts";
import { drawn, onnxModel } from "../graph/onnx/model.ts";
import { gatewise } from "../support/command-line.ts";
import { errorOf, rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const latin = (text: string): Uint8Array => Buffer.from(text, "latin1");
/** A zip archive's local header, as far as the name of its first file (APPNOTE 4.3.7). */
const zip = (name: string): Uint8Array =>
  latin(`PK\x03\x04\x14\0\0\0\0\0\0\0\0\0${"\0".repeat(12)}${String.fromCharCode(name.length)}\0\0\0${name}`);

/** The first bytes of a file of each format, as its own tools write them. */
const FILES = {
  npy: [writeNpy(float32([1], [1]))],
  npz: [zip("arr_0.npy")],
  pytorch: [
    zip("archive/data.pkl"),
    zip("resnet18/data.pkl"),
    latin("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."),
  ],
  keras: [zip("metadata.json"), zip("config.json")],
  hdf5: [latin("\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0")],
  pickle: [
    latin("\x80\x02}q\x01(U"),
    latin("\x80\x04\x95\x1c\0\0\0\0\0\0\0\x8c\x07sklearn"),
    latin("\x80\x03csklearn.svm\n"),
  ],
  tflite: [latin("\x1c\0\0\0TFL3\x14\0 \0")],
  safetensors: [writeSafetensors({ w: float32([1], [1]) }, {})],
  html: [latin("<!DOCTYPE html>\n<html>"), latin("\n\n<html lang=en>")],
  zip: [zip("readme.txt")],
  "git-lfs": [latin("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")],
} as const satisfies Record<ForeignFormat, readonly Uint8Array[]>;

const TORCH = 'in Python: torch.onnx.export(model, example_input, "model.onnx")';
const keras = (path: string): string =>
  `in Python: tf2onnx.convert.from_keras(keras.models.load_model("${path}"), output_path="model.onnx"), or model.export("model.onnx", format="onnx") of Keras 3`;
const PICKLE =
  'of scikit-learn, in Python: open("model.onnx", "wb").write(skl2onnx.to_onnx(model, X[:1]).SerializeToString()); of PyTorch: torch.onnx.export(model, example_input, "model.onnx")';
const SAFETENSORS = `it holds weights without their network: load them into it, then ${TORCH}; of Hugging Face: optimum-cli export onnx --model NAME .`;

const junk = latin("no model at all");
const ROWS: readonly { name: string; bytes: Uint8Array; is: string; next: (path: string) => string }[] = [
  ...FILES.pytorch.map((bytes, i) => ({ name: `m${i}.pt`, bytes, is: "a PyTorch file", next: () => TORCH })),
  { name: "m.pth", bytes: junk, is: "a PyTorch file", next: () => TORCH },
  { name: "m.pt", bytes: new Uint8Array(), is: "a PyTorch file", next: () => TORCH },
  { name: "legacy.pth", bytes: FILES.pickle[0], is: "a PyTorch file", next: () => TORCH },
  { name: "pytorch_model.bin", bytes: FILES.pytorch[0], is: "a PyTorch file", next: () => TORCH },
  { name: "m.h5", bytes: FILES.hdf5[0], is: "an HDF5 file", next: keras },
  { name: "M.H5", bytes: junk, is: "an HDF5 file", next: keras },
  { name: "m.keras", bytes: FILES.keras[0], is: "a Keras model", next: keras },
  { name: "m.keras", bytes: FILES.zip[0], is: "a Keras model", next: keras },
  { name: "m.pkl", bytes: FILES.pickle[1], is: "a Python pickle", next: () => PICKLE },
  { name: "m.joblib", bytes: junk, is: "a Python pickle", next: () => PICKLE },
  {
    name: "m.tflite",
    bytes: FILES.tflite[0],
    is: "a TensorFlow Lite model",
    next: (path) => `python -m tf2onnx.convert --tflite ${path} --output model.onnx`,
  },
  { name: "model.safetensors", bytes: FILES.safetensors[0], is: "a safetensors file", next: () => SAFETENSORS },
  {
    name: "x.npy",
    bytes: FILES.npy[0],
    is: "a NumPy array",
    next: () => "give the model with `model`, and arrays with `inputs`",
  },
  {
    name: "saved_model.pb",
    bytes: junk,
    is: "a TensorFlow graph",
    next: () =>
      "python -m tf2onnx.convert --saved-model ITS-FOLDER --output model.onnx (or --graphdef for a frozen graph)",
  },
];

describe("a model", () => {
  it.each(ROWS)("in $name is told how it is exported", async ({ name, bytes, is, next }) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, name);
    await writeFile(path, bytes);
    expect(await rejectionOf(loadNetwork(path))).toEqual({
      message: `${path}: ${is}: expected a run directory or an .onnx file`,
      hint: next(path),
    });
  });

  it.each([
    {
      file: "saved_model.pb",
      is: "a TensorFlow SavedModel",
      next: (path: string) => `python -m tf2onnx.convert --saved-model ${path} --output model.onnx`,
    },
    {
      file: "model.onnx",
      is: "a folder with an ONNX model in it",
      next: (path: string) => `give ${join(path, "model.onnx")}`,
    },
    {
      file: "model.safetensors",
      is: "a folder with the weights model.safetensors in it",
      next: (path: string) => `of Hugging Face: optimum-cli export onnx --model ${path} onnx-model; else ${TORCH}`,
    },
  ])("in a folder with $file is, too", async ({ file, is, next }) => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "variables"));
    await writeFile(join(folder.path, file), junk);
    expect(await rejectionOf(loadNetwork(folder.path))).toEqual({
      message: `${folder.path}: ${is}: expected a run directory or an .onnx file`,
      hint: next(folder.path),
    });
  });

  it.each(["m.pt", "folder"])("is told by evaluate without --data, too: %s", async (name) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, name);
    if (name === "folder") await mkdir(path);
    await writeFile(name === "folder" ? join(path, "saved_model.pb") : path, junk);
    const { code, stderr } = await gatewise(["evaluate", "--model", path]);
    const is = name === "folder" ? "a TensorFlow SavedModel" : "a PyTorch file";
    expect({ code, line: stderr.split("\n")[0] }).toEqual({
      code: 1,
      line: `error ${path}: ${is}: expected a run directory or an .onnx file`,
    });
  });

  it("of a clone without Git LFS says so", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "m.onnx");
    await writeFile(path, FILES["git-lfs"][0]);
    expect(await rejectionOf(loadNetwork(path))).toEqual({
      message: `${path}: a Git LFS pointer, not the file that it stands for: expected the file itself`,
      hint: 'run "git lfs pull" in its repository, or download the file from its page',
    });
  });

  it("in ONNX is read, whatever it is called", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "m.pt");
    await writeFile(
      path,
      onnxModel({ nodes: [{ op: "Gemm", inputs: ["x", "w"] }], constants: { w: drawn("w", 4, 3) } }),
    );
    expect((await loadNetwork(path)).network.nodes).toHaveLength(2);
  });
});

describe("the first bytes of a file", () => {
  it.each(FOREIGN_FORMATS)("tell %s", (format) => {
    for (const bytes of FILES[format]) expect(foreignFormat(bytes)).toBe(format);
  });

  it("tell nothing of other files", () => {
    for (const bytes of [
      new Uint8Array(),
      junk,
      latin("\x80"),
      Uint8Array.of(0, 0, 8, 3),
      latin("\x08\x0a\x12\x07pytorch"),
    ])
      expect(foreignFormat(bytes)).toBeUndefined();
  });

  it.each(FOREIGN_FORMATS.filter((format) => format !== "npy"))("of %s are named where .npy is expected", (format) => {
    const { message, hint } = errorOf(() => readNpy(FILES[format][0], "x"));
    expect(message).toMatch(/^x: (an?|the) .*: expected a \.npy file of one array$/);
    expect(hint.length).toBeGreaterThan(10);
  });

  it("of .npz are named with how to take an array out", () => {
    expect(errorOf(() => readNpy(FILES.npz[0], "x.npz"))).toEqual({
      message: "x.npz: an .npz archive of arrays: expected a .npy file of one array",
      hint: 'take one of its arrays, in NumPy: z = np.load("x.npz"); print(z.files); np.save("x.npy", z[z.files[0]])',
    });
  });
});

describe("an exported network", () => {
  const x = input("x", "float32", ["batch", 2]);
  const weights = constant(float32([2, 2], [1, -2, 3, 4]));
  const values = matMul(x, weights);

  it.each([
    { name: "hard", gates: cast(greater(values, 0), "float32") },
    { name: "soft", gates: sigmoid(multiply(values, 4)) },
  ])("behind the $name gates of another is asked as its run directory", async ({ gates }) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "m.onnx");
    await writeFile(path, writeModel(graph({ logits: matMul(multiply(values, gates), weights) })).bytes);
    expect(await rejectionOf(loadNetwork(path))).toEqual({
      message: `${path}: an exported network behind the gates of another: expected its run directory, or a network that makes its own gates`,
      hint: "give the run directory that it was exported from",
    });
  });

  it("of its own gates is read", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "m.onnx");
    await writeFile(path, writeModel(graph({ logits: matMul(relu(values), weights) })).bytes);
    expect((await loadNetwork(path)).source).toEqual({ kind: "onnx" });
  });
});
