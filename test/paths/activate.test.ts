import { describe, expect, it } from "vitest";
import { float64 } from "../../src/graph/index.ts";
import type { GatedNetwork, GatedNode } from "../../src/network/index.ts";
import { activate, kBestPaths, pathStatistics } from "../../src/paths/index.ts";
import { randomStream } from "../../src/random.ts";
import { expectClose } from "../support/expect-close.ts";

const WIDTH = 4;
const LAYERS = 30;

/** A deep ReLU network with sums before and behind gates; every weight times `2^power`, the first layer's bias too. */
function deepNetwork(power: number): GatedNetwork {
  const nodes: GatedNode[] = [{ kind: "input", name: "x", shape: [WIDTH] }];
  for (let layer = 0; layer < LAYERS; layer++) {
    const [last, units] = [nodes.length - 1, layer === LAYERS - 1 ? 2 : WIDTH];
    const drawn = (shape: readonly number[], use: string) =>
      float64(
        shape,
        randomStream(3, layer, use)
          .normal(shape.reduce((a, b) => a * b))
          .map((w) => w * 2 ** power),
      );
    nodes.push({
      kind: "dense",
      name: `dense-${layer}`,
      shape: [units],
      input: last,
      weight: drawn([WIDTH, units], "weight"),
      bias: layer === 0 ? drawn([units], "bias") : undefined,
    });
    if (layer === LAYERS - 1) break;
    nodes.push({
      kind: "gate",
      name: `gate-${layer}`,
      shape: [WIDTH],
      input: last + 1,
      gatedBy: last + 1,
      rule: { kind: "hard" },
    });
    if (layer % 3 === 1)
      nodes.push({ kind: "sum", name: `sum-${layer}`, shape: [WIDTH], inputs: [last + 2, last + 1] });
  }
  return { nodes, output: nodes.length - 1 };
}

describe("gates of deep networks", () => {
  const x = [0.3, -1.2, 0.8, 0.5];
  const ordinary = activate(deepNetwork(0), x);

  // products of 30 weights: down to 2^-3000 and up to 2^3000, where float64 ends at 2^-1074 and 2^1024
  it.each([-100, 100])("are the same with all weights times 2^%i", (power) => {
    const scaled = activate(deepNetwork(power), x);
    expect([...scaled.gates]).toEqual([...ordinary.gates]);
    const wanted = kBestPaths(ordinary, 0, 5);
    const found = kBestPaths(scaled, 0, 5);
    expect(found.map(({ units }) => units)).toEqual(wanted.map(({ units }) => units));
    expectClose(
      found.map(({ log2Contribution }) => log2Contribution - power * LAYERS),
      wanted.map(({ log2Contribution }) => log2Contribution),
      { relative: 1e-9 },
    );
    const [first, second] = [pathStatistics(scaled, 0), pathStatistics(ordinary, 0)];
    expectClose(first.log2AbsoluteMass - power * LAYERS, second.log2AbsoluteMass, { relative: 1e-9 });
    expect([scaled.logits, ordinary.logits].flatMap((logits) => [...logits]).some(Number.isNaN)).toBe(false);
  });

  it("logits beyond float64 are 0 or infinite, with their sign", () => {
    const signs = ordinary.logits.map(Math.sign);
    expect(activate(deepNetwork(100), x).logits).toEqual(signs.map((sign) => sign * Number.POSITIVE_INFINITY));
    expect(activate(deepNetwork(-100), x).logits.map(Math.abs)).toEqual(new Float64Array(2));
  });
});
