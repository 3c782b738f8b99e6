import type { Program } from "../engine/index.ts";
import { type DenseArray, type Graph, graph, type Tensor } from "../graph/index.ts";
import { isOpen } from "../network/index.ts";
import { type PackedGates, packLayer } from "./packed-gates.ts";

/** An output for each gated layer: true where the pre-activation is positive (theory 1.1; soft gates count likewise). */
export const gateOutputs = (preActivations: readonly Tensor<"float32">[]): Readonly<Record<string, Tensor<"bool">>> =>
  Object.fromEntries(preActivations.map((q, index) => [`gates.${index}`, isOpen(q)]));

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
  const outputs = layers.map((_, index) => boolOutput(fetched, `gates.${index}`));
  return {
    examples: outputs[0]?.shape[0] ?? 0,
    layers: outputs.map((output, index) => packLayer(layers[index]!, output)),
  };
}

function boolOutput(fetched: Readonly<Record<string, DenseArray>>, name: string): DenseArray<"bool"> {
  const output = fetched[name];
  if (output?.dtype !== "bool") throw new Error(`unreachable: no bool output ${name}`);
  return output;
}
