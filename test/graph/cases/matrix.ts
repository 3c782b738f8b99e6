import { matMul } from "../../../src/graph/ops/matrix.ts";
import { draw } from "../draws.ts";
import { by, type OpCase, type OpNames, type OpTable, opCase } from "../op-case.ts";
import { matMul as product, swapped } from "../reference/matrix.ts";
import type { Nd } from "../reference/nd.ts";

const EMPTY: Nd = { shape: [0, 0], data: [] };

/** The product of `[…, n, k]` and `[…, k, m]`, each given transposed or not. */
function rows(title: string, a: readonly number[], b: readonly number[]): readonly OpCase[] {
  return [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].map(([transposeA = false, transposeB = false]) => {
    const given = (shape: readonly number[], transposed: boolean): readonly number[] => {
      const [first = 1, second = 1] = shape.slice(-2);
      return transposed ? [...shape.slice(0, -2), second, first] : shape;
    };
    return opCase({
      title: `${title}, ${transposeA ? "aᵀ" : "a"} · ${transposeB ? "bᵀ" : "b"}`,
      inputs: [draw("a", given(a, transposeA)), draw("b", given(b, transposeB))],
      build: (left, right) => matMul(left, right, { transposeA, transposeB }),
      reference: (left = EMPTY, right = EMPTY) =>
        product(transposeA ? swapped(left) : left, transposeB ? swapped(right) : right),
      gradient: by(0, 1),
    });
  });
}

export const MATRIX = {
  matMul: [
    opCase({
      title: "symbolic batch",
      inputs: [draw("a", [2, 3]), draw("b", [3, 4])],
      shapes: [
        ["batch", 3],
        [3, 4],
      ],
      build: (a, b) => matMul(a, b),
      reference: (a = EMPTY, b = EMPTY) => product(a, b),
      gradient: by(0, 1),
    }),
    opCase({
      title: "symbolic inner size",
      inputs: [draw("a", [2, 3]), draw("b", [2, 4])],
      shapes: [
        ["batch", 3],
        ["batch", 4],
      ],
      build: (a, b) => matMul(a, b, { transposeA: true }),
      reference: (a = EMPTY, b = EMPTY) => product(swapped(a), b),
      gradient: by(0, 1),
    }),
    ...rows("matrices", [2, 3], [3, 4]),
    ...rows("stacks", [2, 2, 3], [2, 3, 2]),
    ...rows("a stack and a matrix", [2, 2, 3], [3, 2]),
    ...rows("a matrix and a stack", [2, 3], [2, 3, 2]),
    ...rows("broadcast stacks", [2, 1, 2, 3], [3, 3, 2]),
  ],
} satisfies OpTable<OpNames["matrix"]>;
