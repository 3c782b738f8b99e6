import { basename, join } from "node:path";
import { checkPath, readBytes } from "../../data/node/index.ts";
import { externalFiles, openOnnx } from "../../graph/index.ts";
import { externalPaths } from "./external-data.ts";
import { isFolder, refuseForeignFolder, refuseForeignModel } from "./foreign-model.ts";
import { readRun } from "./run-directory.ts";

/** A file that a model is read from. */
export interface ModelFile {
  /** As the model calls it: its own name, the location of its weights, `run.json`. */
  readonly name: string;
  readonly path: string;
}

/** What a run's network is read from; there may be more beside it. */
const OF_RUN = ["run.json", "best.safetensors"] as const;

/**
 * The files that a model is read from: those of a run directory, or an ONNX file and the files of its weights.
 * @throws GatewiseError if there is neither, or weights are missing or outside the model's folder
 */
export async function modelFiles(model: string): Promise<readonly ModelFile[]> {
  checkPath(model, "a model");
  if (await isFolder(model)) {
    await refuseForeignFolder(model);
    await readRun(model);
    return OF_RUN.map((name) => ({ name, path: join(model, name) }));
  }
  const bytes = await readBytes(model);
  refuseForeignModel(model, bytes);
  const weights = externalFiles(openOnnx(bytes));
  const paths = await externalPaths(model, weights);
  return [
    { name: basename(model), path: model },
    ...weights.flatMap(({ location }, i) => paths.slice(i, i + 1).map((path) => ({ name: location, path }))),
  ];
}
