/** Edges between the columns of a picture, in Node: what they carry is what flows through their units. */
import { expect, it } from "vitest";
import { type Architecture, gatedNetwork, initialParameters, REGIMES } from "../../src/network/index.ts";
import { activate, pathFlow } from "../../src/paths/index.ts";
import { randomStream } from "../../src/random.ts";
import { columnFlows, columnsOf, decidedPositions, flowsBetween } from "../../src/studio/explain/columns.ts";
import { expectClose } from "../support/expect-close.ts";

it("adds up to the flow through each unit, with the ways around the branches of residual sums", () => {
  const dense = (units: number, gated = true) => ({ kind: "dense", units, bias: false, gated }) as const;
  const architecture: Architecture = {
    inputShape: [3],
    layers: [
      dense(4),
      { kind: "residual", body: [dense(5), dense(4, false)], shortcut: [] },
      { kind: "gate" },
      dense(2, false),
    ],
  };
  const initializer = { kind: "glorot-uniform" } as const;
  const parameters = initialParameters({ architecture, regime: "relu", initializer, seed: 2 });
  const network = gatedNetwork(architecture, REGIMES.relu, parameters);
  const columns = columnsOf(network, decidedPositions(network));
  const active = activate(network, Float64Array.from(randomStream(1, "x").uniform(3, 0.5, 1)));
  const { passes, layers, value } = pathFlow(active, { output: 1, against: null });
  const flows = columnFlows(columns, (position) => {
    const layer = layers.find((one) => one.position === position);
    return layer?.flow ?? Float64Array.of(0, value);
  });
  const incoming = columns.words.map(({ units }) => new Float64Array(units));
  for (const { from, to, flow } of flowsBetween(columns, passes, 1)) {
    const size = columns.words[from]?.units ?? 1;
    flow.forEach((one, place) => {
      incoming[to]![Math.floor(place / size)]! += one;
    });
  }
  expect(columns.words.map(({ units }) => units)).toEqual([3, 4, 5, 4, 2]);
  expect(value).not.toBe(0);
  for (const [column, sums] of incoming.entries()) {
    if (column > 0) expectClose([...sums], [...(flows[column] ?? [])], { relative: 1e-9, absolute: 1e-12 });
  }
});
