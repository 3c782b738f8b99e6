import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readBytes } from "../data/node/index.ts";
import { GatewiseError } from "../errors.ts";
import { externalFiles } from "../graph/index.ts";
import { type GatedNetwork, gatedNetwork, networkFromOnnx, regimeOf } from "../network/index.ts";
import { networkPair } from "../train/index.ts";
import { readExternalData } from "./external-data.ts";
import { readBest, readRun } from "./run-directory.ts";

/** A network to measure and explain, and where it comes from. */
export interface LoadedNetwork {
  readonly network: GatedNetwork;
  readonly source: { readonly kind: "run"; readonly regime: string } | { readonly kind: "onnx" };
  /** Paths of the files that it was read from. */
  readonly files: readonly string[];
}

/**
 * Reads a network: the best checkpoint of a run directory, or a ReLU network in ONNX, from any framework.
 * @param model path of a run directory or of an `.onnx` file; weights beside it (`model.onnx.data`) are read too
 * @throws GatewiseError if there is neither, weights are missing or outside the model's folder, or the model holds what is
 * no gate, pool, sum or linear layer
 */
export async function loadNetwork(model: string): Promise<LoadedNetwork> {
  if (await isFolder(model)) {
    const { plan } = await readRun(model);
    const { tensors } = await readBest(model);
    const network = gatedNetwork(plan.architecture, regimeOf(plan), networkPair(tensors));
    const files = ["run.json", "best.safetensors"].map((file) => join(model, file));
    return { network, source: { kind: "run", regime: plan.regime }, files };
  }
  const bytes = await readBytes(model);
  const externalData = await readExternalData(model, externalFiles(bytes));
  const files = [model, ...[...externalData.keys()].map((location) => join(dirname(model), location))];
  return { network: networkFromOnnx(bytes, { externalData }), source: { kind: "onnx" }, files };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new GatewiseError({
      received: `${path}, which is not there`,
      expected: "a run directory or an .onnx file",
      next: "check the path",
      cause,
    });
  }
}
