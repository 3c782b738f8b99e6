import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../src/engine/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import {
  add,
  argMax,
  cast,
  concat,
  constant,
  convolution,
  type DenseArray,
  divide,
  exp,
  type FloatDType,
  float64,
  gather,
  globalAveragePool,
  gradients,
  graph,
  greater,
  input,
  int64,
  logSoftmax,
  matMul,
  maximum,
  maxPool,
  minimum,
  multiply,
  negate,
  oneHot,
  reduceMax,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  scan,
  sigmoid,
  softmax,
  square,
  subtract,
  type Tensor,
  tanh,
  transpose,
  where,
} from "../../src/graph/index.ts";
import { topologicalOrder } from "../../src/graph/traversal.ts";
import { expressions } from "../support/arbitraries.ts";
import { errorOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { finiteDifferences } from "../support/finite-differences.ts";
import { propertyRuns, propertyTimeout } from "../support/property-runs.ts";
import { draw, draw32, drawApart } from "./draws.ts";

type Float = Tensor<"float64">;
type TensorsLike<A extends readonly DenseArray<FloatDType>[]> = {
  readonly [K in keyof A]: A[K] extends DenseArray<infer D extends FloatDType> ? Tensor<D> : never;
};

describe("gradients", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openNodeEngine("cpu", { threads: 1 });
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  /** Checks the gradient of a scalar by all its inputs. */
  async function expectGradients<const A extends readonly DenseArray<FloatDType>[]>(
    arrays: A,
    build: (...tensors: TensorsLike<A>) => Tensor<FloatDType>,
    { step = 1e-5, relative = 1e-6, absolute = 1e-8 } = {},
  ): Promise<void> {
    const tensors = arrays.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
    // made from these arrays, in this order
    const loss = build(...(tensors as unknown as TensorsLike<A>));
    const found = gradients(loss, tensors).map((one, i) => [`g${i}`, one] as const);
    await using program = await engine.compile(graph({ loss, ...Object.fromEntries(found) }));
    const feeds = Object.fromEntries(arrays.map((array, i) => [`x${i}`, array]));
    const { fetched } = await program.run(feeds);
    for (const [i] of arrays.entries()) {
      const wanted = await finiteDifferences({ program, feeds, by: `x${i}`, of: [{ output: "loss" }], step });
      expectClose(fetched[`g${i}`] ?? [], wanted, { relative, absolute });
    }
  }

  /** Values of graphs without inputs. */
  async function values<K extends string>(outputs: Readonly<Record<K, Tensor>>): Promise<Record<string, DenseArray>> {
    await using program = await engine.compile(graph(outputs));
    return (await program.run({})).fetched;
  }

  describe("of composite graphs equal finite differences", () => {
    const labels = constant(int64([4], [0, 2, 1, 2]));
    const crossEntropy = (logits: Float): Float => {
      const picked = multiply(logSoftmax(logits), cast(oneHot(labels, 3), "float64"));
      return negate(divide(reduceSum(picked), 4));
    };

    it("a network with cross-entropy", () =>
      expectGradients(
        [draw("x", [4, 5]), draw("w1", [5, 6]), draw("b1", [6]), draw("w2", [3, 6]), draw("b2", [3])],
        (x, w1, b1, w2, b2) => {
          const hidden = relu(add(matMul(x, w1), b1));
          return crossEntropy(add(matMul(hidden, w2, { transposeB: true }), b2));
        },
      ));

    it("a gated network with soft gates from another", () =>
      expectGradients([draw("x", [4, 5]), draw("wf", [5, 3]), draw("wv", [5, 3])], (x, wf, wv) =>
        crossEntropy(multiply(matMul(x, wv), multiply(sigmoid(multiply(matMul(x, wf), 4)), 1.1))),
      ));

    it("a tensor used many times", () =>
      expectGradients([draw("x", [3, 3])], (x) => {
        const y = matMul(x, transpose(x));
        return reduceSum(add(multiply(y, x), square(add(x, y))));
      }));

    it("softmax attention with a batch", () =>
      expectGradients([draw("q", [2, 3, 4]), draw("k", [2, 3, 4]), draw("v", [2, 3, 4])], (q, k, v) =>
        reduceMean(square(matMul(softmax(matMul(q, k, { transposeB: true })), v))),
      ));

    it("a convolutional network", () =>
      expectGradients(
        [draw32("x", [2, 2, 6, 6]), draw32("w", [3, 2, 3, 3]), draw32("u", [3, 2])],
        (x, w, u) => {
          const maps = maxPool(tanh(convolution(x, w, { pads: [1, 1, 1, 1] })), [2, 2]);
          return reduceSum(square(matMul(globalAveragePool(maps), u)));
        },
        // float32: rounding 1e-7 of a loss of 1 by a step of 1e-2, truncation 1e-4 of third derivatives below 1
        { step: 1e-2, relative: 1e-3, absolute: 1e-4 },
      ));

    it("of a second order: the squared norm of a gradient", () =>
      expectGradients([draw("x", [3, 2]), draw("w", [2, 2])], (x, w) => {
        const [first = x] = gradients(reduceSum(tanh(matMul(x, w))), [w]);
        return reduceSum(square(first));
      }));

    it("joined, gathered and selected parts", () =>
      expectGradients([drawApart("x", [4, 3]), draw("y", [4, 3])], (x, y) => {
        const rows = gather(concat([x, y], 1), constant(int64([3], [3, 1, 3])));
        return reduceSum(exp(reduceMax(where(greater(rows, 0), rows, multiply(rows, 0.5)), [1])));
      }));
  });

  it(
    "of random expressions equal finite differences",
    async () => {
      await fc.assert(
        fc.asyncProperty(expressions(), async ({ inputs, build }) => {
          const tolerance = { relative: 1e-5, absolute: 1e-6 };
          const check = (step: number) =>
            expectGradients(inputs, (...tensors) => build(tensors), { ...tolerance, step });
          // a kink within the step (case 1478 of seed 1) is seldom within a hundredth of it too
          await check(1e-5).catch(() => check(1e-7));
        }),
        { numRuns: propertyRuns(60), seed: 1 },
      );
    },
    propertyTimeout(20_000),
  );

  describe("at kinks and ties", () => {
    it("maximum and minimum give all of a tie to the first", async () => {
      const a = constant(float64([3], [1, 2, 3]));
      const b = constant(float64([3], [1, 3, 2]));
      const [maxA = a, maxB = b] = gradients(reduceSum(maximum(a, b)), [a, b]);
      const [minA = a, minB = b] = gradients(reduceSum(minimum(a, b)), [a, b]);
      const found = await values({ maxA, maxB, minA, minB });
      expectClose(found.maxA ?? [], [1, 0, 1], { relative: 0 });
      expectClose(found.maxB ?? [], [0, 1, 0], { relative: 0 });
      expectClose(found.minA ?? [], [1, 1, 0], { relative: 0 });
      expectClose(found.minB ?? [], [0, 0, 1], { relative: 0 });
    });

    it("reduceMax shares between equal values", async () => {
      const x = constant(float64([2, 3], [1, 1, 0, -2, -2, -2]));
      const [dx = x] = gradients(reduceSum(multiply(reduceMax(x, [1]), constant(float64([2], [1, 6])))), [x]);
      expectClose(
        (await values({ dx })).dx ?? [],
        [
          [0.5, 0.5, 0],
          [2, 2, 2],
        ],
        { relative: 0 },
      );
    });

    it("relu is closed at 0, absolute has slope 0 there", async () => {
      const x = constant(float64([3], [0, -0, 1]));
      const [ofRelu = x] = gradients(reduceSum(relu(x)), [x]);
      const [y = x] = gradients(reduceSum(reshape(multiply(x, x), [3])), [x]);
      const found = await values({ ofRelu, y });
      expectClose(found.ofRelu ?? [], [0, 0, 1], { relative: 0 });
      expectClose(found.y ?? [], [0, 0, 2], { relative: 0 });
    });
  });

  describe("where none flow", () => {
    const x = input("x", "float32", [4, 3]);
    const feature = input("feature", "float32", [3, 2]);
    const value = input("value", "float32", [3, 2]);
    const gate = cast(greater(matMul(x, feature), 0), "float32");
    const loss = reduceSum(multiply(matMul(x, value), gate));

    it("a hard gate costs no nodes: its network's product is computed once, and never differentiated", () => {
      const [dValue = value] = gradients(loss, [value]);
      const made = topologicalOrder([dValue]).map(({ source }) =>
        source.kind === "op" ? source.op.name : source.kind,
      );
      // the gate as it was, dy from the sum, dy · gate, xᵀ · that
      expect(made.filter((name) => name === "matMul")).toHaveLength(2);
      expect(made.filter((name) => name === "greater")).toHaveLength(1);
      expect(made).toHaveLength(11);
    });

    const stopped = {
      message: "gradients by float32 [3, 2]: expected a tensor that the loss depends on through ops with a gradient",
      hint: "leave it out, or replace the op that stops the gradient (a comparison, a cast, an index)",
    };
    it("a tensor behind a hard gate", () => expect(errorOf(() => gradients(loss, [value, feature]))).toEqual(stopped));
    it("a tensor that is not there", () =>
      expect(errorOf(() => gradients(loss, [input("other", "float32", [3, 2])]))).toEqual(stopped));
    it("a tensor behind whole numbers", () => {
      const whole = cast(cast(value, "int32"), "float32");
      expect(errorOf(() => gradients(reduceSum(whole), [value]))).toEqual(stopped);
    });
    it("a tensor behind an index", () => {
      const rows = gather(feature, argMax(transpose(value)));
      expect(errorOf(() => gradients(reduceSum(rows), [value]))).toEqual(stopped);
    });

    it("a loss that is no scalar", () =>
      expect(errorOf(() => gradients(matMul(x, value), [value]))).toEqual({
        message: "gradients of float32 [4, 2]: expected a scalar loss of shape []",
        hint: "change the shapes where the graph is built",
      }));

    it("the way through a scan", () => {
      const { state } = scan({ sum: value }, { step: input("steps", "float32", [5, 3, 2]) }, (before, { step }) => ({
        state: { sum: add(before.sum, step) },
        outputs: {},
      }));
      expect(errorOf(() => gradients(reduceSum(add(state.sum, value)), [value]))).toEqual({
        message: "gradients through a scan: expected a loss whose way to the tensors does not lead through a loop",
        hint: "take the gradients inside the body of the scan, or unroll the loop",
      });
    });

    it("a scan beside the way is no obstacle", () => {
      const { state } = scan({ sum: feature }, { step: input("steps", "float32", [5, 3, 2]) }, (before, { step }) => ({
        state: { sum: subtract(before.sum, step) },
        outputs: {},
      }));
      const [dValue] = gradients(reduceSum(multiply(state.sum, value)), [value]);
      expect(dValue?.shape).toEqual([3, 2]);
    });
  });

  it("of a loss by itself is 1, by an inner tensor all that comes after it", async () => {
    const x = constant(float64([2], [3, 4]));
    const y = square(x);
    const loss = reduceSum(square(y));
    const [byLoss = loss, byY = y] = gradients<"float64">(loss, [loss, y]);
    const found = await values({ byLoss, byY });
    expectClose(found.byLoss ?? [], 1, { relative: 0 });
    expectClose(found.byY ?? [], [18, 32], { relative: 1e-15 });
  });
});
