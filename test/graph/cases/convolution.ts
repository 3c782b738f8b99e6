import { type Shape, sizeOf } from "../../../src/graph/index.ts";
import * as op from "../../../src/graph/ops/convolution.ts";
import { draw32 } from "../draws.ts";
import { byLinear, FLOAT32, type OpCase, type OpNames, type OpTable, opCase } from "../op-case.ts";
import {
  convolution,
  convolutionInputGradient,
  convolutionWeightGradient,
  type Geometry,
} from "../reference/convolution.ts";
import type { Nd } from "../reference/nd.ts";

const EMPTY: Nd = { shape: [0, 0, 0, 0], data: [] };

interface Row {
  readonly title: string;
  readonly x: readonly [number, number, number, number];
  readonly w: readonly [number, number, number, number];
  readonly geometry: Geometry;
  readonly symbolic?: true;
}

const ROWS = [
  { title: "3×3", x: [2, 2, 4, 5], w: [3, 2, 3, 3], geometry: {} },
  { title: "padded to the same size", x: [1, 2, 3, 3], w: [2, 2, 3, 3], geometry: { pads: [1, 1, 1, 1] } },
  { title: "asymmetric pads", x: [1, 1, 4, 3], w: [2, 1, 2, 3], geometry: { pads: [1, 0, 2, 1] } },
  { title: "strides, last rows not reached", x: [2, 1, 6, 7], w: [1, 1, 3, 2], geometry: { strides: [2, 3] } },
  { title: "strides, all rows reached", x: [1, 1, 5, 5], w: [2, 1, 3, 3], geometry: { strides: [2, 2] } },
  { title: "stride beyond the kernel", x: [1, 1, 6, 6], w: [1, 1, 1, 2], geometry: { strides: [3, 3] } },
  { title: "dilated", x: [1, 2, 5, 6], w: [1, 2, 2, 3], geometry: { dilations: [3, 2] } },
  {
    title: "everything at once",
    x: [2, 4, 7, 6],
    w: [6, 2, 2, 3],
    geometry: { strides: [2, 2], pads: [0, 2, 1, 1], dilations: [3, 1], groups: 2 },
  },
  { title: "groups", x: [3, 4, 3, 3], w: [2, 2, 2, 2], geometry: { groups: 2 } },
  { title: "one channel a group", x: [2, 3, 3, 3], w: [3, 1, 2, 2], geometry: { groups: 3 } },
  { title: "symbolic batch", x: [3, 2, 3, 3], w: [2, 2, 2, 2], geometry: {}, symbolic: true },
  { title: "symbolic batch, groups", x: [3, 2, 3, 3], w: [4, 1, 2, 2], geometry: { groups: 2 }, symbolic: true },
] as const satisfies readonly Row[];

/** Linear in both operands; twice: the gradient by one operand is linear in the other. */
const GRADIENT = { ...byLinear(0, 1), second: [0, 1] };

type Rows = readonly [OpCase, ...OpCase[]];
const each = (make: (row: Row) => OpCase): Rows => {
  const [first, ...rest] = ROWS;
  return [make(first), ...rest.map(make)];
};
const shapes = ({ x, w, geometry }: Row): { readonly y: readonly number[] } => ({
  y: convolution({ shape: x, data: zeros(x) }, { shape: w, data: zeros(w) }, geometry).shape,
});
const zeros = (shape: readonly number[]): readonly number[] => Array.from({ length: sizeOf(shape) }, () => 0);
const batched = (shape: readonly number[]): Shape => ["batch", ...shape.slice(1)];

export const CONVOLUTION = {
  convolution: each((row) =>
    opCase({
      title: row.title,
      inputs: [draw32("x", row.x), draw32("w", row.w)],
      ...(row.symbolic && { shapes: [batched(row.x), row.w] }),
      build: (x, w) => op.convolution(x, w, row.geometry),
      reference: (x = EMPTY, w = EMPTY) => convolution(x, w, row.geometry),
      tolerance: FLOAT32,
      gradient: GRADIENT,
    }),
  ),
  convolutionInputGradient: each((row) =>
    opCase({
      title: row.title,
      inputs: [draw32("dy", shapes(row).y), draw32("w", row.w)],
      ...(row.symbolic && { shapes: [batched(shapes(row).y), row.w] }),
      build: (dy, w) => op.convolutionInputGradient(dy, w, row.symbolic ? batched(row.x) : row.x, row.geometry),
      reference: (dy = EMPTY, w = EMPTY) => convolutionInputGradient(dy, w, row.x, row.geometry),
      tolerance: FLOAT32,
      gradient: GRADIENT,
    }),
  ),
  convolutionWeightGradient: each((row) =>
    opCase({
      title: row.title,
      inputs: [draw32("x", row.x), draw32("dy", shapes(row).y)],
      ...(row.symbolic && { shapes: [batched(row.x), batched(shapes(row).y)] }),
      build: (x, dy) => op.convolutionWeightGradient(x, dy, row.w, row.geometry),
      reference: (x = EMPTY, dy = EMPTY) => convolutionWeightGradient(x, dy, row.w, row.geometry),
      tolerance: FLOAT32,
      gradient: GRADIENT,
    }),
  ),
} satisfies OpTable<OpNames["convolution"]>;
