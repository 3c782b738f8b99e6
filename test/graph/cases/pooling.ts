import { float32, float64, type Shape } from "../../../src/graph/index.ts";
import * as op from "../../../src/graph/ops/pooling.ts";
import { draw, draw32, drawApart } from "../draws.ts";
import { by, byLinear, FLOAT32, type OpCase, type OpNames, type OpTable, opCase } from "../op-case.ts";
import type { Nd } from "../reference/nd.ts";
import * as reference from "../reference/pooling.ts";

const EMPTY: Nd = { shape: [0, 0, 0, 0], data: [] };

interface Row {
  readonly title: string;
  readonly x: readonly [number, number, number, number];
  readonly pooling: reference.Pooling;
  readonly symbolic?: true;
}
const ROWS = [
  { title: "2×2", x: [2, 2, 4, 6], pooling: { kernel: [2, 2], strides: [2, 2] } },
  { title: "tiles, symbolic batch", x: [3, 2, 4, 6], pooling: { kernel: [2, 3], strides: [2, 3] }, symbolic: true },
  { title: "last rows not reached", x: [1, 2, 5, 4], pooling: { kernel: [2, 3], strides: [2, 3] } },
  { title: "overlapping", x: [1, 1, 5, 5], pooling: { kernel: [3, 3], strides: [1, 2] } },
  { title: "padded", x: [2, 1, 4, 4], pooling: { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
  { title: "asymmetric pads", x: [1, 1, 4, 5], pooling: { kernel: [3, 2], strides: [1, 1], pads: [2, 0, 1, 1] } },
  { title: "symbolic batch", x: [3, 2, 3, 3], pooling: { kernel: [2, 2], strides: [1, 1] }, symbolic: true },
] as const satisfies readonly Row[];

const each = (make: (row: Row) => OpCase): readonly [OpCase, ...OpCase[]] => {
  const [first, ...rest] = ROWS;
  return [make(first), ...rest.map(make)];
};
const pooled = ({ x, pooling }: Row): readonly number[] => reference.averagePool({ shape: x, data: [] }, pooling).shape;
const batched = (row: Row, shape: readonly number[]): Shape => (row.symbolic ? ["batch", ...shape.slice(1)] : shape);

/** Equal values everywhere: each window passes its first. */
const TIED: Row = { title: "ties", x: [1, 1, 4, 4], pooling: { kernel: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] } };
const TIED_TILES: Row = { title: "ties in tiles", x: TIED.x, pooling: { kernel: [2, 2], strides: [2, 2] } };
const ties = float64(TIED.x, [1, 1, 0, 0, 1, 1, 0, 0, -1, -1, 2, 2, -1, -1, 2, 2]);

export const POOLING = {
  maxPool: [
    ...each((row) =>
      opCase({
        title: row.title,
        inputs: [drawApart("x", row.x)],
        shapes: [batched(row, row.x)],
        build: (x) => op.maxPool(x, row.pooling.kernel, row.pooling),
        reference: (x = EMPTY) => reference.maxPool(x, row.pooling),
        gradient: by(0),
      }),
    ),
    opCase({
      title: "strides as the kernel",
      inputs: [drawApart("x", [1, 1, 4, 6])],
      build: (x) => op.maxPool(x, [2, 3]),
      reference: (x = EMPTY) => reference.maxPool(x, { kernel: [2, 3], strides: [2, 3] }),
      gradient: by(0),
    }),
    opCase({
      title: "all negative: padding never wins",
      inputs: [float32([1, 1, 2, 2], [-4, -3, -2, -1])],
      build: (x) => op.maxPool(x, [2, 2], { strides: [1, 1], pads: [1, 1, 1, 1] }),
      reference: (x = EMPTY) => reference.maxPool(x, { kernel: [2, 2], strides: [1, 1], pads: [1, 1, 1, 1] }),
      gradient: { by: [0], step: 0.25, tolerance: FLOAT32 },
    }),
  ],
  maxPoolGradient: [
    ...each((row) =>
      opCase({
        title: row.title,
        inputs: [drawApart("x", row.x), draw("dy", pooled(row))],
        shapes: [batched(row, row.x), batched(row, pooled(row))],
        build: (x, dy) => op.maxPoolGradient(x, dy, row.pooling.kernel, row.pooling),
        reference: (x = EMPTY, dy = EMPTY) => reference.maxPoolGradient(x, dy, row.pooling),
        gradient: by(1),
      }),
    ),
    ...[TIED, TIED_TILES].map((row) =>
      opCase({
        title: row.title,
        inputs: [ties, draw("dy", pooled(row))],
        build: (x, dy) => op.maxPoolGradient(x, dy, row.pooling.kernel, row.pooling),
        reference: (x = EMPTY, dy = EMPTY) => reference.maxPoolGradient(x, dy, row.pooling),
        gradient: by(1),
      }),
    ),
  ],
  maxPoolSelect: [
    ...each((row) =>
      opCase({
        title: row.title,
        inputs: [drawApart("x", row.x), draw("from", row.x)],
        shapes: [batched(row, row.x), batched(row, row.x)],
        build: (x, from) => op.maxPoolSelect(x, from, row.pooling.kernel, row.pooling),
        reference: (x = EMPTY, from = EMPTY) => reference.maxPoolSelect(x, from, row.pooling),
        gradient: by(1),
      }),
    ),
    ...[TIED, TIED_TILES].map((row) =>
      opCase({
        title: row.title,
        inputs: [ties, draw("from", TIED.x)],
        build: (x, from) => op.maxPoolSelect(x, from, row.pooling.kernel, row.pooling),
        reference: (x = EMPTY, from = EMPTY) => reference.maxPoolSelect(x, from, row.pooling),
        gradient: by(1),
      }),
    ),
    opCase({
      title: "of float64 maps at float32 positions",
      inputs: [draw32("x", [1, 1, 4, 4]), draw("from", [1, 1, 4, 4])],
      build: (x, from) => op.maxPoolSelect(x, from, [2, 2]),
      reference: (x = EMPTY, from = EMPTY) => reference.maxPoolSelect(x, from, { kernel: [2, 2], strides: [2, 2] }),
      gradient: by(1),
    }),
  ],
  averagePool: each((row) =>
    opCase({
      title: row.title,
      inputs: [draw32("x", row.x)],
      shapes: [batched(row, row.x)],
      build: (x) => op.averagePool(x, row.pooling.kernel, row.pooling),
      reference: (x = EMPTY) => reference.averagePool(x, row.pooling),
      tolerance: FLOAT32,
      gradient: byLinear(0),
    }),
  ),
} satisfies OpTable<OpNames["pooling"]>;
