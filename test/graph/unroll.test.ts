import { describe, expect, it } from "vitest";
import {
  add,
  constant,
  detach,
  float32,
  gradients,
  input,
  multiply,
  reduceSum,
  scan,
  square,
  type Tensor,
  unroll,
} from "../../src/graph/index.ts";
import { errorOf } from "../support/error-of.ts";
import { runGraph } from "../support/run-graph.ts";
import { draw32 } from "./draws.ts";

describe("unroll", () => {
  const start = input("start", "float32", [3]);
  const xs = input("xs", "float32", [4, 3]);
  const factors = input("factors", "float32", [4]);
  /** Two states that meet, and two outputs, one of which does not depend on a state. */
  const result = (loop: typeof scan): Readonly<Record<string, Tensor>> => {
    const { state, outputs } = loop({ a: start, b: start }, { xs, factors }, (before, slices) => ({
      state: { a: add(multiply(before.a, slices.factors), slices.xs), b: multiply(before.b, before.a) },
      outputs: { sum: reduceSum(before.b), twice: multiply(slices.xs, 2) },
    }));
    return { a: state.a, b: state.b, ...outputs };
  };

  it("computes what scan computes", async () => {
    const feeds = { start: draw32("start", [3]), xs: draw32("xs", [4, 3]), factors: draw32("factors", [4]) };
    expect(await runGraph(result(unroll), feeds)).toEqual(await runGraph(result(scan), feeds));
  });

  it.each([
    { title: "no tensor", scanned: {}, received: "nothing" },
    {
      title: "a length that is not known",
      scanned: { x: input("x", "float32", ["n", 2]) },
      received: "float32 [n, 2]",
    },
    {
      title: "two lengths",
      scanned: { x: input("x", "float32", [2]), y: input("y", "float32", [3]) },
      received: "float32 [2] and float32 [3]",
    },
  ])("refuses $title", ({ scanned, received }) => {
    expect(errorOf(() => unroll({}, scanned, () => ({ state: {}, outputs: {} })))).toEqual({
      message: `unroll of ${received}: expected at least one tensor, all of one fixed length of at least 1`,
      hint: "change the shapes where the graph is built",
    });
  });
});

describe("detach", () => {
  it("passes values and stops gradients", async () => {
    const x = input("x", "float32", [2]);
    const [slope = x] = gradients(reduceSum(multiply(detach(square(x)), x)), [x]);
    const { y, dx } = await runGraph({ y: detach(x), dx: slope }, { x: float32([2], [3, -2]) });
    expect(y).toEqual(float32([2], [3, -2]));
    expect(dx).toEqual(float32([2], [9, 4]));
  });

  it("of a constant has no gradient by anything", async () => {
    const x = input("x", "float32", [2]);
    const [slope = x] = gradients(reduceSum(add(x, detach(constant(float32([2], [1, 1]))))), [x]);
    expect((await runGraph({ slope })).slope).toEqual(float32([2], [1, 1]));
  });
});
