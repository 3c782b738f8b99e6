import { add, type Graph, graph, input, matMul, multiply, type Tensor } from "../../graph/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import { factorNames, isProductLayer, parameterCount, type TangentPart, tangentLayers } from "./factors.ts";

type Matrix = Tensor<"float64">;

/** Names of the two blocks' factors in the graph of their products. */
export const blockNames = {
  rows: (factor: string): string => `rows.${factor}`,
  columns: (factor: string): string => `columns.${factor}`,
};

/**
 * The graph from the factors of two blocks of examples to their block of the kernel, `[rows, columns]`, for each part
 * under its name: `Σ_l (Z_{l−1} Z'_{l−1}ᵀ + b_l) ⊙ (Δ_l Δ'_lᵀ)` over dense layers plus the inner products of the
 * gradients that were formed (theory 4.8).
 */
export function productGraph(network: GatedNetwork, parts: readonly TangentPart[]): Graph {
  const layers = tangentLayers(network);
  const outputs = parts.map((part) => {
    const terms = layers[part].filter(isProductLayer).map(({ position, node }): Matrix => {
      const [inputs = 0] = node.weight?.shape ?? [];
      const [units = 0] = node.shape;
      const gradients = innerProducts(factorNames.outputGradients(position), units);
      const values = innerProducts(factorNames.inputs(position), inputs);
      return multiply(node.bias === undefined ? values : add(values, 1), gradients);
    });
    const formed = formedCount(network, part);
    const all = formed === 0 ? terms : [...terms, innerProducts(factorNames.gradients(part), formed)];
    return [part, all.reduce((sum, term) => add(sum, term))] as const;
  });
  return graph(Object.fromEntries(outputs));
}

/** Parameters of a part whose gradients are formed and kept. */
export const formedCount = (network: GatedNetwork, part: TangentPart): number =>
  tangentLayers(network)
    [part].filter((layer) => !isProductLayer(layer))
    .reduce((sum, layer) => sum + parameterCount(layer), 0);

const innerProducts = (factor: string, size: number): Matrix =>
  matMul(
    input(blockNames.rows(factor), "float64", ["rows", size]),
    input(blockNames.columns(factor), "float64", ["columns", size]),
    { transposeB: true },
  );
