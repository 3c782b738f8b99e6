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
import { topologicalOrder } from "../../../src/graph/traversal.ts";
import { type TilingOptions, tileConvolutions } from "../../../src/graph/winograd/rewrite.ts";
import { expectClose } from "../../support/expect-close.ts";
import { draw32 } from "../draws.ts";
import * as reference from "../reference/convolution.ts";
import type { Nd } from "../reference/nd.ts";

type Float = Tensor<"float32">;
type Quad = readonly [number, number, number, number];

/** Winograd's transforms round: several digits less than a plain sum, in units of the largest term. */
const WINOGRAD = { relative: 2e-4, absolute: 5e-5 };
const SAME: WindowOptions = { pads: [1, 1, 1, 1] };
/** Tiles wherever they are possible. */
const EVERY: TilingOptions = { layoutCost: 0 };
/** Transformed neighborhoods of an image of 8×8 positions, 6 channels: two such images of three go together. */
const TWO_IMAGES = 2 * 36 * 4 * 6 * 4;
const IN_PARTS = [
  { parts: "the batch as a whole", options: EVERY },
  { parts: "two images and one", options: { ...EVERY, partBytes: TWO_IMAGES } },
  { parts: "one image at a time", options: { ...EVERY, partBytes: 1 } },
];

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
    { title: "one channel", x: [1, 1, 8, 8], out: 1, options: EVERY },
    { title: "maps that are not square", x: [3, 5, 8, 12], out: 4, options: EVERY },
    { title: "more outputs than inputs", x: [2, 2, 12, 8], out: 7, options: EVERY },
    { title: "one image at a time", x: [3, 5, 8, 12], out: 4, options: { ...EVERY, partBytes: 1 } },
  ] as const satisfies readonly { title: string; x: Quad; out: number; options: TilingOptions }[])(
    "equal the sum that defines them, and its gradients: $title",
    async ({ x: shape, out, options }) => {
      const [n, c, h, w] = shape;
      const [x, plainX] = drawn("x", shape);
      const [weight, plainWeight] = drawn("w", [out, c, 3, 3]);
      const [dy, plainSlopes] = drawn("dy", [n, out, h, w]);
      const plain = graph({
        y: convolution(x, weight, SAME),
        dx: convolutionInputGradient(dy, weight, x.shape, SAME),
        dw: convolutionWeightGradient(x, dy, weight.shape, SAME),
      });
      const tiled = tileConvolutions(plain, options);
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

  it.each(IN_PARTS)("a network's loss and gradients are those of plain convolutions: $parts", async ({ options }) => {
    const parameters = values.map((value) => constant(value));
    const loss = lossOf(parameters, images);
    const slopes = gradients(loss, parameters).flatMap((slope, i) =>
      slope ? [[`gradient ${i}`, slope] as const] : [],
    );
    expect(slopes.length).toBe(SHAPES.length);
    const plain = graph({ loss, ...Object.fromEntries(slopes) });
    const [wanted, got] = [await run(plain), await run(tileConvolutions(plain, options))];
    for (const [name, array] of Object.entries(wanted)) {
      const largest = Math.max(...[...array.data].map((value) => Math.abs(Number(value))));
      expectClose(got[name] ?? [], array, { relative: 0, absolute: 2e-5 * largest });
    }
  });

  it.each([
    { together: 3, partBytes: 3 * TWO_IMAGES },
    { together: 2, partBytes: TWO_IMAGES },
    { together: 1, partBytes: TWO_IMAGES - 1 },
  ])("as many images go together as their bytes allow: $together", ({ together, partBytes }) => {
    const [weight] = drawn("w", [6, 3, 3, 3]);
    const tiled = tileConvolutions(graph({ y: convolution(images, weight, SAME) }), { ...EVERY, partBytes });
    const parts = topologicalOrder(tiled.outputs.map(({ tensor }) => tensor)).map(({ shape }) => shape);
    expect(parts).toContainEqual([16, 6, 2, 2, together]);
  });

  it("no more than sixteen parts are made of a batch", () => {
    const x = input("x", "float32", [33, 64, 8, 8]);
    const plain = graph({ y: convolution(x, input("w", "float32", [64, 64, 3, 3]), SAME) });
    const tiled = tileConvolutions(plain, { ...EVERY, partBytes: 1 });
    const parts = topologicalOrder(tiled.outputs.map(({ tensor }) => tensor)).map(({ shape }) => shape);
    expect(parts).toContainEqual([16, 64, 2, 2, 3]);
    expect(parts).not.toContainEqual([16, 64, 2, 2, 1]);
  });

  it.each(IN_PARTS)("training steps in a loop end where they end with plain ones: $parts", async ({ options }) => {
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
    const [wanted, got] = [await run(plain), await run(tileConvolutions(plain, options))];
    for (const [name, array] of Object.entries(wanted)) {
      expectClose(got[name] ?? [], array, { relative: 1e-5, absolute: 1e-6 });
    }
  });

  it.each([
    { title: "with a step of two", c: 64, size: 8, window: { ...SAME, strides: [2, 2] } },
    { title: "without a border", c: 64, size: 8, window: {} },
    { title: "of maps that tiles do not cover", c: 64, size: 10, window: SAME },
    { title: "of maps of one tile", c: 64, size: 4, window: SAME },
    { title: "dilated", c: 64, size: 8, window: { ...SAME, dilations: [2, 2] } },
  ] satisfies { title: string; c: number; size: number; window: WindowOptions }[])(
    "leave a graph as it is whose convolutions are $title",
    ({ c, size, window }) => {
      const x = input("x", "float32", [2, c, size, size]);
      const plain = graph({ y: convolution(x, input("w", "float32", [c, c, 3, 3]), window) });
      expect(tileConvolutions(plain, EVERY)).toBe(plain);
    },
  );

  /** The gradients of a loss by the weights of a chain of convolutions of eight channels. */
  function chain(between: (maps: Float) => Float): Graph {
    const weights = [0, 1, 2].map((i) => input(`w${i}`, "float32", [8, 8, 3, 3]));
    const last = weights.reduce((x, weight) => between(convolution(x, weight, SAME)), drawn("x", [2, 8, 16, 16])[0]);
    const slopes = gradients(reduceSum(square(last)), weights);
    return graph(Object.fromEntries(slopes.flatMap((slope, i) => (slope ? [[`${i}`, slope] as const] : []))));
  }

  it("are made of narrow convolutions that follow each other", () => {
    const plain = chain((maps) => relu(maps));
    expect(tileConvolutions(plain)).not.toBe(plain);
  });

  it("are not made where narrow convolutions alternate with what has no tiles", () => {
    const plain = chain((maps) => averagePool(maps, [1, 1]));
    expect(tileConvolutions(plain, EVERY)).not.toBe(plain);
    expect(tileConvolutions(plain)).toBe(plain);
  });

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
