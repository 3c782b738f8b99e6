/** The picture of flow: every part of it is what flows there, for images, tables and channels that come last. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sizeOf } from "../../src/graph/index.ts";
import { inputShapeOf, weightLayers } from "../../src/network/index.ts";
import { activate, layerFlow, pathFlow, referenceSplit, weightFlow } from "../../src/paths/index.ts";
import { flowColumns } from "../../src/report/flow-columns.ts";
import { flowSvg } from "../../src/report/flow-figure.ts";
import { inputLayout, inputPanel } from "../../src/report/input-panel.ts";
import { expectClose } from "../support/expect-close.ts";
import { gatedNetworkCase } from "../support/gated-networks.ts";
import { propertyRuns } from "../support/property-runs.ts";

describe("flowColumns", () => {
  it("hold the flow of their layers; edges that are all there hold it too", () =>
    fc.assert(
      fc.property(gatedNetworkCase(), ({ network, inputs }) => {
        const input = inputs.data.slice(0, sizeOf(inputShapeOf(network)));
        const { passes, inputFlow } = pathFlow(activate(network, input), { output: 0, against: 1 });
        const { columns, edges = [] } = flowColumns(passes, inputFlow);
        const positions = [...weightLayers(passes.graph.network).keys()];
        const flows = [inputFlow, ...positions.map((position) => layerFlow(passes, position).flow)];
        const sum = (numbers: readonly number[] | Float64Array): number => [...numbers].reduce((a, b) => a + b, 0);
        expectClose(
          columns.map(({ drawn }) => sum(drawn.map(({ flow }) => flow))),
          flows.map(sum),
          { relative: 1e-9, absolute: 1e-12 },
        );
        for (const [i, position] of positions.entries()) {
          const into = edges.filter(({ to }) => to.column === i + 1);
          const { weight } = weightFlow(passes, position);
          // fewer than are drawn at most: then none is left out
          if (weight.length < 14) {
            expectClose(sum(into.map(({ flow }) => flow)), sum(weight), { relative: 1e-9, absolute: 1e-12 });
          }
          for (const { from } of into) expect(from.column).toBeLessThan(i + 1);
        }
      }),
      { numRuns: propertyRuns(40), seed: 5 },
    ));
});

describe("inputLayout", () => {
  it.each([
    [[1, 28, 28], { rows: 28, columns: 28, channels: 1, note: "" }],
    [[28, 28], { rows: 28, columns: 28, channels: 1, note: "" }],
    [[3, 8, 9], { rows: 8, columns: 9, channels: 3, note: "" }],
    [[8, 9, 3], { rows: 8, columns: 9, channels: 3, note: "" }],
    [[784, 1], { rows: 28, columns: 28, channels: 1, note: "drawn as 28 × 28" }],
    [[3072], { rows: 32, columns: 32, channels: 3, note: "drawn as 32 × 32 × 3" }],
  ] as const)("%j is an image", (shape, wanted) =>
    expect(inputLayout(shape)).toMatchObject({ kind: "image", ...wanted }),
  );

  it.each([[[1, 1, 5]], [[13]], [[49]], [[100, 3]], [[90]]])("%j is none", (shape) =>
    expect(inputLayout(shape)).toEqual({ kind: "bars" }),
  );

  it("finds each element once", () => {
    for (const shape of [[2, 5, 6], [5, 6, 3], [81]]) {
      const layout = inputLayout(shape);
      if (layout.kind !== "image") expect.fail("no image");
      const seen = Array.from({ length: layout.channels }, (_, channel) =>
        Array.from({ length: layout.rows * layout.columns }, (__, i) =>
          layout.element(channel, Math.floor(i / layout.columns), i % layout.columns),
        ),
      ).flat();
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: sizeOf(shape) }, (_, i) => i));
    }
  });
});

describe("inputPanel", () => {
  const place = { left: 0, top: 0, size: 100 };
  it("colors a pixel by the sign of what flows through it, the image under it", () => {
    const layout = inputLayout([5, 5]);
    const map = new Float64Array(25);
    [map[3], map[7]] = [1, -0.25];
    const { svg } = inputPanel({ layout, values: new Float64Array(25).fill(1), map, title: "map" }, place);
    // neighbors of one shade are one: a row each
    expect(svg.match(/width="100" height="20" fill="rgb\(242,242,242\)"/g)).toHaveLength(5);
    expect(svg.match(/fill-opacity/g)).toHaveLength(2);
    expect(svg).toContain('x="60" y="14" width="20" height="20" fill="#0068a8" fill-opacity="1"');
    expect(svg).toContain('x="40" y="34" width="20" height="20" fill="#c24a00" fill-opacity="0.5"');
  });

  it("of large images sums what flows through a block", () => {
    const layout = inputLayout([1, 224, 224]);
    const map = new Float64Array(224 * 224).fill(-1);
    const { svg } = inputPanel({ layout, values: map, map, title: "map" }, place);
    expect(svg.match(/fill-opacity="1"/g)).toHaveLength(112 * 112);
  });

  it("draws a table as bars, the largest first, with its values", () => {
    const layout = inputLayout([3]);
    const { svg } = inputPanel({ layout, values: [7, 8, 9.5], map: [1, -3, 0], title: "map" }, place);
    expect([...svg.matchAll(/>(\d: [\d.]+)</g)].map(([, words]) => words)).toEqual(["1: 8", "0: 7", "2: 9.5"]);
  });
});

describe("flowSvg", () => {
  it("is whole for every kind of network, with and without a reference", () =>
    fc.assert(
      fc.property(gatedNetworkCase(), fc.boolean(), ({ network, inputs }, compared) => {
        const size = sizeOf(inputShapeOf(network));
        const [input, other] = [inputs.data.slice(0, size), inputs.data.slice(size, 2 * size)];
        const flow = pathFlow(activate(network, input), { output: 1, against: null });
        const split = referenceSplit(flow, activate(network, other));
        const svg = flowSvg({
          flow,
          input,
          reference: compared ? { split, input: other, title: "the other" } : undefined,
          title: 'a <b> & "c"',
        });
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
        expect(svg).toContain("gradient × input");
        expect(svg).toContain("a &lt;b> &amp; ");
        expect(/kept .*gained .*lost /s.test(svg)).toBe(compared);
      }),
      { numRuns: propertyRuns(25), seed: 6 },
    ));
});
