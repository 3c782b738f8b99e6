/** What flows between the units of two layers at once, against the edges one by one. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { sizeOf } from "../../../src/graph/index.ts";
import { inputShapeOf, pathInputs, weightLayers } from "../../../src/network/index.ts";
import { activate, largestEdges, layerEdges, pathFlow, type Unit } from "../../../src/paths/index.ts";
import { expectClose } from "../../support/expect-close.ts";
import { gatedNetworkChoices, gatedNetworkOf } from "../../support/gated-networks.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const channelOf = (unit: Unit): number => (typeof unit === "number" ? unit : unit[0]);

it("sums the edges between each two units or channels of each layer", () => {
  const compared = { dense: 0, convolution: 0 };
  fc.assert(
    fc.property(gatedNetworkChoices(), (choices) => {
      const { network, inputs } = gatedNetworkOf(choices);
      const { passes, mass } = pathFlow(activate(network, inputs.data.slice(0, sizeOf(inputShapeOf(network)))), {
        output: 0,
        against: null,
      });
      const { network: looked } = passes.graph;
      for (const position of weightLayers(looked).keys()) {
        const found = layerEdges(passes, position);
        const node = looked.nodes[position];
        if (found === undefined || node === undefined) continue;
        const channels = node.kind === "convolution";
        const source = looked.nodes[pathInputs(node)[0] ?? -1]?.shape ?? [];
        const wanted = new Float64Array(found.flow.length);
        for (const { fromUnit, toUnit, flow } of largestEdges(passes, 100_000, position)) {
          const from = channels ? channelOf(fromUnit) : flat(fromUnit, source);
          wanted[channelOf(toUnit) * found.from + from]! += flow;
        }
        expectClose(found.flow, wanted, { relative: 1e-11, absolute: 1e-13 * mass });
        compared[channels ? "convolution" : "dense"]++;
      }
    }),
    { numRuns: propertyRuns(25), seed: 5 },
  );
  expect(Math.min(compared.dense, compared.convolution)).toBeGreaterThan(5);
});

const flat = (unit: Unit, [, rows = 1, columns = 1]: readonly number[]): number =>
  typeof unit === "number" ? unit : (unit[0] * rows + unit[1]) * columns + unit[2];
