import type { WrittenModel } from "../../graph/index.ts";
import { trainedModel } from "../../train/index.ts";
import { readBest, readRun } from "./run-directory.ts";

/**
 * The network of a run that predicts, at its best checkpoint, as an ONNX model: see `trainedModel`.
 * @throws GatewiseError if the directory is no run directory, or no epoch of it has ended yet
 */
export async function exportedModel(directory: string): Promise<WrittenModel> {
  const { plan } = await readRun(directory);
  const { parameters } = await readBest(directory);
  return trainedModel(plan, parameters);
}
