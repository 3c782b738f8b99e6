import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../../src/engine/index.ts";
import { openNodeEngine } from "../../../src/engine/node/index.ts";
import {
  add,
  averagePool,
  cast,
  constant,
  convolution,
  convolutionInputGradient,
  convolutionWeightGradient,
  type DenseArray,
  float32,
  type Graph,
  globalAveragePool,
  gradients,
  graph,
  greater,
  input,
  int32,
  matMul,
  multiply,
  reduceSum,
  relu,
  reshape,
  scan,
  sigmoid,
  square,
  subtract,
  type Tensor,
  type WindowOptions,
} from "../../../src/graph/index.ts";
import { tileConvolutions } from "../../../src/graph/winograd/rewrite.ts";
import { expectClose } from "../../support/expect-close.ts";
import { draw32 } from "../draws.ts";
import * as reference from "../reference/convolution.ts";
import type { Nd } from "../reference/nd.ts";

type Float = Tensor<"float32">;
type Quad = readonly [number, number, number, number];

/** Winograd's transforms round: several digits less than a plain sum, in units of the largest term. */
const WINOGRAD = { relative: 2e-4, absolute: 5e-5 };
const SAME: WindowOptions = { pads: [1, 1, 1, 1] };

describe("tiled convolutions", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openNodeEngine("cpu", { threads: 1 });
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  async function run(graph: Graph): Promise<Readonly<Record<string, DenseArray>>> {
    await using program = await engine.compile(graph);
    return (await program.run({})).fetched;
  }

  const drawn = (name: string, shape: readonly number[]): readonly [Float, Nd] => {
    const array = draw32(name, shape);
    return [constant(array), { shape, data: [...array.data].map(Number) }];
  };

  it.each([
    { title: "one channel", x: [1, 1, 8, 8], out: 1 },
    { title: "maps that are not square", x: [3, 5, 8, 12], out: 4 },
    { title: "more outputs than inputs", x: [2, 2, 12, 8], out: 7 },
  ] as const satisfies readonly { title: string; x: Quad; out: number }[])(
    "equal the sum that defines them, and its gradients: $title",
    async ({ x: shape, out }) => {
      const [n, c, h, w] = shape;
      const [x, plainX] = drawn("x", shape);
      const [weight, plainWeight] = drawn("w", [out, c, 3, 3]);
      const [dy, plainSlopes] = drawn("dy", [n, out, h, w]);
      const plain = graph({
        y: convolution(x, weight, SAME),
        dx: convolutionInputGradient(dy, weight, x.shape, SAME),
        dw: convolutionWeightGradient(x, dy, weight.shape, SAME),
      });
      const tiled = tileConvolutions(plain, 0);
      expect(tiled).not.toBe(plain);
      const got = await run(tiled);
      const geometry = { pads: [1, 1, 1, 1] } as const;
      expectClose(got.y ?? [], reference.convolution(plainX, plainWeight, geometry), WINOGRAD);
      expectClose(
        got.dx ?? [],
        reference.convolutionInputGradient(plainSlopes, plainWeight, shape, geometry),
        WINOGRAD,
      );
      const taps = reference.convolutionWeightGradient(plainX, plainSlopes, [out, c, 3, 3], geometry);
      expectClose(got.dw ?? [], taps, WINOGRAD);
    },
  );

  /** Two networks, one the soft gates of the other: all that stands between convolutions. */
  function lossOf(parameters: readonly Float[], x: Float): Float {
    const [w1, b1, w2, b2, v1, v2, dense] = parameters.map((one) => one);
    if (!w1 || !b1 || !w2 || !b2 || !v1 || !v2 || !dense) throw new Error("seven parameters");
    const q1 = add(convolution(x, w1, SAME), reshape(b1, [1, 4, 1, 1]));
    const q2 = add(convolution(relu(q1), w2, SAME), reshape(b2, [6, 1, 1]));
    const z1 = multiply(convolution(x, v1, SAME), cast(greater(q1, 0), "float32"));
    const z2 = multiply(convolution(z1, v2, SAME), multiply(sigmoid(q2), 1.1));
    const logits = matMul(globalAveragePool(z2), dense);
    return reduceSum(square(add(logits, reduceSum(averagePool(z2, [8, 8])))));
  }
  const SHAPES = [[4, 3, 3, 3], [4], [6, 4, 3, 3], [6], [4, 3, 3, 3], [6, 4, 3, 3], [6, 2]];
  const values = SHAPES.map((shape, i) => draw32(`parameter ${i}`, shape));
  const images = constant(draw32("images", [3, 3, 8, 8]));

  it("a network's loss and gradients are those of plain convolutions", async () => {
    const parameters = values.map((value) => constant(value));
    const loss = lossOf(parameters, images);
    const slopes = gradients(loss, parameters).flatMap((slope, i) =>
      slope ? [[`gradient ${i}`, slope] as const] : [],
    );
    expect(slopes.length).toBe(SHAPES.length);
    const plain = graph({ loss, ...Object.fromEntries(slopes) });
    const [wanted, got] = [await run(plain), await run(tileConvolutions(plain, 0))];
    for (const [name, array] of Object.entries(wanted)) {
      const largest = Math.max(...[...array.data].map((value) => Math.abs(Number(value))));
      expectClose(got[name] ?? [], array, { relative: 0, absolute: 2e-5 * largest });
    }
  });

  it("training steps in a loop end where they end with plain convolutions", async () => {
    const start = Object.fromEntries(values.map((value, i) => [`p${i}`, constant(value)]));
    const steps = { step: constant(int32([3], [0, 1, 2])) };
    const { state, outputs } = scan(start, steps, (now) => {
      const parameters = Object.values(now);
      const loss = lossOf(parameters, images);
      const slopes = gradients(loss, parameters);
      const after = Object.entries(now).map(([name, value], i) => {
        const slope = slopes[i];
        return [name, slope === undefined ? value : subtract(value, multiply(slope, 1e-5))] as const;
      });
      return { state: { ...now, ...Object.fromEntries(after) }, outputs: { loss } };
    });
    const plain = graph({ ...state, losses: outputs.loss });
    const [wanted, got] = [await run(plain), await run(tileConvolutions(plain, 0))];
    for (const [name, array] of Object.entries(wanted)) {
      expectClose(got[name] ?? [], array, { relative: 1e-5, absolute: 1e-6 });
    }
  });

  it.each([
    { title: "narrow", c: 8, size: 8, window: SAME, fewest: undefined },
    { title: "with a step of two", c: 64, size: 8, window: { ...SAME, strides: [2, 2] }, fewest: 0 },
    { title: "without a border", c: 64, size: 8, window: {}, fewest: 0 },
    { title: "of maps that tiles do not cover", c: 64, size: 10, window: SAME, fewest: 0 },
    { title: "of maps of one tile", c: 64, size: 4, window: SAME, fewest: 0 },
    { title: "dilated", c: 64, size: 8, window: { ...SAME, dilations: [2, 2] }, fewest: 0 },
  ] satisfies { title: string; c: number; size: number; window: WindowOptions; fewest: number | undefined }[])(
    "leave a graph as it is whose convolutions are $title",
    ({ c, size, window, fewest }) => {
      const x = input("x", "float32", [2, c, size, size]);
      const plain = graph({ y: convolution(x, input("w", "float32", [c, c, 3, 3]), window) });
      expect(tileConvolutions(plain, fewest)).toBe(plain);
    },
  );

  it("leave a graph as it is whose batch is not known", () => {
    const x = input("x", "float32", ["batch", 64, 8, 8]);
    const plain = graph({ y: convolution(x, input("w", "float32", [64, 64, 3, 3]), SAME) });
    expect(tileConvolutions(plain)).toBe(plain);
  });

  it("leave float64 graphs as they are", () => {
    const x = constant(float32([1, 64, 8, 8], new Float32Array(64 * 64)));
    const weight = cast(constant(float32([64, 64, 3, 3], new Float32Array(64 * 64 * 9))), "float64");
    const plain = graph({ y: convolution(cast(x, "float64"), weight, SAME) });
    expect(tileConvolutions(plain)).toBe(plain);
  });
});
