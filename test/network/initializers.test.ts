import { describe, expect, it } from "vitest";
import {
  fullyConnected,
  type Initializer,
  initialize,
  type NetworkPurpose,
  parameterSpecs,
} from "../../src/network/index.ts";
import { FC, GCONV } from "./architectures.ts";

const GLOROT: Initializer = { kind: "glorot-uniform" };
const PURPOSES = [
  "value-network",
  "feature-network",
  "fresh-value-network",
] as const satisfies readonly NetworkPurpose[];

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const fcOf = (depth: number) =>
  parameterSpecs(fullyConnected({ inputShape: [20], depth, width: 20, outputs: 20, bias: true }));

const glorotLimit = (fanIn: number, fanOut: number) => Math.sqrt(6 / (fanIn + fanOut));
const heLimit = (fanIn: number) => Math.sqrt(6 / fanIn);

describe.each([
  { initializer: "glorot-uniform", limitOf: glorotLimit, name: "FC", architecture: FC },
  { initializer: "glorot-uniform", limitOf: glorotLimit, name: "GCONV", architecture: GCONV },
  { initializer: "he-uniform", limitOf: heLimit, name: "FC", architecture: FC },
  { initializer: "he-uniform", limitOf: heLimit, name: "GCONV", architecture: GCONV },
] as const)("$initializer weights of $name", ({ initializer, limitOf, architecture }) => {
  const parameters = initialize(parameterSpecs(architecture), { kind: initializer }, 3, "value-network");
  const weights = parameterSpecs(architecture).filter(({ kind }) => kind === "weight");

  it.each(weights)("$layer: bounds, mean and variance", ({ layer, fanIn, fanOut, shape }) => {
    const { data, shape: drawn } = parameters[layer]?.weight ?? expect.fail(`layer ${layer}`);
    expect(drawn).toEqual(shape);
    const limit = limitOf(fanIn, fanOut);
    const n = data.length;
    // maximum of n uniform draws: farther than 20/n from the limit with probability e^-10; float32 may round up to it
    for (const extreme of [data.reduce((a, b) => Math.max(a, b)), -data.reduce((a, b) => Math.min(a, b))]) {
      expect(extreme).toBeLessThanOrEqual(Math.fround(limit));
      expect(extreme).toBeGreaterThan(limit * (1 - 20 / n));
    }
    // five standard errors: variance limit²/3, fourth moment limit⁴/5
    expect(Math.abs(mean(data))).toBeLessThan((5 * limit) / Math.sqrt(3 * n));
    const variance = mean(data.map((value) => value * value));
    expect(Math.abs(variance - limit ** 2 / 3)).toBeLessThan(5 * limit ** 2 * Math.sqrt((1 / 5 - 1 / 9) / n));
  });

  it("biases that are random are within 1/√fanIn, each of its own, and change no weight", () => {
    const kind = initializer;
    const random = initialize(parameterSpecs(architecture), { kind, biases: "random" }, 3, "value-network");
    for (const { layer, fanIn } of weights) {
      const { weight, bias } = random[layer] ?? expect.fail(`layer ${layer}`);
      const drawn = parameters[layer]?.weight.data;
      expect(weight.data.every((value, i) => value === drawn?.[i])).toBe(true);
      const values = bias?.data ?? new Float32Array();
      expect(new Set(values).size).toBe(values.length);
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(1 / Math.sqrt(fanIn)));
      // the mean of n draws is within five standard errors of 0
      expect(Math.abs(mean(values))).toBeLessThan(5 / Math.sqrt(3 * fanIn * values.length));
    }
  });

  it("biases are zero unless told otherwise", () => {
    const biases = Object.values(parameters).flatMap(({ bias }) => (bias === undefined ? [] : [bias]));
    expect(biases).toHaveLength(weights.length);
    for (const { data } of biases) expect(data.every((value) => value === 0)).toBe(true);
  });
});

it("Bernoulli weights are ±sigma, about half of each", () => {
  const sigma = Math.sqrt(2 / 100);
  const drawn = initialize(parameterSpecs(FC), { kind: "bernoulli", sigma }, 1, "value-network");
  const data = drawn[2]?.weight.data ?? expect.fail();
  expect(new Set(data)).toEqual(new Set([Math.fround(sigma), -Math.fround(sigma)]));
  expect(Math.abs(mean(data))).toBeLessThan((5 * sigma) / Math.sqrt(data.length));
});

describe("streams", () => {
  it("differ by layer, purpose and seed", () => {
    const specs = fcOf(4);
    const drawn = [0, 1].flatMap((seed) =>
      PURPOSES.flatMap((purpose) =>
        Object.values(initialize(specs, GLOROT, seed, purpose)).map(({ weight }) => weight.data.join()),
      ),
    );
    expect(drawn).toHaveLength(2 * 3 * 4);
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  it("are the same for the same seed", () =>
    expect(initialize(fcOf(3), GLOROT, 5, "value-network")).toEqual(initialize(fcOf(3), GLOROT, 5, "value-network")));

  it("do not depend on other layers: a deeper network has the weights of the shallower one", () => {
    const shallow = initialize(fcOf(3), GLOROT, 0, "value-network");
    const deep = initialize(fcOf(5), GLOROT, 0, "value-network");
    expect(Object.keys(deep)).toEqual(["1", "2", "3", "4", "5"]);
    expect(Object.keys(shallow)).toEqual(["1", "2", "3"]);
    for (const [layer, parameters] of Object.entries(shallow)) expect(deep[Number(layer)]).toEqual(parameters);
  });
});

it("more parameters than a network may have are refused before any is drawn", () => {
  const specs = parameterSpecs(fullyConnected({ inputShape: [784], depth: 3, width: 100_000_000, outputs: 10 }));
  const count = 784 * 1e8 + 1e16 + 1e9 + 2e8 + 10;
  expect(() => initialize(specs, GLOROT, 1, "value-network")).toThrow(
    expect.objectContaining({
      code: "too-large",
      message: `a network of ${count} parameters, ${4 * count} bytes: expected at most 1073741824, 4294967296 bytes`,
      hint: "give the layers fewer units or channels",
    }),
  );
});
