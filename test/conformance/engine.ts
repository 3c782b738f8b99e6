import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, Program } from "../../src/engine/index.ts";
import {
  add,
  argMax,
  cast,
  constant,
  type DenseArray,
  DTYPES,
  type DType,
  denseArray,
  float32,
  float64,
  graph,
  input,
  int32,
  int64,
  matMul,
  multiply,
  reduceSum,
  relu,
  scan,
  subtract,
  type Tensor,
  tanh,
  writeModel,
} from "../../src/graph/index.ts";
import { draw32 } from "../graph/draws.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";

/** One array of each dtype, with the values that are lost first. */
const ARRAYS = {
  float32: float32([2, 2], [0.1, -0, Number.NaN, Number.NEGATIVE_INFINITY]),
  float64: float64([2, 2], [0.1, -0, Number.NaN, Number.MIN_VALUE]),
  int64: denseArray("int64", [3], BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 0n)),
  int32: int32([3], [2 ** 31 - 1, -(2 ** 31), 0]),
  uint8: denseArray("uint8", [2], Uint8Array.of(255, 0)),
  bool: denseArray("bool", [2, 1], Uint8Array.of(1, 0)),
} as const satisfies Record<(typeof DTYPES)[number], DenseArray>;

const RELEASED = { hint: "release it after its last use: `await using` does so at the end of its block" };
const FEED_HINT = "feed an array of that dtype and shape";

/** What every engine does, with one thread. What it declares that it cannot do it must refuse, naming the node. */
export function engineConformance(name: string, open: () => Promise<Engine>): void {
  describe(name, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => engine[Symbol.asyncDispose]());

    const compile = (outputs: Readonly<Record<string, Tensor>>): Promise<Program> => engine.compile(graph(outputs));
    const x = input("x", "float32", ["batch", 3]);
    const w = input("w", "float32", [3, 2]);
    const product = { y: relu(matMul(x, w)) };
    const X = float32([2, 3], [1, 2, 3, 4, 5, 6]);
    const W = float32([3, 2], [1, 0, 0, -1, 1, 1]);
    const PRODUCT = [
      [4, 1],
      [10, 1],
    ];
    const hasKernel = (op: string, dtype: DType): boolean => {
      const { kernels } = engine.capabilities;
      return kernels === "all" || (kernels[op] ?? []).includes(dtype);
    };
    const refusalOf = (node: string) => ({
      message: `${node} of the model: expected a node that ${engine.device} has a kernel for`,
      hint: "build it of other ops, or run it with `device` cpu",
    });

    it("runs a graph", async () => {
      await using program = await compile(product);
      const { fetched, kept } = await program.run({ x: X, w: W });
      expect(fetched.y?.dtype).toBe("float32");
      expectClose(fetched.y ?? [], PRODUCT, { relative: 1e-6 });
      expect(kept).toEqual({});
    });

    it("runs a graph without inputs", async () => {
      await using program = await compile({ y: constant(float32([], [7])) });
      expect((await program.run({})).fetched.y).toEqual(float32([], [7]));
    });

    describe("passes on every bit of", () => {
      it.each(DTYPES)("%s", async (dtype) => {
        const outputs = { y: input("x", dtype, ARRAYS[dtype].shape) };
        if (dtype === "float64" && !engine.capabilities.float64) {
          expect(await rejectionOf(compile(outputs))).toEqual({
            message: `input "x" of the model: expected a model without float64 on ${engine.device}`,
            hint: "build it in float32, or run it with `device` cpu",
          });
          return;
        }
        if (!hasKernel("Identity", dtype)) {
          expect(await rejectionOf(compile(outputs))).toEqual(refusalOf(`node "Identity:y" (${dtype})`));
          return;
        }
        await using program = await compile(outputs);
        const { fetched } = await program.run({ x: ARRAYS[dtype] });
        expect(fetched.y).toEqual(ARRAYS[dtype]);
      });
    });

    it("runs every op, or refuses the node that it has no kernel for", async () => {
      const outputs = { y: cast(argMax(x), "float32") };
      if (!hasKernel("Cast", "int64")) {
        const { message, hint } = await rejectionOf(compile(outputs));
        const wanted = refusalOf(`node "Cast:${/Cast_\d+/.exec(message)?.[0]}" (int64)`);
        expect({ message, hint }).toEqual(wanted);
        return;
      }
      await using program = await compile(outputs);
      expect((await program.run({ x: X })).fetched.y).toEqual(float32([2], [2, 2]));
    });

    it("takes any size for a symbolic dimension", async () => {
      await using program = await compile({ y: reduceSum(x, [1]) });
      for (const batch of [1, 5, 2, 64]) {
        const { fetched } = await program.run({ x: draw32("x", [batch, 3]) });
        expect(fetched.y?.shape).toEqual([batch]);
      }
    });

    it("runs a loop, or refuses it", async () => {
      const { state } = scan(
        { sum: input("start", "float32", []) },
        { x: input("xs", "float32", ["steps"]) },
        (before, slices) => ({
          state: { sum: add(multiply(before.sum, 2), slices.x) },
          outputs: {},
        }),
      );
      if (!engine.capabilities.scan) {
        const { message, hint } = await rejectionOf(compile({ sum: state.sum }));
        expect(message).toMatch(
          new RegExp(
            `^node "Scan:scan_\\d+" of the model: expected a model without loops \\(Scan, Loop\\) on ${engine.device}$`,
          ),
        );
        expect(hint).toBe("unroll the loop, or run it with `device` cpu");
        return;
      }
      await using program = await compile({ sum: state.sum });
      const { fetched } = await program.run({ start: float32([], [1]), xs: float32([3], [1, 0, 5]) });
      expectClose(fetched.sum ?? [], 17, { relative: 0 });
    });

    it("repeats a run bit by bit, and in another engine", async () => {
      const [a, b] = [input("a", "float32", [96, 96]), input("b", "float32", [96, 96])];
      const outputs = { y: tanh(matMul(a, matMul(a, b))), z: reduceSum(multiply(a, b)) };
      const feeds = { a: draw32("a", [96, 96]), b: draw32("b", [96, 96]) };
      await using program = await compile(outputs);
      await using second = await open();
      await using other = await second.compile(graph(outputs));
      const { fetched } = await program.run(feeds);
      for (const again of [program, program, other]) expect((await again.run(feeds)).fetched).toEqual(fetched);
    });

    it("runs several programs side by side", async () => {
      await using double = await compile({ y: multiply(x, 2) });
      await using next = await compile({ y: add(x, 1) });
      await using both = await compile({ y: subtract(multiply(x, 2), add(x, 1)) });
      const results = await Promise.all(
        [double, next, both, double].map((program, i) => program.run({ x: float32([1, 3], [i, i, i]) })),
      );
      expect(results.map(({ fetched }) => fetched.y?.data[0])).toEqual([0, 2, 1, 6]);
    });

    it("takes a feed that is a part of a larger buffer", async () => {
      const whole = Float32Array.of(9, 9, 9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 9);
      await using program = await compile(product);
      const { fetched } = await program.run({ x: denseArray("float32", [2, 3], whole.subarray(6, 12)), w: W });
      expectClose(fetched.y ?? [], PRODUCT, { relative: 1e-6 });
    });

    describe("arrays that live in it", () => {
      it("are fed to any number of runs", async () => {
        await using weights = await engine.upload(W);
        expect([weights.dtype, weights.shape]).toEqual(["float32", [3, 2]]);
        await using program = await compile(product);
        for (const batch of [2, 1, 2]) {
          const { fetched } = await program.run({ x: float32([batch, 3], X.data.slice(0, 3 * batch)), w: weights });
          expectClose(fetched.y ?? [], PRODUCT.slice(0, batch), { relative: 1e-6 });
        }
        expect(await weights.read()).toEqual(W);
      });

      it("are kept by a run and fed to the next", async () => {
        await using program = await compile({ next: multiply(x, 2), sum: reduceSum(x) });
        const first = await program.run({ x: X }, ["next"]);
        expect(Object.keys(first.fetched)).toEqual(["sum"]);
        expect([first.kept.next?.dtype, first.kept.next?.shape]).toEqual(["float32", [2, 3]]);
        let state = first.kept.next ?? X;
        for (let i = 0; i < 3; i++) {
          const { kept } = await program.run({ x: state }, ["next"]);
          if (!("data" in state)) await state[Symbol.asyncDispose]();
          state = kept.next ?? X;
        }
        const { fetched } = await program.run({ x: state });
        expectClose(fetched.sum ?? [], 21 * 16, { relative: 0 });
      });

      it("give out copies", async () => {
        await using array = await engine.upload(float32([2], [1, 2]));
        (await array.read()).data[0] = 9;
        expect(await array.read()).toEqual(float32([2], [1, 2]));
      });

      it("have every dtype that the engine has", async () => {
        for (const array of Object.values(ARRAYS)) {
          if (array.dtype === "float64" && !engine.capabilities.float64) continue;
          await using resident = await engine.upload(array);
          expect(await resident.read()).toEqual(array);
        }
      });
    });

    describe("refuses", () => {
      it("a missing feed", async () => {
        await using program = await compile(product);
        expect(await rejectionOf(program.run({ x: X }))).toEqual({
          message: 'no feed for "w": expected float32 [3, 2]',
          hint: FEED_HINT,
        });
      });

      it("an unknown feed", async () => {
        await using program = await compile(product);
        expect(await rejectionOf(program.run({ x: X, w: W, v: W }))).toEqual({
          message: 'a feed "v": expected feeds for x, w',
          hint: "leave it out, or name it as the graph does",
        });
      });

      it("a wrong dtype", async () => {
        await using program = await compile(product);
        expect(await rejectionOf(program.run({ x: X, w: int64([3, 2], [1, 0, 0, 1, 1, 1]) }))).toEqual({
          message: 'int64 [3, 2] for "w": expected float32 [3, 2]',
          hint: FEED_HINT,
        });
      });

      it("a wrong size, a wrong rank", async () => {
        await using program = await compile(product);
        for (const shape of [[2, 3], [6]]) {
          expect(await rejectionOf(program.run({ x: X, w: float32(shape, X.data) }))).toEqual({
            message: `float32 [${shape.join(", ")}] for "w": expected float32 [3, 2]`,
            hint: FEED_HINT,
          });
        }
      });

      it("two sizes for one symbolic dimension", async () => {
        await using program = await compile({ y: add(x, input("z", "float32", ["batch", 1])) });
        expect(await rejectionOf(program.run({ x: X, z: float32([3, 1], [1, 2, 3]) }))).toEqual({
          message: 'float32 [3, 1] for "z": expected float32 [batch, 1] with batch = 2',
          hint: FEED_HINT,
        });
      });

      it("to keep what is no output", async () => {
        await using program = await compile(product);
        expect(await rejectionOf(program.run({ x: X, w: W }, ["w"]))).toEqual({
          message: '"w" among the outputs to keep: expected outputs of the graph: y',
          hint: "leave it out, or name it as the graph does",
        });
      });

      it("an array of another engine", async () => {
        await using other = await open();
        await using array = await other.upload(W);
        await using program = await compile(product);
        expect(await rejectionOf(program.run({ x: X, w: array }))).toEqual({
          message: "an array that lives in another engine: expected an array of this engine, or values",
          hint: "read() it there and feed the values here",
        });
      });

      it("bytes that are no model", async () => {
        const { message, hint } = await rejectionOf(
          engine.load({ bytes: Uint8Array.of(1, 2, 3), inputs: [], outputs: [] }),
        );
        expect(message).toMatch(
          new RegExp(
            `^a model that ${engine.device} does not take: .+: expected a model whose nodes this device has kernels for$`,
            "s",
          ),
        );
        expect(hint).toBe("look at the node that the message names, or run it with `device` cpu");
      });

      it("a run that fails inside, and takes the next", async () => {
        const { bytes, outputs } = writeModel(graph({ y: multiply(input("x", "float32", [3]), 2) }));
        // says less than the model knows, so that a wrong size gets past the engine's own check
        const inputs = [{ name: "x", dtype: "float32", shape: ["n"] }] as const;
        await using program = await engine.load({ bytes, inputs, outputs });
        const { message, hint } = await rejectionOf(program.run({ x: float32([2], [1, 2]) }));
        expect(message).toMatch(/^a failed run: .*dimensions.*: expected a run to the end$/s);
        expect(hint).toBe("look at the node that the message names; with large batches, try a smaller one");
        const { fetched } = await program.run({ x: float32([3], [4, 5, 6]) });
        expectClose(fetched.y ?? [], [8, 10, 12], { relative: 0 });
      });
    });

    describe("after its release refuses", () => {
      it("a program", async () => {
        const program = await compile(product);
        await program[Symbol.asyncDispose]();
        await program[Symbol.asyncDispose]();
        expect(await rejectionOf(program.run({ x: X, w: W }))).toEqual({
          message: "a program that has been released: expected a program in use",
          ...RELEASED,
        });
      });

      it("an array", async () => {
        await using program = await compile(product);
        const array = await engine.upload(W);
        await array[Symbol.asyncDispose]();
        await array[Symbol.asyncDispose]();
        const wanted = { message: "an array that has been released: expected an array in use", ...RELEASED };
        expect(await rejectionOf(array.read())).toEqual(wanted);
        expect(await rejectionOf(program.run({ x: X, w: array }))).toEqual(wanted);
      });

      it("an engine, with its programs and arrays", async () => {
        const own = await open();
        const program = await own.compile(graph(product));
        const array = await own.upload(W);
        await own[Symbol.asyncDispose]();
        await own[Symbol.asyncDispose]();
        const wanted = { message: "an engine that has been released: expected an engine in use", ...RELEASED };
        expect(await rejectionOf(own.compile(graph(product)))).toEqual(wanted);
        expect(await rejectionOf(own.upload(W))).toEqual(wanted);
        expect((await rejectionOf(program.run({ x: X, w: W }))).message).toBe(
          "a program that has been released: expected a program in use",
        );
        expect((await rejectionOf(array.read())).message).toBe(
          "an array that has been released: expected an array in use",
        );
        // what is left is released without a complaint, in any order
        await program[Symbol.asyncDispose]();
        await array[Symbol.asyncDispose]();
      });
    });
  });
}
