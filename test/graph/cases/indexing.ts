import { float64, int32, int64 } from "../../../src/graph/index.ts";
import { concat, dilate, gather, oneHot, pad, scatterAdd, slice } from "../../../src/graph/ops/indexing.ts";
import { draw } from "../draws.ts";
import { by, type OpNames, type OpTable, opCase } from "../op-case.ts";
import { bit } from "../reference/elementwise.ts";
import { accumulate, get, indicesOf, type Nd, nd } from "../reference/nd.ts";

const EMPTY: Nd = { shape: [0], data: [] };
const DUPLICATES = [2, 0, 2, 1, 2];

const scattered = (like = EMPTY, indices = EMPTY, rows = EMPTY): Nd =>
  accumulate(
    like.shape,
    indicesOf(rows.shape).map((at) => {
      const rank = indices.shape.length;
      return [[get(indices, at.slice(0, rank)), ...at.slice(rank)], get(rows, at)] as const;
    }),
  );
const gathered = (x = EMPTY, indices = EMPTY): Nd =>
  nd([...indices.shape, ...x.shape.slice(1)], (at) => {
    const rank = indices.shape.length;
    return get(x, [get(indices, at.slice(0, rank)), ...at.slice(rank)]);
  });

export const INDEXING = {
  slice: [
    opCase({
      title: "of the middle",
      inputs: [draw("x", [2, 5])],
      build: (x) => slice(x, 1, 1, 4),
      reference: (x = EMPTY) => nd([2, 3], ([i = 0, j = 0]) => get(x, [i, j + 1])),
      gradient: by(0),
    }),
    opCase({
      title: "by steps that do not reach the end, negative axis, symbolic batch",
      inputs: [draw("x", [3, 7, 2])],
      shapes: [["batch", 7, 2]],
      build: (x) => slice(x, -2, 1, 7, 4),
      reference: (x = EMPTY) => nd([3, 2, 2], ([i = 0, j = 0, k = 0]) => get(x, [i, 1 + 4 * j, k])),
      gradient: by(0),
    }),
    opCase({
      title: "by a step beyond the end",
      inputs: [draw("x", [3])],
      build: (x) => slice(x, 0, 2, 3, 5),
      reference: (x = EMPTY) => nd([1], () => get(x, [2])),
      gradient: by(0),
    }),
    opCase({
      title: "of whole numbers",
      inputs: [int64([4], [1, 2, 3, 4])],
      build: (x) => slice(x, 0, 0, 4, 2),
      reference: (x = EMPTY) => nd([2], ([i = 0]) => get(x, [2 * i])),
      gradient: "none",
    }),
  ],
  pad: [
    opCase({
      title: "before and after",
      inputs: [draw("x", [2, 3])],
      build: (x) => pad(x, -1, 1, 2),
      reference: (x = EMPTY) => nd([2, 6], ([i = 0, j = 0]) => get(x, [i, j - 1], 0)),
      gradient: by(0),
    }),
    opCase({
      title: "after alone, beside a symbolic batch",
      inputs: [draw("x", [2, 3])],
      shapes: [["batch", 3]],
      build: (x) => pad(x, 1, 0, 1),
      reference: (x = EMPTY) => nd([2, 4], (index) => get(x, index, 0)),
      gradient: by(0),
    }),
  ],
  dilate: [
    opCase({
      title: "of the last axis",
      inputs: [draw("x", [2, 3])],
      build: (x) => dilate(x, -1, 3),
      reference: (x = EMPTY) => nd([2, 7], ([i = 0, j = 0]) => (j % 3 === 0 ? get(x, [i, j / 3]) : 0)),
      gradient: by(0),
    }),
    opCase({
      title: "of a middle axis, symbolic batch",
      inputs: [draw("x", [2, 3, 2])],
      shapes: [["batch", 3, 2]],
      build: (x) => dilate(x, 1, 2),
      reference: (x = EMPTY) => nd([2, 5, 2], ([i = 0, j = 0, k = 0]) => (j % 2 === 0 ? get(x, [i, j / 2, k]) : 0)),
      gradient: by(0),
    }),
    opCase({
      title: "of one element",
      inputs: [draw("x", [1, 2])],
      build: (x) => dilate(x, 0, 4),
      reference: (x = EMPTY) => x,
      gradient: by(0),
    }),
  ],
  concat: [
    opCase({
      title: "of three along the last axis, symbolic batch",
      inputs: [draw("a", [2, 1]), draw("b", [2, 3]), draw("c", [2, 2])],
      shapes: [
        ["batch", 1],
        ["batch", 3],
        ["batch", 2],
      ],
      build: (a, b, c) => concat([a, b, c], -1),
      reference: (a = EMPTY, b = EMPTY, c = EMPTY) =>
        nd([2, 6], ([i = 0, j = 0]) => (j < 1 ? get(a, [i, j]) : j < 4 ? get(b, [i, j - 1]) : get(c, [i, j - 4]))),
      gradient: by(0, 1, 2),
    }),
    opCase({
      title: "of a tensor with itself",
      inputs: [draw("a", [2, 2])],
      build: (a) => concat([a, a], 0),
      reference: (a = EMPTY) => nd([4, 2], ([i = 0, j = 0]) => get(a, [i % 2, j])),
      gradient: by(0),
    }),
  ],
  gather: [
    opCase({
      title: "by a matrix of indices",
      inputs: [draw("x", [3, 2]), int64([2, 2], [0, 2, 2, 2])],
      build: gather,
      reference: gathered,
      gradient: by(0),
    }),
    opCase({
      title: "by one index",
      inputs: [draw("x", [3, 2]), int64([], [1])],
      build: gather,
      reference: gathered,
      gradient: by(0),
    }),
    opCase({
      title: "with duplicates",
      inputs: [draw("x", [3, 2]), int32([5], DUPLICATES)],
      build: gather,
      reference: gathered,
      gradient: by(0),
    }),
    opCase({
      title: "of single numbers by int64, symbolic count",
      inputs: [draw("x", [4]), int64([3], [3, 0, 3])],
      shapes: [[4], ["count"]],
      build: gather,
      reference: gathered,
      gradient: by(0),
    }),
    opCase({
      title: "of maps from symbolic rows",
      inputs: [draw("x", [3, 2, 2]), int64([2], [1, 1])],
      shapes: [["rows", 2, 2], [2]],
      build: gather,
      reference: gathered,
      gradient: by(0),
    }),
  ],
  scatterAdd: [
    opCase({
      title: "by a matrix of indices, symbolic inner size",
      inputs: [draw("like", [3, 2]), int32([2, 2], [0, 2, 2, 2]), draw("rows", [2, 2, 2])],
      shapes: [
        [3, "inner"],
        ["count", 2],
        ["count", 2, "inner"],
      ],
      build: scatterAdd,
      reference: scattered,
      gradient: by(2),
    }),
    opCase({
      title: "by one index",
      inputs: [draw("like", [3, 2]), int64([], [1]), draw("rows", [2])],
      build: scatterAdd,
      reference: scattered,
      gradient: by(2),
    }),
    opCase({
      title: "with duplicates",
      inputs: [draw("like", [4, 2]), int32([5], DUPLICATES), draw("rows", [5, 2])],
      build: scatterAdd,
      reference: scattered,
      gradient: by(2),
    }),
    opCase({
      title: "into symbolic rows, of single numbers",
      inputs: [float64([3], [9, 9, 9]), int64([5], DUPLICATES), draw("rows", [5])],
      shapes: [["rows"], ["count"], ["count"]],
      build: scatterAdd,
      reference: scattered,
      gradient: by(2),
    }),
  ],
  oneHot: [
    opCase({
      title: "of int64, symbolic batch",
      inputs: [int64([3], [2, 0, 3])],
      shapes: [["batch"]],
      build: (indices) => oneHot(indices, 4),
      reference: (indices = EMPTY) => nd([3, 4], ([i = 0, j = 0]) => bit(get(indices, [i]) === j)),
      gradient: "none",
    }),
    opCase({
      title: "of a matrix of int32; outside of the classes all false",
      inputs: [int32([2, 2], [0, 1, 5, -1])],
      build: (indices) => oneHot(indices, 2),
      reference: (indices = EMPTY) => nd([2, 2, 2], ([i = 0, j = 0, k = 0]) => bit(get(indices, [i, j]) === k)),
      gradient: "none",
    }),
  ],
} satisfies OpTable<OpNames["indexing"]>;
