import { float64 } from "../../../src/graph/index.ts";
import { argMax, reduceLogSumExp, reduceMax, reduceMean } from "../../../src/graph/ops/reductions.ts";
import { draw, drawApart } from "../draws.ts";
import { by, type OpNames, type OpTable, opCase } from "../op-case.ts";
import type { Nd } from "../reference/nd.ts";
import { argMax as argMaxOf, logSumExp, max, mean, reduce } from "../reference/reduce.ts";

const EMPTY: Nd = { shape: [0], data: [] };

export const REDUCTIONS = {
  reduceMean: [
    opCase({
      title: "over everything",
      inputs: [draw("x", [2, 3])],
      build: (x) => reduceMean(x),
      reference: (x = EMPTY) => reduce(x, [0, 1], false, mean),
      gradient: by(0),
    }),
    opCase({
      title: "over inner axes, symbolic batch",
      inputs: [draw("x", [2, 3, 2, 2])],
      shapes: [["batch", 3, 2, 2]],
      build: (x) => reduceMean(x, [2, -1]),
      reference: (x = EMPTY) => reduce(x, [2, 3], false, mean),
      gradient: by(0),
    }),
    opCase({
      title: "over the first axis, dimensions kept",
      inputs: [draw("x", [2, 3])],
      build: (x) => reduceMean(x, [0], true),
      reference: (x = EMPTY) => reduce(x, [0], true, mean),
      gradient: by(0),
    }),
  ],
  reduceMax: [
    opCase({
      title: "along the last axis",
      inputs: [drawApart("x", [3, 4])],
      build: (x) => reduceMax(x, [-1]),
      reference: (x = EMPTY) => reduce(x, [1], false, max),
      gradient: by(0),
    }),
    opCase({
      title: "over the outer axes, dimensions kept",
      inputs: [drawApart("x", [2, 3, 2])],
      build: (x) => reduceMax(x, [0, 2], true),
      reference: (x = EMPTY) => reduce(x, [0, 2], true, max),
      gradient: by(0),
    }),
    opCase({
      title: "with ties",
      inputs: [float64([2, 3], [1, 1, 0, -2, -2, -2])],
      build: (x) => reduceMax(x, [1]),
      reference: (x = EMPTY) => reduce(x, [1], false, max),
      // a central difference at a tie of m values is 1/2 for each, not 1/m: the shares are checked in gradients.test.ts
      gradient: "none",
    }),
  ],
  reduceLogSumExp: [
    opCase({
      title: "along the last axis, symbolic batch",
      inputs: [draw("x", [3, 4], -3, 3)],
      shapes: [["batch", 4]],
      build: (x) => reduceLogSumExp(x, [-1]),
      reference: (x = EMPTY) => reduce(x, [1], false, logSumExp),
      gradient: by(0),
    }),
    opCase({
      title: "over everything, dimensions kept",
      inputs: [draw("x", [2, 2], -3, 3)],
      build: (x) => reduceLogSumExp(x, undefined, true),
      reference: (x = EMPTY) => reduce(x, [0, 1], true, logSumExp),
      gradient: by(0),
    }),
    opCase({
      title: "of large values, without overflow",
      inputs: [float64([3, 2], [1000, 1000.5, -1000, -1001, 1000, -1000])],
      build: (x) => reduceLogSumExp(x, [1]),
      reference: (x = EMPTY) => reduce(x, [1], false, logSumExp),
      // values of 1000 lose three digits in a difference
      gradient: { by: [0], step: 1e-4, tolerance: { relative: 1e-6, absolute: 1e-7 } },
    }),
  ],
  argMax: [
    opCase({
      title: "along the last axis",
      inputs: [drawApart("x", [3, 4])],
      build: (x) => argMax(x),
      reference: (x = EMPTY) => reduce(x, [1], false, argMaxOf),
      gradient: "none",
    }),
    opCase({
      title: "along the first axis, the first at a tie",
      inputs: [float64([3, 2], [1, 0, 1, 5, 0, 5])],
      build: (x) => argMax(x, 0),
      reference: (x = EMPTY) => reduce(x, [0], false, argMaxOf),
      gradient: "none",
    }),
  ],
} satisfies OpTable<OpNames["reductions"]>;
