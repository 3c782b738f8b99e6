/** Models of other kinds than ONNX: each is told how it becomes one. */
import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { FOREIGN_NAMES, type ForeignFormat, foreignFormat } from "../../data/index.ts";
import { readBytes } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";

const TORCH = 'in Python: torch.onnx.export(model, example_input, "model.onnx")';
const KERAS =
  'in Python: tf2onnx.convert.from_keras(keras.models.load_model("FILE"), output_path="model.onnx"), or model.export("model.onnx", format="onnx") of Keras 3';

/** What to do with each, FILE being its path. */
const EXPORTS = {
  npy: "give the model with `model`, and arrays with `inputs`",
  npz: "give the model with `model`; arrays go to `inputs` as .npy",
  pytorch: TORCH,
  keras: KERAS,
  hdf5: KERAS,
  pickle:
    'of scikit-learn, in Python: open("model.onnx", "wb").write(skl2onnx.to_onnx(model, X[:1]).SerializeToString()); of PyTorch: torch.onnx.export(model, example_input, "model.onnx")',
  tflite: "python -m tf2onnx.convert --tflite FILE --output model.onnx",
  safetensors: `it holds weights without their network: load them into it, then ${TORCH}; of Hugging Face: optimum-cli export onnx --model NAME .`,
  html: 'download the file itself: pages of GitHub and Hugging Face have a link to it, "raw" or "download"',
  zip: "unpack it and give the .onnx file inside",
  "git-lfs": 'run "git lfs pull" in its repository, or download the file from its page',
} as const satisfies Record<ForeignFormat, string>;

/** Endings that say the format where the bytes do not. */
const ENDINGS: ReadonlyMap<string, ForeignFormat> = new Map([
  [".pt", "pytorch"],
  [".pth", "pytorch"],
  [".ckpt", "pytorch"],
  [".h5", "hdf5"],
  [".hdf5", "hdf5"],
  [".keras", "keras"],
  [".pkl", "pickle"],
  [".pickle", "pickle"],
  [".joblib", "pickle"],
  [".tflite", "tflite"],
  [".safetensors", "safetensors"],
  [".npy", "npy"],
  [".npz", "npz"],
]);

/** Formats that say more than the ending of their file does: the bytes of a `.h5` are HDF5's, those of a `.pth` a pickle's. */
const GENERAL: readonly (ForeignFormat | undefined)[] = [undefined, "zip", "pickle", "hdf5"];

/** A model begins with its IR version, a small number in field 1, whatever the file is called. */
const beginsAsOnnx = (bytes: Uint8Array): boolean => bytes[0] === 0x08 && (bytes[1] ?? 0xff) < 0x40;

/** @throws GatewiseError for a file that is a model of another kind, by its bytes or its ending */
export function refuseForeignModel(path: string, bytes: Uint8Array): void {
  if (beginsAsOnnx(bytes)) return;
  const own = foreignFormat(bytes);
  const format = GENERAL.includes(own) ? (ENDINGS.get(extname(path).toLowerCase()) ?? own) : own;
  if (format !== undefined)
    throw foreign(
      path,
      FOREIGN_NAMES[format],
      EXPORTS[format].replaceAll("FILE", () => path),
    );
  if (!/\.pb$/i.test(path)) return;
  throw foreign(
    path,
    "a TensorFlow graph",
    "python -m tf2onnx.convert --saved-model ITS-FOLDER --output model.onnx (or --graphdef for a frozen graph)",
  );
}

/**
 * Whether a model is a folder.
 * @throws GatewiseError for a model of another kind, or where nothing is
 */
export async function isModelFolder(path: string): Promise<boolean> {
  const folder = await isFolder(path);
  if (folder) await refuseForeignFolder(path);
  else refuseForeignModel(path, await readBytes(path));
  return folder;
}

/** @throws GatewiseError where nothing is there */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new GatewiseError({
      code: "file-not-found",
      received: `${path}, which is not there`,
      expected: "a run directory or an .onnx file",
      next: "check the path",
      cause,
    });
  }
}

/** @throws GatewiseError for a folder that holds a model, but is no run */
export async function refuseForeignFolder(path: string): Promise<void> {
  const names: readonly string[] = await readdir(path).catch(() => []);
  if (names.includes("run.json")) return;
  if (names.includes("saved_model.pb") || names.includes("saved_model.pbtxt")) {
    throw foreign(
      path,
      "a TensorFlow SavedModel",
      `python -m tf2onnx.convert --saved-model ${path} --output model.onnx`,
    );
  }
  const [onnx] = names.filter((name) => name.endsWith(".onnx")).sort();
  if (onnx !== undefined) throw foreign(path, "a folder with an ONNX model in it", `give ${join(path, onnx)}`);
  const weights = names.find((name) =>
    /^(model.*\.safetensors|pytorch_model.*\.bin|.*\.pth?|tf_model\.h5)$/.test(name),
  );
  if (weights === undefined) return;
  throw foreign(
    path,
    `a folder with the weights ${weights} in it`,
    `of Hugging Face: optimum-cli export onnx --model ${path} onnx-model; else ${TORCH}`,
  );
}

const foreign = (path: string, is: string, next: string): GatewiseError =>
  new GatewiseError({
    code: "unsupported-file",
    received: `${path}: ${is}`,
    expected: "a run directory or an .onnx file",
    next,
  });
