import { compileInParts, type Engine } from "../engine/index.ts";
import { checkInputs, type Inputs, inputRows } from "../gates/index.ts";
import { type DenseArray, float32, type Graph, graph, input } from "../graph/index.ts";
import { forwardNodes, type GatedNetwork, inputShapeOf, outputCount } from "../network/index.ts";
import { type Asking, counter } from "./progress.ts";

/** Examples a run of the engine: enough to fill its matrix products, few enough for wide maps. */
const BATCH = 64;

/**
 * Logits by the engine, in float32.
 * @param inputs `[n, …inputShape]`
 * @returns `[n, outputs]`
 * @throws GatewiseError if the inputs do not have the network's shape
 */
export async function logitsOf(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: Asking = {},
): Promise<DenseArray<"float32">> {
  checkInputs(network, inputs);
  const [examples = 0] = inputs.shape;
  const outputs = outputCount(network);
  const onProgress = counter(options, "logits", "inputs");
  const logits = new Float32Array(examples * outputs);
  await using program = await compileInParts(engine, logitGraph(network));
  for (let from = 0; from < examples; from += BATCH) {
    options.signal?.throwIfAborted();
    const to = Math.min(from + BATCH, examples);
    const { y } = (await program.run({ x: inputRows(inputs, from, to) })).fetched;
    if (y?.dtype !== "float32") throw new Error(`unreachable: logits of ${y?.dtype}`);
    logits.set(y.data, from * outputs);
    onProgress(to, examples);
  }
  return float32([examples, outputs], logits);
}

function logitGraph(network: GatedNetwork): Graph {
  const y = forwardNodes(network, input("x", "float32", ["batch", ...inputShapeOf(network)])).get(network.output);
  if (y === undefined) throw new Error("unreachable: a network without an output");
  return graph({ y });
}
