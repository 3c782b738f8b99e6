import { checkPath, openNumbers, readBytes, readNumbers } from "../../data/node/index.ts";
import { type NodeDevice, openWorkerEngine } from "../../engine/node/index.ts";
import { checkInputs, type InputBlocks } from "../../gates/index.ts";
import { float32 } from "../../graph/index.ts";
import { tileMakers } from "../../kernels/node/index.ts";
import { examplesOf, type InputExamples, Model, notFloating, readExamples } from "../../models/index.ts";
import { kernelInFile, rankInThreads } from "../../models/node/index.ts";
import { type LoadedNetwork, loadNetwork, type ModelChoice } from "./load-network.ts";

/** How the engine of a model runs. */
export interface ModelEngine {
  /** 1 unless told otherwise: the same bits again. */
  readonly threads?: number;
  /** `cpu` unless told otherwise. */
  readonly device?: NodeDevice;
}

/** Which part of an ONNX model is the network, and how the engine runs. */
export type OpenModelOptions = ModelChoice & ModelEngine;

/**
 * A model from a run directory, at its best checkpoint, or from an ONNX file of any framework. Its engine runs in a thread
 * of its own, and starts when a question needs it.
 * @param path of a run directory or of an `.onnx` file; weights beside it (`model.onnx.data`) are read too
 * @throws GatewiseError if there is neither, or the model holds what no gated network has, naming the node
 */
export async function openModel(path: string, { threads, device, ...choice }: OpenModelOptions = {}): Promise<Model> {
  return modelOf(await loadNetwork(path, choice), {
    ...(threads === undefined ? {} : { threads }),
    ...(device === undefined ? {} : { device }),
  });
}

/** A network that has been read, with an engine in a thread of its own. */
export function modelOf(
  { network, source }: Pick<LoadedNetwork, "network" | "source">,
  { threads = 1, device = "cpu" }: ModelEngine = {},
): Model {
  return new Model(network, {
    source,
    openEngine: () => openWorkerEngine(device, { threads }),
    kernelInFile: kernelInFile(threads),
    ...(threads > 1 ? { tileMakers: tileMakers(threads), openRanker: rankInThreads(threads) } : {}),
  });
}

/**
 * Inputs of a model from a `.npy` file. A run that normalizes its inputs reads numbers of any type as its own files have them,
 * images with their channels last included where theirs are.
 * @returns `[n, …inputShape]`
 * @throws GatewiseError unless the file holds float32 or float64 of that shape, all of them finite
 */
export async function readInputs(
  { network, source }: Pick<Model, "network"> & Partial<Pick<Model, "source">>,
  path: string,
): Promise<InputExamples> {
  const raw = source?.kind === "run" ? source.raw : undefined;
  checkPath(path, "an array");
  const array = raw === undefined ? await readArray(path) : examplesOf(await readNumbers(path, raw.layout));
  checkInputs(network, array, path);
  return array;
}

/**
 * Inputs from a `.npy` file, read as they are needed: the file may be larger than memory. Whether they fit a network is for the
 * caller to check.
 * @param model that they are for, where it is known already: a run tells how its inputs are read
 * @throws GatewiseError as {@link readInputs} does; for numbers that are not finite where they are read
 */
export async function openInputs(path: string, model?: Pick<Model, "source">): Promise<InputBlocks> {
  const raw = model?.source?.kind === "run" ? model.source.raw : undefined;
  checkPath(path, "an array");
  const { set, type } = await openNumbers(path, raw?.layout);
  if (raw === undefined && type !== "<f4" && type !== "<f8") throw notFloating(path, type);
  return {
    shape: [set.size, ...set.exampleShape],
    async read(from, to) {
      const { shape, data } = await set.readBlock(from, to - from);
      return float32(shape, data);
    },
  };
}

/**
 * Inputs from a `.npy` file, example by example.
 * @returns `[n, …]`
 * @throws GatewiseError unless the file holds float32 or float64 with an axis of examples
 */
export async function readArray(path: string): Promise<InputExamples> {
  checkPath(path, "an array");
  return readExamples(await readBytes(path), path);
}
