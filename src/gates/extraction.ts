import type { Program } from "../engine/index.ts";
import { type DenseArray, type Graph, graph, greater, type Tensor } from "../graph/index.ts";
import { type PackedGates, packLayer } from "./packed-gates.ts";

/** An output for each gated layer: true where the pre-activation is positive (theory 1; soft gates count likewise). */
export const gateOutputs = (preActivations: readonly Tensor<"float32">[]): Readonly<Record<string, Tensor<"bool">>> =>
  Object.fromEntries(preActivations.map((q, index) => [`gates.${index}`, greater(q, 0)]));

/** The graph from a network's inputs to its gates. */
export const gateGraph = (preActivations: readonly Tensor<"float32">[]): Graph => graph(gateOutputs(preActivations));

/**
 * Packs the gates that one run of a {@link gateGraph} gave.
 * @param layers numbers of the gated weight layers, in order
 */
export function packGates(
  fetched: Awaited<ReturnType<Program["run"]>>["fetched"],
  layers: readonly number[],
): PackedGates {
  const packed = layers.map((layer, index) => packLayer(layer, boolOutput(fetched, `gates.${index}`)));
  const [first] = packed;
  return {
    examples: first === undefined ? 0 : first.words.length / Math.max(first.wordsPerExample, 1),
    layers: packed,
  };
}

function boolOutput(fetched: Readonly<Record<string, DenseArray>>, name: string): DenseArray<"bool"> {
  const output = fetched[name];
  if (output?.dtype !== "bool") throw new Error(`unreachable: no bool output ${name}`);
  return output;
}
