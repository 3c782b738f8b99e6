/** What a path kernel takes is known before it is made, and plans stay small whatever they plan. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairsOf, pairsWithin, type Size, type Step } from "../../../src/kernels/pair/pair-lines.ts";
import { MOST_PAIR_BYTES, weighedPlan } from "../../../src/kernels/pair/weighed-plan.ts";
import { type GatedNetwork, networkFromOnnx } from "../../../src/network/index.ts";
import { drawn, type NodeOf, onnxModel } from "../../graph/onnx/model.ts";
import { convolutions, type MapLayer, mapModel } from "../../support/map-models.ts";

const max = (size: number, stride: number): MapLayer => ({ pool: "Max", size, stride });
const average = (size: number, stride: number): MapLayer => ({ pool: "Average", size, stride });
const network = (shape: readonly number[], layers: readonly MapLayer[]): GatedNetwork =>
  networkFromOnnx(mapModel(shape, layers));

/** Steps between elements of windows, one by one. */
function stepsByHand(size: Size, steps: readonly Step[], kernel: Size, strides: Size, dilations: Size): Set<string> {
  const found = new Set<string>();
  const offsets = (axis: 0 | 1): readonly number[] =>
    Array.from({ length: 2 * kernel[axis] - 1 }, (_, i) => (i - kernel[axis] + 1) * dilations[axis]);
  for (const [rows, columns] of steps) {
    for (const y of offsets(0)) {
      for (const x of offsets(1)) {
        const [r, c] = [rows * strides[0] + y, columns * strides[1] + x];
        if (Math.abs(r) < size[0] && Math.abs(c) < size[1]) found.add(`${r} ${c}`);
      }
    }
  }
  return found;
}

describe("pairs of positions before a pool", () => {
  it("are those of any two elements of its windows", () => {
    const twice = (most: number): fc.Arbitrary<[number, number]> =>
      fc.tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 1, max: most }));
    const steps = fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(twice(9), steps, twice(4), twice(3), twice(3), (size, some, kernel, strides, dilations) => {
        const window = { kernel, strides, dilations, pads: [0, 0, 0, 0] } as const;
        const wanted = stepsByHand(size, some, kernel, strides, dilations);
        const got = pairsWithin(size, some, window);
        const positions = size[0] * size[1];
        if (wanted.size > 1 && wanted.size >= positions) expect(got).toBe("all");
        else expect(new Set(got === "all" ? [] : got.steps.map((step) => step.join(" ")))).toEqual(wanted);
      }),
      { numRuns: 2000 },
    );
  });

  it("are not listed where no memory would hold their kernel", () => {
    const window = { kernel: [600, 600], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
    expect(pairsWithin([4096, 4096], [[0, 0]], window)).toBe("all");
  });

  it("are one list, whatever the order of the steps", () => {
    const [first, second] = [
      pairsOf(
        [4, 4],
        [
          [1, 0],
          [0, 0],
          [0, -1],
          [9, 9],
        ],
      ),
      pairsOf(
        [4, 4],
        [
          [0, -1],
          [0, 0],
          [1, 0],
          [1, 0],
        ],
      ),
    ];
    expect(first === "all" ? first : first.steps).toEqual(second === "all" ? second : second.steps);
  });
});

/** Networks of a few kilobytes whose exact kernel no machine holds. */
const OUT_OF_REACH: Readonly<Record<string, GatedNetwork>> = {
  "max-pools that halve": network(
    [3, 240, 240],
    [...Array.from({ length: 5 }, () => [...convolutions(2, 4), max(2, 2)]).flat(), { dense: 2 }],
  ),
  "pools that overlap": network(
    [3, 256, 256],
    [...Array.from({ length: 4 }, () => [...convolutions(1, 4), max(3, 2)]).flat(), { dense: 2 }],
  ),
  "average pools": network(
    [3, 240, 240],
    [...Array.from({ length: 4 }, () => [...convolutions(1, 4), average(4, 2)]).flat(), { dense: 2 }],
  ),
  "a global average behind pools": network(
    [3, 240, 240],
    [...convolutions(1, 4), max(2, 2), ...convolutions(1, 4), "global-average", { dense: 2 }],
  ),
  "a strided stem and residual sums": network(
    [3, 224, 224],
    [
      ...([{ conv: 4, stride: 2 }, "relu"] as const),
      ...Array.from({ length: 6 }, () => [...convolutions(1, 4), { conv: 4 }, { add: 4 }, "relu"] as const).flat(),
      ...(["global-average", { dense: 2 }] as const),
    ],
  ),
  "one dimension": network(
    [4, 100_000],
    [...convolutions(1, 4), max(64, 8), ...convolutions(1, 4), max(64, 8), { dense: 2 }],
  ),
  "a kernel for each channel": network(
    [4, 128, 128],
    [{ conv: 64 }, "relu", { conv: 64, groups: 64 }, "relu", max(8, 4), max(8, 4), { dense: 2 }],
  ),
  "large windows at each position": network(
    [1, 256, 256],
    [
      ...convolutions(1, 4),
      { pool: "Max", size: 33, stride: 1, pad: 16 },
      ...convolutions(1, 4),
      max(8, 8),
      { dense: 2 },
    ],
  ),
  "leaky gates": network(
    [3, 128, 128],
    [{ conv: 4 }, { slope: 0.1 }, { conv: 4 }, { slope: 0.1 }, "global-average", { dense: 2 }],
  ),
};

describe("a kernel that is out of reach", () => {
  it.each(Object.entries(OUT_OF_REACH))("%s", (_, own) => {
    const { plan, cost } = weighedPlan(own);
    expect(cost.bytes).toBeGreaterThan(MOST_PAIR_BYTES);
    expect(cost.seconds).toBeGreaterThan(1);
    // what the plan itself holds
    const steps = [...new Set(plan.pairs.values())].reduce(
      (sum, own) => sum + (own === "all" ? 0 : own.steps.length),
      0,
    );
    expect(steps).toBeLessThan(2 ** 19);
  });
});

it("parts that are joined again and again are told: each has masks of the whole", () => {
  const joins = 120;
  const before = (i: number): readonly string[] => ["x", ...Array.from({ length: i }, (_, j) => `gate${j}`)];
  const layers = Array.from({ length: joins }, (_, i): readonly NodeOf[] => [
    { op: "Concat", inputs: before(i), outputs: [`joined${i}`], attributes: { axis: 1 } },
    { op: "MatMul", inputs: [`joined${i}`, `w${i}`], outputs: [`dense${i}`] },
    { op: "Relu", inputs: [`dense${i}`], outputs: [`gate${i}`] },
  ]);
  const constants = Object.fromEntries(Array.from({ length: joins }, (_, i) => [`w${i}`, drawn("w", 4 * (i + 1), 4)]));
  const { seconds } = weighedPlan(networkFromOnnx(onnxModel({ nodes: layers.flat(), constants }))).cost;
  // measured: 1.2 s on an AMD EPYC
  expect(seconds).toBeGreaterThan(0.4);
  expect(seconds).toBeLessThan(4);
});

describe("the bytes of a pair", () => {
  it.each([
    // 3 channels of one 32 × 32 line before the convolution, its own line, and the sums over rows
    { title: "a diagonal", layers: [...convolutions(1, 8), { dense: 2 }], numbers: [2048, 8192] },
    // 9 steps of 32 × 32 positions
    {
      title: "a pool of 2 × 2",
      layers: [...convolutions(1, 8), max(2, 2), { dense: 2 }],
      numbers: [9 * 1024, 4 * 9 * 1024],
    },
    // (32 · 32)² of each convolution
    {
      title: "all pairs",
      layers: [...convolutions(2, 8), average(2, 2), "global-average", { dense: 2 }],
      numbers: [1024 ** 2, 6 * 1024 ** 2],
    },
  ] as const)("$title", ({ layers, numbers: [least, most] }) => {
    const { bytes } = weighedPlan(network([3, 32, 32], layers)).cost;
    expect(bytes / 8).toBeGreaterThanOrEqual(least);
    expect(bytes / 8).toBeLessThanOrEqual(most);
  });

  it("a global average of plain convolutions keeps none, on maps of any size", () => {
    expect(
      weighedPlan(network([3, 512, 512], [...convolutions(3, 4), "global-average", { dense: 2 }])).cost.bytes,
    ).toBeLessThan(1000);
  });
});
