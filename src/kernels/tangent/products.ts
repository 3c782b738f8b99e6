import { add, type Graph, graph, input, matMul, multiply, type Tensor } from "../../graph/index.ts";
import { blockNames, factorNames, type Side } from "./factor-names.ts";
import type { OuterGradients, TangentPart, TangentPlan } from "./plan.ts";

type Matrix = Tensor<"float64">;
/** Of a factor of one block with a factor of the other, `[rows, columns]`. */
type InnerProducts = (row: string, column: string, size: number) => Matrix;

/**
 * The graph from the factors of two blocks of examples to their block of the kernel, `[rows, columns]`, for each part
 * under its name: `Σ (L_u L'_vᵀ + b) ⊙ (R_u R'_vᵀ)` over every two uses of a parameter that is kept as two factors, `b` 1
 * where a bias is taken in (theory 4.8: of a layer used once `(Z Z'ᵀ + b) ⊙ (Δ Δ'ᵀ)`), plus the inner products of the
 * gradients that were formed.
 */
export function productGraph(plan: TangentPlan, parts: readonly TangentPart[]): Graph {
  const inputs = new Map<string, Matrix>();
  /** A factor of one of the blocks: an input of the graph, once. */
  const block = (name: string, examples: string, size: number): Matrix => {
    const known = inputs.get(name) ?? input(name, "float64", [examples, size]);
    inputs.set(name, known);
    return known;
  };
  const innerProducts: InnerProducts = (row, column, size) =>
    matMul(block(blockNames.rows(row), "rows", size), block(blockNames.columns(column), "columns", size), {
      transposeB: true,
    });
  const outputs = parts.map((part) => {
    const terms = plan[part].outer.flatMap((one, index) => outerProducts(part, index, one, innerProducts));
    const formed = formedCount(plan, part);
    const name = factorNames.formed(part);
    const all = formed === 0 ? terms : [...terms, innerProducts(name, name, formed)];
    return [part, all.reduce((sum, term) => add(sum, term))] as const;
  });
  return graph(Object.fromEntries(outputs));
}

function outerProducts(
  part: TangentPart,
  index: number,
  { uses, rows, columns, withBias }: OuterGradients,
  innerProducts: InnerProducts,
): readonly Matrix[] {
  const product = (side: Side, size: number, u: number, v: number): Matrix =>
    innerProducts(factorNames.outer(part, index, u, side), factorNames.outer(part, index, v, side), size);
  return uses.flatMap((_, u) =>
    uses.map((__, v) => {
      const right = product("right", columns, u, v);
      const left = product("left", rows, u, v);
      return multiply(withBias ? add(left, 1) : left, right);
    }),
  );
}

/** Numbers of a part whose gradients are formed and kept. */
export const formedCount = (plan: TangentPlan, part: TangentPart): number =>
  plan[part].formed.reduce((sum, { size }) => sum + size, 0);
