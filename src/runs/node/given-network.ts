/** Networks that options name, from their files: what they are known by, their architecture, their weights. */
import { createHash } from "node:crypto";
import { readBytes, readNpyFile } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { type NetworkFile, type NetworkPart, networkFileName, type ReadNetwork } from "../../experiments/index.ts";
import type { DenseArray } from "../../graph/index.ts";
import {
  type ParametersByLayer,
  parameterEntries,
  parameterName,
  partsOfNetwork,
  type RegimeName,
  readingExamples,
} from "../../network/index.ts";
import { checkpointAt, readRecord } from "../run-files.ts";
import { folderStore } from "./folder-store.ts";
import { isModelFolder } from "./foreign-model.ts";
import { loadNetwork } from "./load-network.ts";

/** A network with its weights, by the number of the layer in its architecture. */
export interface GivenNetworkFile extends ReadNetwork {
  readonly parameters: ParametersByLayer;
  /** Of a run. */
  readonly regime?: RegimeName;
}

/**
 * Reads a network that an option names.
 * @param exampleShape of the data that it is to read: sizes that a model leaves open, and the order of its elements
 * @throws GatewiseError if there is none, or its gates are made by another network
 */
export async function readGivenNetwork(file: NetworkFile, exampleShape: readonly number[]): Promise<GivenNetworkFile> {
  const name = networkFileName(file);
  const { path, output } = withoutOutput(file.path);
  if (await isModelFolder(path)) return await givenRun(file);
  if (file.at !== undefined) {
    throw new GatewiseError({
      received: `${name}, a model`,
      expected: "an epoch only of a run: a model is as it is",
      next: `give ${file.path}`,
    });
  }
  const { network, source, files } = await loadOutput(path, output, exampleShape, file.part);
  const { architecture, parameters } = partsOfNetwork(network);
  const hash = createHash("sha256");
  for (const read of files) hash.update(await readBytes(read));
  if (output !== undefined) hash.update(output);
  if (file.part !== undefined) {
    hash.update(JSON.stringify(file.part));
    for (const value of Object.values(file.part.set ?? {}))
      if (typeof value === "string") hash.update(await readBytes(value));
  }
  return {
    kind: "model",
    digest: `sha256:${hash.digest("hex")}`,
    architecture: readingExamples(architecture, exampleShape, file.path),
    parameters,
    ...(source.raw === undefined ? {} : { raw: true }),
  };
}

/** Whether a network is one of a run. */
export const isOfRun = ({ path }: NetworkFile): Promise<boolean> => isModelFolder(withoutOutput(path).path);

/** `M.onnx#NAME` is one output of a model, or a tensor inside it. */
function withoutOutput(text: string): { readonly path: string; readonly output: string | undefined } {
  const [, path = text, output] = /^(.+\.onnx)#(.+)$/i.exec(text) ?? [];
  return { path, output };
}

/** An error about several outputs says how one of them is chosen here. */
async function loadOutput(
  path: string,
  output: string | undefined,
  sizesFrom: readonly number[],
  { set, ...part }: NetworkPart = {},
) {
  const values: [string, DenseArray | number][] = [];
  for (const [name, value] of Object.entries(set ?? {})) {
    values.push([name, typeof value === "number" ? value : await readNpyFile(value)]);
  }
  try {
    return await loadNetwork(path, {
      ...{ sizesFrom, ...part },
      ...(values.length === 0 ? {} : { set: Object.fromEntries(values) }),
      ...(output === undefined ? {} : { output }),
    });
  } catch (thrown) {
    if (!(thrown instanceof GatewiseError) || thrown.settings.output === undefined) throw thrown;
    throw thrown.withHint(`choose one by its name: ${path}#${String(thrown.settings.output)}`);
  }
}

/** The network that predicts of a run; its gates are its own in regime relu. */
async function givenRun({ path, at = "best" }: NetworkFile): Promise<GivenNetworkFile> {
  const run = folderStore(path);
  const { plan } = await readRecord(run);
  const { parameters } = await checkpointAt(run, at);
  const hash = createHash("sha256");
  for (const [place, { shape, data }] of parameterEntries({ value: parameters.value })) {
    hash.update(`${parameterName(place)} [${shape.join(",")}]\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return {
    kind: "run",
    digest: `sha256:${hash.digest("hex")}`,
    architecture: plan.architecture,
    parameters: parameters.value,
    regime: plan.regime,
  };
}
