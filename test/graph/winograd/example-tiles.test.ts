import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../../src/engine/node/index.ts";
import {
  constant,
  convolution,
  float64,
  gradients,
  graph,
  input,
  multiply,
  reduceSum,
  type Tensor,
} from "../../../src/graph/index.ts";
import { topologicalOrder } from "../../../src/graph/traversal.ts";
import {
  gainsByTiles,
  tiledInputGradient,
  tiledWeightGradients,
  withTiledGradients,
} from "../../../src/graph/winograd/example-tiles.ts";
import { expectClose } from "../../support/expect-close.ts";
import { draw } from "../draws.ts";
import * as reference from "../reference/convolution.ts";
import type { Nd } from "../reference/nd.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(() => engine[Symbol.asyncDispose]());

/** Transforms round in the 15th digit of their largest terms, some tens of them. */
const ROUNDED = { relative: 0, absolute: 1e-12 };
const nd = ({ shape, data }: { readonly shape: readonly number[]; readonly data: ArrayLike<number> }): Nd => ({
  shape,
  data: Array.from(data, Number),
});

describe("gradients of float64 convolutions by tiles equal the sums that define them", () => {
  it.each([
    { title: "whole tiles", x: [2, 3, 8, 12], out: 4, pads: [1, 1, 1, 1] },
    { title: "one tile", x: [1, 2, 4, 4], out: 3, pads: [1, 1, 1, 1] },
    { title: "less than a tile", x: [2, 1, 3, 2], out: 2, pads: [1, 1, 1, 1] },
    { title: "no whole tiles", x: [2, 3, 7, 10], out: 2, pads: [1, 1, 1, 1] },
    { title: "no padding", x: [2, 2, 10, 9], out: 3, pads: [0, 0, 0, 0] },
    { title: "no padding, inputs of one tile more", x: [1, 2, 6, 6], out: 2, pads: [0, 0, 0, 0] },
    { title: "wide padding", x: [2, 2, 6, 7], out: 3, pads: [2, 2, 2, 2] },
    { title: "another padding on each side", x: [2, 2, 9, 8], out: 3, pads: [0, 2, 1, 0] },
  ] as const)("$title", async ({ x: shape, out, pads }) => {
    const [batch, channels] = shape;
    const x = draw("x", shape);
    const weight = draw("w", [out, channels, 3, 3]);
    const geometry = { pads };
    const made = reference.convolution(nd(x), nd(weight), geometry);
    const dy = draw("dy", made.shape);
    const maps = input("x", "float64", ["batch", ...shape.slice(1)]);
    const slopes = input("dy", "float64", ["batch", ...made.shape.slice(1)]);
    const kernel = input("w", "float64", weight.shape);
    // the op's own rule, of a sum over the batch
    const loss = reduceSum(
      multiply(withTiledGradients(maps, kernel, convolution(maps, kernel, geometry), geometry), slopes),
    );
    const [byInput = loss, byWeight = loss] = gradients(loss, [maps, kernel]);
    await using program = await engine.compile(
      graph({
        byInput: tiledInputGradient(slopes, constant(weight), maps.shape, geometry),
        byExample: tiledWeightGradients(maps, slopes, geometry),
        ruleInput: byInput,
        ruleWeight: byWeight,
      }),
    );
    const { fetched } = await program.run({ x, dy, w: weight });
    const wanted = reference.convolutionInputGradient(nd(dy), nd(weight), shape, geometry);
    expectClose(fetched.byInput ?? expect.fail(), wanted, ROUNDED);
    expectClose(fetched.ruleInput ?? expect.fail(), wanted, ROUNDED);
    expectClose(
      fetched.ruleWeight ?? expect.fail(),
      reference.convolutionWeightGradient(nd(x), nd(dy), weight.shape, geometry),
      ROUNDED,
    );
    const size = { x: x.data.length / batch, dy: dy.data.length / batch, weight: weight.data.length };
    const byTap = Array.from({ length: batch }, (_, example) => {
      const own = (of: typeof x, each: number): Nd => ({
        shape: [1, ...of.shape.slice(1)],
        data: [...of.data.subarray(example * each, (example + 1) * each)],
      });
      const { data } = reference.convolutionWeightGradient(own(x, size.x), own(dy, size.dy), weight.shape, geometry);
      return Array.from({ length: 9 }, (__, tap) => data.filter((_value, i) => i % 9 === tap)).flat();
    });
    expectClose(fetched.byExample ?? expect.fail(), { shape: [batch, size.weight], data: byTap.flat() }, ROUNDED);
  });
});

const PLAIN = {
  weight: [32, 16, 3, 3],
  positions: [16, 16],
  strides: [1, 1],
  dilations: [1, 1],
  groups: 1,
  pads: [1, 1, 1, 1],
} as const;

it.each([
  { title: "wide maps", change: {}, gains: true },
  { title: "few channels", change: { weight: [32, 3, 3, 3] }, gains: false },
  { title: "few positions", change: { positions: [8, 8] }, gains: false },
  { title: "a step of two", change: { strides: [2, 2] }, gains: false },
  { title: "gaps", change: { dilations: [2, 2] }, gains: false },
  { title: "groups", change: { groups: 2 }, gains: false },
  { title: "another kernel", change: { weight: [32, 16, 5, 5] }, gains: false },
  { title: "more padding than a kernel sees", change: { pads: [3, 3, 3, 3] }, gains: false },
] as const)("tiles are taken where they gain: $title", ({ change, gains }) => {
  expect(gainsByTiles({ ...PLAIN, ...change })).toBe(gains);
});

it("no gate is decided by tiles: the convolution itself stays a sum, zero where it is zero", async () => {
  const x = float64([1, 16, 16, 16], new Float64Array(4096));
  x.data.fill(1 / 3, 2048 + 5, 2048 + 9);
  const maps = input("x", "float64", x.shape);
  const weight = draw("w", [16, 16, 3, 3]);
  const y: Tensor<"float64"> = convolution(maps, constant(weight), { pads: [1, 1, 1, 1] });
  const ops = topologicalOrder([y]).flatMap(({ source }) => (source.kind === "op" ? [source.op.name] : []));
  expect(ops).toContain("tiledGradients");
  await using program = await engine.compile(graph({ y }));
  const { fetched } = await program.run({ x });
  // rows that see no pixel
  const data = Array.from(fetched.y?.data ?? expect.fail(), Number);
  expect(data.filter((_, i) => Math.floor(i / 16) % 16 > 1).every((value) => value === 0)).toBe(true);
  expect(data.some((value) => value !== 0)).toBe(true);
});
