import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../src/engine/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import {
  add,
  constant,
  type DenseArray,
  float64,
  gather,
  gradients,
  graph,
  input,
  int64,
  matMul,
  multiply,
  reduceMean,
  reduceSum,
  reshape,
  scan,
  slice,
  square,
  subtract,
  type Tensor,
  tanh,
  writeModel,
} from "../../src/graph/index.ts";
import { errorOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { draw } from "./draws.ts";
import { bodiesOf, decode, opsOf, rootOps } from "./model-nodes.ts";

/** Two ways to the same float64 value: the order of sums may differ. */
const EXACT = { relative: 1e-13, absolute: 1e-14 };

describe("scan", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openNodeEngine("cpu", { threads: 1 });
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  async function run(
    outputs: Readonly<Record<string, Tensor>>,
    feeds: Readonly<Record<string, DenseArray>> = {},
  ): Promise<Readonly<Record<string, DenseArray>>> {
    await using program = await engine.compile(graph(outputs));
    return (await program.run(feeds)).fetched;
  }

  const start = constant(draw("start", [2, 3]));
  const weight = constant(draw("weight", [3, 3]));
  const slices = constant(draw("slices", [4, 2, 3]));
  const step = (h: Tensor<"float64">, x: Tensor<"float64">): Tensor<"float64"> => tanh(add(matMul(h, weight), x));

  it("equals the unrolled loop", async () => {
    const { state, outputs } = scan({ h: start }, { x: slices }, ({ h }, { x }) => {
      const after = step(h, x);
      return { state: { h: after }, outputs: { mean: reduceMean(after, [1]), before: h } };
    });
    let h: Tensor<"float64"> = start;
    const unrolled: Record<string, Tensor> = {};
    for (let t = 0; t < 4; t++) {
      unrolled[`before${t}`] = h;
      h = step(h, reshape(slice(slices, 0, t, t + 1), [2, 3]));
      unrolled[`mean${t}`] = reduceMean(h, [1]);
    }
    const looped = await run({ last: state.h, ...outputs });
    const wanted = await run({ last: h, ...unrolled });
    const stacked = (name: string): DenseArray[] => [0, 1, 2, 3].map((t) => wanted[`${name}${t}`] ?? float64([0], []));
    expectClose(looped.last ?? [], wanted.last ?? [], EXACT);
    expectClose(looped.mean ?? [], stacked("mean"), EXACT);
    expectClose(looped.before ?? [], stacked("before"), EXACT);
  });

  it("takes gradients inside its body: gradient descent on a least-squares problem", async () => {
    const [inputs, targets, order] = [draw("x", [5, 3]), draw("t", [5, 1]), [4, 0, 2, 2, 1, 3]];
    const { state, outputs } = scan(
      { w: constant(float64([3, 1], [0, 0, 0])) },
      { row: constant(int64([6, 1], order)) },
      ({ w }, { row }) => {
        const error = subtract(matMul(gather(constant(inputs), row), w), gather(constant(targets), row));
        const loss = reduceSum(square(error));
        const [dw = w] = gradients(loss, [w]);
        return { state: { w: subtract(w, multiply(dw, 0.1)) }, outputs: { loss } };
      },
    );
    const found = await run({ w: state.w, loss: outputs.loss });

    let w = [0, 0, 0];
    const losses = order.map((row) => {
      const x = inputs.data.slice(3 * row, 3 * row + 3);
      const error = w.reduce((sum, one, i) => sum + one * x[i]!, 0) - targets.data[row]!;
      w = w.map((one, i) => one - 0.1 * 2 * error * x[i]!);
      return error ** 2;
    });
    expectClose(
      found.w ?? [],
      w.map((one) => [one]),
      EXACT,
    );
    expectClose(found.loss ?? [], losses, EXACT);
  });

  it("computes outside what depends on nothing inside", () => {
    const outside = matMul(weight, weight);
    const { state } = scan({ h: start }, { x: slices }, ({ h }, { x }) => ({
      state: { h: add(matMul(h, tanh(outside)), x) },
      outputs: {},
    }));
    const model = writeModel(graph({ h: state.h }));
    expect(rootOps(model)).toEqual(["MatMul", "Tanh", "Scan", "Identity"]);
    const [body] = bodiesOf(decode(model).graph);
    expect(opsOf(body)).toEqual(["MatMul", "Add"]);
    // constants lie in the outer graph: the engine copies those of a body
    expect(body?.initializer).toEqual([]);
  });

  it("leaves a product from outside there, though it could be fused into the body's update", () => {
    const [h, w] = [input("h", "float32", [3, 3]), input("w", "float32", [3, 3])];
    const { state } = scan({ h }, { x: input("x", "float32", [4]) }, (before) => ({
      state: { h: subtract(before.h, multiply(matMul(w, w), 0.5)) },
      outputs: {},
    }));
    const model = writeModel(graph({ last: state.h }));
    expect(rootOps(model)).toEqual(["MatMul", "Mul", "Scan", "Identity"]);
  });

  it("gives back states that pass through, tensors from outside and one tensor under two names", async () => {
    const { state, outputs } = scan({ kept: start, moved: start }, { x: slices }, ({ kept, moved }, { x }) => {
      const next = add(moved, x);
      return {
        state: { kept, moved: next },
        outputs: { next, again: next, kept, slice: x, outside: weight, inner: tanh(weight) },
      };
    });
    const found = await run({ last: state.kept, moved: state.moved, ...outputs });
    expectClose(found.last ?? [], draw("start", [2, 3]), { relative: 0 });
    const all = <T>(one: T): T[] => [one, one, one, one];
    expectClose(found.kept ?? [], all(draw("start", [2, 3])), { relative: 0 });
    expectClose(found.slice ?? [], draw("slices", [4, 2, 3]), { relative: 0 });
    expectClose(found.outside ?? [], all(draw("weight", [3, 3])), { relative: 0 });
    expectClose(found.again ?? [], found.next ?? [], { relative: 0 });
    expect(found.inner?.shape).toEqual([4, 3, 3]);
  });

  it("exchanges two states", async () => {
    const { state } = scan(
      { a: constant(float64([], [1])), b: constant(float64([], [2])) },
      { x: constant(float64([3], [0, 0, 0])) },
      ({ a, b }) => ({ state: { a: b, b: a }, outputs: {} }),
    );
    const found = await run({ a: state.a, b: state.b });
    expectClose(found.a ?? [], 2, { relative: 0 });
    expectClose(found.b ?? [], 1, { relative: 0 });
  });

  it("runs without states", async () => {
    const { outputs } = scan({}, { x: slices }, (_, { x }) => ({ state: {}, outputs: { sum: reduceSum(x) } }));
    expect((await run({ sum: outputs.sum })).sum?.shape).toEqual([4]);
  });

  it("feeds a scan from another's outputs and states", async () => {
    const x = constant(float64([3], [1, 2, 3]));
    const cumulated = (values: Tensor<"float64">, from: Tensor<"float64">) =>
      scan({ sum: from }, { value: values }, ({ sum }, { value }) => {
        const next = add(sum, value);
        return { state: { sum: next }, outputs: { next } };
      });
    const first = cumulated(x, constant(float64([], [0])));
    const second = cumulated(first.outputs.next, first.state.sum);
    const found = await run({ last: second.state.sum, all: second.outputs.next });
    expectClose(found.all ?? [], [7, 10, 16], { relative: 0 });
    expectClose(found.last ?? [], 16, { relative: 0 });
  });

  it("takes a symbolic length", async () => {
    const { state, outputs } = scan(
      { sum: constant(float64([], [0])) },
      { value: input("values", "float64", ["steps"]) },
      ({ sum }, { value }) => {
        const next = add(sum, value);
        return { state: { sum: next }, outputs: { next } };
      },
    );
    expect(outputs.next.shape).toEqual(["steps"]);
    await using program = await engine.compile(graph({ sum: state.sum, next: outputs.next }));
    for (const length of [1, 5, 2]) {
      const { fetched } = await program.run({ values: draw("values", [length]) });
      expect(fetched.next?.shape).toEqual([length]);
      expectClose(
        fetched.sum ?? [],
        draw("values", [length]).data.reduce((a, b) => a + b, 0),
        EXACT,
      );
    }
  });

  describe("nested", () => {
    const rows = constant(float64([2, 3], [1, 2, 3, 4, 5, 6]));
    const scales = constant(float64([2], [10, 100]));
    const nested = scan(
      { total: constant(float64([], [0])) },
      { row: rows, scale: scales },
      ({ total }, { row, scale }) => {
        const factor = tanh(scale);
        const inner = scan({ sum: total }, { x: row }, ({ sum }, { x }) => {
          const next = add(sum, multiply(x, factor));
          return { state: { sum: next }, outputs: { next } };
        });
        return { state: { total: inner.state.sum }, outputs: { sums: inner.outputs.next } };
      },
    );

    it("equals nested loops", async () => {
      const found = await run({ total: nested.state.total, sums: nested.outputs.sums });
      const [a, b] = [Math.tanh(10), Math.tanh(100)];
      const wanted = [
        [a, 3 * a, 6 * a],
        [6 * a + 4 * b, 6 * a + 9 * b, 6 * a + 15 * b],
      ];
      expectClose(found.sums ?? [], wanted, EXACT);
      expectClose(found.total ?? [], 6 * a + 15 * b, EXACT);
    });

    it("computes each thing in the outermost loop that it depends on", () => {
      const model = writeModel(graph({ total: nested.state.total }));
      const [outer] = bodiesOf(decode(model).graph);
      const [inner] = bodiesOf(outer);
      expect(rootOps(model)).toEqual(["Scan", "Identity"]);
      expect(opsOf(outer)).toEqual(["Tanh", "Scan"]);
      // the sum is state and output: the second name costs a copy
      expect(opsOf(inner)).toEqual(["Mul", "Add", "Identity"]);
    });
  });

  describe("refuses", () => {
    const x = input("x", "float32", [4, 3]);
    const h = input("h", "float32", [3]);
    const hint = "change the shapes where the graph is built";

    it("nothing to scan", () =>
      expect(errorOf(() => scan({ h }, {}, (state) => ({ state, outputs: {} })))).toEqual({
        message: "scan of nothing: expected at least one tensor to scan, all of one length of at least 1",
        hint,
      }));

    it("different lengths", () =>
      expect(errorOf(() => scan({ h }, { x, h }, (state) => ({ state, outputs: {} })))).toEqual({
        message:
          "scan of float32 [4, 3] and float32 [3]: expected at least one tensor to scan, all of one length of at least 1",
        hint,
      }));

    it("a length of 0", () =>
      expect(
        errorOf(() => scan({ h }, { x: input("x", "float32", [0, 3]) }, (state) => ({ state, outputs: {} }))),
      ).toEqual({
        message: "scan of float32 [0, 3]: expected at least one tensor to scan, all of one length of at least 1",
        hint,
      }));

    it("a state that changes its shape", () =>
      expect(errorOf(() => scan({ h }, { x }, ({ h }) => ({ state: { h: reduceSum(h) }, outputs: {} })))).toEqual({
        message: 'scan with state "h" float32 [] after a step: expected float32 [3], as before it',
        hint: "return every state from the body with its dtype and shape unchanged",
      }));

    it("a state that is not returned", () => {
      // @ts-expect-error the compiler says so first
      expect(errorOf(() => scan({ h }, { x }, () => ({ state: {}, outputs: {} })))).toEqual({
        message: 'scan with state "h" missing after a step: expected float32 [3], as before it',
        hint: "return every state from the body with its dtype and shape unchanged",
      });
    });

    it("a tensor of its body outside", () => {
      const leaked: Tensor[] = [];
      scan({ h }, { x }, (state, slices) => {
        leaked.push(add(state.h, slices.x));
        return { state, outputs: {} };
      });
      const [tensor = h] = leaked;
      expect(errorOf(() => graph({ y: tensor }))).toEqual({
        message:
          'output "y" that uses a state or slice of a scan outside its body: expected tensors of a body only inside it',
        hint: "return it from the body as a state or an output, and use what the scan returns",
      });
    });
  });
});
