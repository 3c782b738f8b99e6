import type { Examples } from "../data/index.ts";
import type { Engine } from "../engine/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import { type Evaluation, evaluate, examplesPerRun, networkEvaluationGraph } from "../train/index.ts";
import type { Asking } from "./progress.ts";

/**
 * Accuracy and softmax cross-entropy on labeled examples.
 * @param examples `[n, …]` bytes, scaled by 1/255; maps `[c, h, w]` are turned where the network reads `[h, w, c]`
 * @throws GatewiseError if the network reads another number of pixels
 */
export async function evaluateNetwork(
  network: GatedNetwork,
  engine: Engine,
  examples: Examples,
  { signal }: Asking = {},
): Promise<Evaluation> {
  const [, ...shape] = examples.inputs.shape;
  await using program = await engine.compile(networkEvaluationGraph(network, shape));
  const batch = examplesPerRun(network.nodes.map((node) => node.shape));
  return await evaluate(program, examples, undefined, { batch, signal });
}
