import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { readNetworkGates } from "../../src/gates/index.ts";
import { float32, float64, sizeOf } from "../../src/graph/index.ts";
import { denseChain, neighborsByOverlaps } from "../../src/kernels/index.ts";
import { type GatedNetwork, inputShapeOf, outputCount } from "../../src/network/index.ts";
import { activate, log2SharedPaths, neighborsBySharedPaths, openGates } from "../../src/paths/index.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { GATE_KINDS, gatedNetworkChoices, gatedNetworkOf, ruleNameOf } from "../support/gated-networks.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { enumeratePaths } from "./enumerate.reference.ts";

/** Whether gates of a kind of rule are shut at 0: soft and leaky ones let a path through that open gates do not count. */
const SHUTS = {
  hard: true,
  soft: false,
  leaky: false,
  clipped: true,
  "leaky-by-channel": false,
} as const satisfies Record<ReturnType<typeof ruleNameOf>, boolean>;
const SHUTTING = GATE_KINDS.filter((gates) => SHUTS[ruleNameOf(gates)]);

const cases = () =>
  fc
    .record({
      choices: gatedNetworkChoices(),
      gates: fc.constantFrom(...SHUTTING),
    })
    .map(({ choices, gates }) => gatedNetworkOf({ ...choices, gates }));

const examplesOf = ({ shape, data }: ReturnType<typeof gatedNetworkOf>["inputs"]): readonly Float64Array[] => {
  const size = sizeOf(shape.slice(1));
  return [0, 1, 2].map((example) => data.slice(example * size, (example + 1) * size));
};

/** Paths to all outputs that are active for both, counted one by one. */
function sharedByEnumeration(network: GatedNetwork, first: Float64Array, second: Float64Array): number {
  let shared = 0;
  for (let output = 0; output < outputCount(network); output++) {
    const others = enumeratePaths(network, second, output);
    enumeratePaths(network, first, output).forEach(({ active }, i) => {
      if (active && others[i]?.active) shared += 1;
    });
  }
  return shared;
}

describe("neighbors by shared paths", () => {
  it("count the paths of the enumeration that are active for both", () =>
    fc.assert(
      fc.property(cases(), ({ network, inputs }) => {
        const examples = examplesOf(inputs);
        const gates = examples.map((x) => {
          const { values } = activate(network, x);
          return openGates(network, (position) => values.get(position) ?? []);
        });
        for (const [i, j] of [
          [0, 1],
          [1, 2],
          [2, 2],
        ] as const) {
          const [a, b] = [gates[i], gates[j]];
          if (a === undefined || b === undefined) throw new Error("three examples");
          const wanted = sharedByEnumeration(
            network,
            examples[i] ?? new Float64Array(),
            examples[j] ?? new Float64Array(),
          );
          expectClose(2 ** log2SharedPaths(network, a, b), wanted, { relative: 1e-12 });
        }
      }),
      { numRuns: propertyRuns(60), seed: 3 },
    ));

  it("of dense chains are those of the overlaps, with biases and without", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    for (const bias of [true, false]) {
      const { network } = gatedNetworkOf({ body: "dense", gates: "hard", bias, normalize: true, seed: 8 });
      const inputs = float32([30, 4], Float32Array.from(randomStream(2, "chain").normal(120)));
      const chain = denseChain(network);
      const ends = {
        inputs: sizeOf(inputShapeOf(network)),
        outputs: outputCount(network),
        biases: chain?.biases ?? [],
      };
      const fast = neighborsByOverlaps(await readNetworkGates(network, engine, inputs), 4, 29, ends);
      const general = await neighborsBySharedPaths(network, engine, inputs, 4, 29, { batch: 7 });
      const told = (one: (typeof fast)[number]) => [one.example, one.similarity, one.sharedGates, one.log2SharedPaths];
      expectClose(
        [...fast]
          .sort((a, b) => a.example - b.example)
          .flatMap(told)
          .map((value) => Math.max(value, -1)),
        [...general]
          .sort((a, b) => a.example - b.example)
          .flatMap(told)
          .map((value) => Math.max(value, -1)),
        { relative: 1e-12, absolute: 1e-12 },
      );
      expect(general.map(({ similarity }) => similarity)).toEqual(
        general.map(({ similarity }) => similarity).sort((a, b) => b - a),
      );
    }
  });

  it("counts of deep networks go beyond float64", () => {
    const width = 64;
    const ones = float64([width, width], new Float64Array(width * width).fill(1));
    const nodes: GatedNetwork["nodes"] = [
      { kind: "input", name: "x", shape: [width] },
      ...Array.from({ length: 300 }, (_, i) => ({
        kind: "dense" as const,
        name: `dense-${i}`,
        shape: [width],
        input: i,
        weight: ones,
        bias: undefined,
      })),
    ];
    const gates = openGates({ nodes, output: 300 }, () => []);
    expect(log2SharedPaths({ nodes, output: 300 }, gates, gates)).toBe(301 * 6);
  });

  it("want a query among the examples", async () => {
    const { network, inputs } = gatedNetworkOf({
      body: "conv-gap",
      gates: "hard",
      bias: false,
      normalize: false,
      seed: 1,
    });
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    expect(await rejectionOf(neighborsBySharedPaths(network, engine, inputs, 3, 1))).toEqual({
      message: "query 3: expected an example from 0 to 2",
      hint: "count the inputs from 0",
    });
  });
});
