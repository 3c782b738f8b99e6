import { int64 } from "../../../src/graph/index.ts";
import { expandLike, reduceSum, reshape, transpose } from "../../../src/graph/ops/layout.ts";
import { draw, draw32 } from "../draws.ts";
import { by, byLinear, FLOAT32, type OpNames, type OpTable, opCase } from "../op-case.ts";
import { get, getBroadcast, type Nd, nd } from "../reference/nd.ts";
import { reduce, sum } from "../reference/reduce.ts";

const EMPTY: Nd = { shape: [0], data: [] };

export const LAYOUT = {
  reshape: [
    opCase({
      title: "to another rank",
      inputs: [draw("x", [2, 6])],
      build: (x) => reshape(x, [3, 1, 4]),
      reference: ({ data } = EMPTY) => ({ shape: [3, 1, 4], data }),
      gradient: by(0),
    }),
    opCase({
      title: "to and from a scalar's rank",
      inputs: [draw("x", [1, 1])],
      build: (x) => reshape(x, []),
      reference: ({ data } = EMPTY) => ({ shape: [], data }),
      gradient: by(0),
    }),
    opCase({
      title: "flattens behind a symbolic batch",
      inputs: [draw("x", [3, 2, 2])],
      shapes: [["batch", 2, 2]],
      build: (x) => reshape(x, ["batch", 4]),
      reference: ({ data } = EMPTY) => ({ shape: [3, 4], data }),
      gradient: by(0),
    }),
    opCase({
      title: "moves a symbolic dimension",
      inputs: [draw("x", [3, 4])],
      shapes: [["batch", 4]],
      build: (x) => reshape(x, [2, 2, "batch"]),
      reference: ({ data } = EMPTY) => ({ shape: [2, 2, 3], data }),
      gradient: by(0),
    }),
    opCase({
      title: "keeps several symbolic dimensions",
      inputs: [draw("x", [3, 2, 4])],
      shapes: [["batch", "time", 4]],
      build: (x) => reshape(x, ["batch", "time", 2, 2]),
      reference: ({ data } = EMPTY) => ({ shape: [3, 2, 2, 2], data }),
      gradient: by(0),
    }),
    opCase({
      title: "of whole numbers",
      inputs: [int64([4], [1, 2, 3, 4])],
      build: (x) => reshape(x, [2, 2]),
      reference: ({ data } = EMPTY) => ({ shape: [2, 2], data }),
      gradient: "none",
    }),
  ],
  transpose: [
    opCase({
      title: "of a matrix",
      inputs: [draw("x", [2, 3])],
      build: (x) => transpose(x),
      reference: (x = EMPTY) => nd([3, 2], ([i = 0, j = 0]) => get(x, [j, i])),
      gradient: by(0),
    }),
    opCase({
      title: "of the last two axes",
      inputs: [draw("x", [2, 3, 4])],
      build: (x) => transpose(x),
      reference: (x = EMPTY) => nd([2, 4, 3], ([i = 0, j = 0, k = 0]) => get(x, [i, k, j])),
      gradient: by(0),
    }),
    opCase({
      title: "in an order that is not its own inverse, symbolic",
      inputs: [draw("x", [2, 3, 4])],
      shapes: [["batch", 3, 4]],
      build: (x) => transpose(x, [1, 2, 0]),
      reference: (x = EMPTY) => nd([3, 4, 2], ([i = 0, j = 0, k = 0]) => get(x, [k, i, j])),
      gradient: by(0),
    }),
  ],
  expandLike: [
    opCase({
      title: "repeats an axis and adds one",
      inputs: [draw("x", [2, 1]), draw("like", [3, 2, 4])],
      build: expandLike,
      reference: (x = EMPTY) => nd([3, 2, 4], (index) => getBroadcast(x, index)),
      gradient: by(0),
    }),
    opCase({
      title: "along a symbolic batch",
      inputs: [draw("x", [3]), draw("like", [2, 3])],
      shapes: [[3], ["batch", 3]],
      build: expandLike,
      reference: (x = EMPTY) => nd([2, 3], (index) => getBroadcast(x, index)),
      gradient: by(0),
    }),
  ],
  reduceSum: [
    opCase({
      title: "over everything",
      inputs: [draw("x", [2, 3])],
      build: (x) => reduceSum(x),
      reference: (x = EMPTY) => reduce(x, [0, 1], false, sum),
      gradient: by(0),
    }),
    opCase({
      title: "over a negative axis",
      inputs: [draw("x", [2, 3, 4])],
      build: (x) => reduceSum(x, [-2]),
      reference: (x = EMPTY) => reduce(x, [1], false, sum),
      gradient: by(0),
    }),
    opCase({
      title: "over two axes in any order, dimensions kept",
      inputs: [draw("x", [2, 3, 4])],
      build: (x) => reduceSum(x, [-1, 0], true),
      reference: (x = EMPTY) => reduce(x, [0, 2], true, sum),
      gradient: by(0),
    }),
    opCase({
      title: "over the rows of a float32 matrix",
      inputs: [draw32("x", [4, 3])],
      build: (x) => reduceSum(x, [-2]),
      reference: (x = EMPTY) => reduce(x, [0], false, sum),
      tolerance: FLOAT32,
      gradient: byLinear(0),
    }),
    opCase({
      title: "over the rows of a float32 matrix, dimensions kept",
      inputs: [draw32("x", [4, 3])],
      build: (x) => reduceSum(x, [0], true),
      reference: (x = EMPTY) => reduce(x, [0], true, sum),
      tolerance: FLOAT32,
      gradient: byLinear(0),
    }),
    opCase({
      title: "over a symbolic batch",
      inputs: [draw("x", [4, 3])],
      shapes: [["batch", 3]],
      build: (x) => reduceSum(x, [0]),
      reference: (x = EMPTY) => reduce(x, [0], false, sum),
      gradient: by(0),
    }),
    opCase({
      title: "beside two symbolic dimensions",
      inputs: [draw("x", [4, 2, 3])],
      shapes: [["batch", "time", 3]],
      build: (x) => reduceSum(x, [2]),
      reference: (x = EMPTY) => reduce(x, [2], false, sum),
      gradient: by(0),
    }),
    opCase({
      title: "of whole numbers",
      inputs: [int64([2, 2], [1, 2, 3, 4])],
      build: (x) => reduceSum(x, [1]),
      reference: (x = EMPTY) => reduce(x, [1], false, sum),
      gradient: "none",
    }),
  ],
} satisfies OpTable<OpNames["layout"]>;
