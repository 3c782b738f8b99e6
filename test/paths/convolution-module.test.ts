/** Large convolutions, which a WebAssembly module maps, against their edges one by one. */
import { describe, expect, it } from "vitest";
import { float64, sizeOf } from "../../src/graph/index.ts";
import { edgePattern, type GatedNode, visitEdges } from "../../src/network/index.ts";
import { isLarge, sizesOf } from "../../src/paths/convolution-module.ts";
import { mapEdges } from "../../src/paths/edge-maps.ts";
import { ITSELF, MAGNITUDE } from "../../src/paths/factors.ts";
import { pullEdges } from "../../src/paths/pull-edges.ts";
import { randomStream } from "../../src/random.ts";
import { expectClose } from "../support/expect-close.ts";

interface Row {
  readonly title: string;
  readonly input: readonly [number, number, number];
  readonly shape: readonly [number, number, number];
  readonly groups: number;
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

const ROWS: readonly Row[] = [
  {
    title: "the size kept, an odd number of channels",
    ...{ input: [13, 30, 29], shape: [33, 30, 29], groups: 1, kernel: [3, 3] },
    ...{ strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1] },
  },
  {
    title: "groups, strides, dilation, uneven padding",
    ...{ input: [32, 31, 40], shape: [48, 15, 39], groups: 2, kernel: [3, 4] },
    ...{ strides: [2, 1], pads: [1, 3, 1, 2], dilations: [2, 2] },
  },
  {
    title: "one tap",
    ...{ input: [64, 24, 24], shape: [64, 24, 24], groups: 1, kernel: [1, 1] },
    ...{ strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] },
  },
];

const some = (name: string, count: number): Float64Array =>
  randomStream(7, name)
    .normal(count)
    .map((x) => (x < -0.2 ? 0 : x));

describe("large convolutions", () => {
  it.each(ROWS)("$title: forward and back over each edge", ({ input, shape, groups, ...window }) => {
    const weightShape = [shape[0], input[0] / groups, ...window.kernel];
    const node: GatedNode = {
      ...{ kind: "convolution", name: "c", shape, input: 0, groups, window, bias: undefined },
      weight: float64(
        weightShape,
        some("weight", sizeOf(weightShape)).map((w) => w - 0.3),
      ),
    };
    const pattern = edgePattern(node);
    if (pattern.kind !== "convolution") expect.fail("no convolution");
    expect(isLarge(sizesOf(pattern, input, shape))).toBe(true);
    const [x, given] = [some("x", sizeOf(input)), some("given", sizeOf(shape))];
    const none = { gates: undefined, selected: undefined };
    for (const factor of [ITSELF, MAGNITUDE]) {
      const [forward, back] = [new Float64Array(given.length), new Float64Array(x.length)];
      for (let unit = 0; unit < given.length; unit++) {
        visitEdges(node, [input], unit, (_, from, weight) => {
          forward[unit]! += x[from]! * factor.of(weight);
          back[from]! += given[unit]! * factor.of(weight);
        });
      }
      // a few hundred terms in another order
      const close = { relative: 1e-12, absolute: 1e-12 };
      expectClose(mapEdges(node, [{ data: x, shape: input }], none, factor, "sum"), forward, close);
      expectClose(pullEdges(node, given, [input], none, factor)[0] ?? [], back, close);
    }
  });
});
