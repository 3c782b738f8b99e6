import { dirname, join } from "node:path";
import { checkPath, readBytes } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { externalFiles, type OnnxFile, openOnnx } from "../../graph/index.ts";
import type { ModelSource, RawInputs } from "../../models/index.ts";
import { type GatedNetwork, networkFromOnnx, type OnnxNetworkOptions, RAW_INPUTS } from "../../network/index.ts";
import { optionsIn } from "../../options.ts";
import { trainedNetwork } from "../../train/index.ts";
import { readExternalData } from "./external-data.ts";
import { isFolder, refuseForeignFolder, refuseForeignModel } from "./foreign-model.ts";
import { readBest, readRun } from "./run-directory.ts";

/** A network to measure and explain, and where it comes from. */
export interface LoadedNetwork {
  readonly network: GatedNetwork;
  readonly source: Exclude<ModelSource, { readonly kind: "network" }>;
  /** Paths of the files that it was read from. */
  readonly files: readonly string[];
}

/** Which part of an ONNX model is the network, see {@link networkFromOnnx}. */
export type ModelChoice = Omit<OnnxNetworkOptions, "externalData">;

/**
 * Reads a network: the best checkpoint of a run directory, or a ReLU network in ONNX, from any framework.
 * @param model path of a run directory or of an `.onnx` file; weights beside it (`model.onnx.data`) are read too
 * @param choice for an ONNX model of several inputs or outputs, or of open sizes
 * @throws GatewiseError if there is neither, weights are missing or outside the model's folder, or the model holds what is
 * no gate, pool, sum or linear layer
 */
export async function loadNetwork(model: string, choice: ModelChoice = {}): Promise<LoadedNetwork> {
  optionsIn(choice);
  checkPath(model, "a model");
  if (await isFolder(model)) {
    await refuseForeignFolder(model);
    refuseChoice(model, choice);
    const { plan, data } = await readRun(model);
    const { parameters } = await readBest(model);
    const network = trainedNetwork(plan, parameters);
    const files = ["run.json", "best.safetensors"].map((file) => join(model, file));
    const raw = plan.normalization === undefined ? {} : { raw: rawInputs(data.own?.layout) };
    const kind = plan.targets === undefined ? {} : { isRegression: true };
    return { network, source: { kind: "run", regime: plan.regime, ...raw, ...kind }, files };
  }
  const bytes = await readBytes(model);
  refuseForeignModel(model, bytes);
  const file = openOnnx(bytes);
  const externalData = await readExternalData(model, externalFiles(file));
  const files = [model, ...[...externalData.keys()].map((location) => join(dirname(model), location))];
  const raw = file.model.metadataProps.some(({ key }) => Object.hasOwn(RAW_INPUTS, key)) ? { raw: {} } : {};
  return { network: readNetwork(model, file, { ...choice, externalData }), source: { kind: "onnx", ...raw }, files };
}

const rawInputs = (layout: RawInputs["layout"]): RawInputs => (layout === undefined ? {} : { layout });

/** Ops of gates that another network makes, hard and soft, as `export` writes them. */
const GATE_OPS: readonly string[] = ["Greater", "Sigmoid"];

function readNetwork(path: string, file: OnnxFile, options: OnnxNetworkOptions): GatedNetwork {
  try {
    return networkFromOnnx(file, options);
  } catch (cause) {
    const { producerName, graph } = file.model;
    if (producerName !== "gatewise" || !graph?.node.some(({ opType }) => GATE_OPS.includes(opType))) throw cause;
    throw new GatewiseError({
      code: "unsupported-model",
      received: `${path}: an exported network behind the gates of another`,
      expected: "its run directory, or a network that makes its own gates",
      next: "give the run directory that it was exported from",
      cause,
    });
  }
}

/** A run has one input and one output, of known sizes. */
function refuseChoice(model: string, { output, input, set = {}, inputShape }: ModelChoice): void {
  const nothing = output === undefined && input === undefined && inputShape === undefined;
  if (nothing && Object.keys(set).length === 0) return;
  throw new GatewiseError({
    received: `${model}, a run directory, with a choice of inputs, outputs or sizes`,
    expected: "an ONNX model, or nothing to choose: a run has one input and one output",
    next: "leave out what chooses, or give an .onnx file",
  });
}
