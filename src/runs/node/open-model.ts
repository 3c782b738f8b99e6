import { readNpy } from "../../data/index.ts";
import { readBytes } from "../../data/node/index.ts";
import { type NodeDevice, openWorkerEngine } from "../../engine/node/index.ts";
import { openTilePool } from "../../kernels/node/index.ts";
import { examplesOf, type InputExamples, Model } from "../../models/index.ts";
import { loadNetwork, type ModelChoice } from "./load-network.ts";

/** Which part of an ONNX model is the network, and how the engine runs. */
export interface OpenModelOptions extends ModelChoice {
  /** 1 unless told otherwise: the same bits again. */
  readonly threads?: number;
  /** `cpu` unless told otherwise. */
  readonly device?: NodeDevice;
}

/**
 * A model from a run directory, at its best checkpoint, or from an ONNX file of any framework. Its engine runs in a thread
 * of its own, and starts when a question needs it.
 * @param path of a run directory or of an `.onnx` file; weights beside it (`model.onnx.data`) are read too
 * @throws GatewiseError if there is neither, or the model holds what no gated network has, naming the node
 */
export async function openModel(
  path: string,
  { threads = 1, device = "cpu", ...choice }: OpenModelOptions = {},
): Promise<Model> {
  const { network, source } = await loadNetwork(path, choice);
  return new Model(network, {
    source,
    openEngine: () => openWorkerEngine(device, { threads }),
    ...(threads > 1 ? { openTiles: openTilePool(threads) } : {}),
  });
}

/**
 * Inputs from a `.npy` file, example by example: floating-point numbers as they are, others as float64.
 * @throws GatewiseError if the file is no array of NumPy's with an axis of examples
 */
export const readArray = async (path: string): Promise<InputExamples> =>
  examplesOf(readNpy(await readBytes(path), path));
