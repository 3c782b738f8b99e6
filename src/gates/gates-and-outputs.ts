/** Gates and outputs of many inputs in one pass: what a network decides, and what it answers. */
import { compileInParts, type Engine } from "../engine/index.ts";
import { type Graph, graph, input } from "../graph/index.ts";
import { checkCount, forwardNodes, type GatedNetwork, gatePositions, inputShapeOf } from "../network/index.ts";
import { optionsIn } from "../options.ts";
import { examplesAtOnce } from "./examples-at-once.ts";
import { gateOutputs, packGates } from "./extraction.ts";
import { checkDecisions, finiteness } from "./finite-decisions.ts";
import { checkInputs, type Inputs, inputRows } from "./inputs.ts";
import { networkDecisions } from "./network-gates.ts";
import type { PackedGates } from "./packed-gates.ts";
import type { ReadingOptions } from "./reading-options.ts";

/** What a network decides and answers for some inputs. */
export interface DecidedBlock {
  /** Inputs `from` to `to`. */
  readonly from: number;
  readonly to: number;
  readonly gates: PackedGates;
  /** `[to − from, outputs]` */
  readonly outputs: Float32Array;
}

/**
 * The gates and the outputs of all inputs, block by block, as `readNetworkGates` and the network's forward pass have them. The
 * engine computes the next block while the caller works on this one.
 * @throws GatewiseError if the inputs do not have the network's shape, a pre-activation leaves float32, or the pass was aborted
 */
export async function* readGatesAndOutputs(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: ReadingOptions = {},
): AsyncGenerator<DecidedBlock> {
  const { batch = examplesAtOnce(network), onProgress, signal } = optionsIn(options);
  checkInputs(network, inputs);
  checkCount("batch", batch);
  const [examples = 0] = inputs.shape;
  const layers = gatePositions(network).map((_, index) => index + 1);
  await using program = await compileInParts(engine, decisionsAndOutputs(network));
  const start = async (from: number): Promise<DecidedBlock> => {
    const to = Math.min(from + batch, examples);
    const { fetched } = await program.run({ x: inputRows(inputs, from, to) });
    checkDecisions(fetched, from);
    const { y } = fetched;
    if (y?.dtype !== "float32") throw new Error(`unreachable: outputs of ${y?.dtype}`);
    return { from, to, gates: { ...packGates(fetched, layers), examples: to - from }, outputs: y.data };
  };
  let next: Promise<DecidedBlock> | undefined = start(0);
  try {
    while (next !== undefined) {
      const block: DecidedBlock = await next;
      signal?.throwIfAborted();
      next = block.to < examples ? start(block.to) : undefined;
      // who stops listening is not told of what fails behind their back
      next?.catch(() => {});
      yield block;
      onProgress?.(block.to, examples);
    }
  } finally {
    // the program is released when nothing runs in it
    await next?.catch(() => {});
  }
}

/** Outputs `[batch, outputs]` as `y`, and what `packGates` and `checkDecisions` read. */
function decisionsAndOutputs(network: GatedNetwork): Graph {
  const values = forwardNodes(network, input("x", "float32", ["batch", ...inputShapeOf(network)]));
  const decisions = networkDecisions(network, values);
  const y = values.get(network.output);
  if (y === undefined) throw new Error("unreachable: a network without an output");
  return graph({ ...gateOutputs(decisions), ...finiteness(decisions), y });
}
