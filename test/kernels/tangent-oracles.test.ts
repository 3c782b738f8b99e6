import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float64 } from "../../src/graph/index.ts";
import { tangentKernel, tangentKernels } from "../../src/kernels/index.ts";
import { gatedNetwork, REGIMES } from "../../src/network/index.ts";
import { expectClose, type Numbers } from "../support/expect-close.ts";
import { layersOfFile, type Oracle, oracles, shapeOf } from "../support/oracle.ts";

/** float64 against float64, relative to the size of the kernel: its small entries are differences of large ones. */
const TOLERANCE = 1e-12;

const doubles = (numbers: Numbers) =>
  float64(shapeOf(numbers), (Array.isArray(numbers) ? numbers.flat(10) : [numbers]).map(Number));

/** The oracle's network with its weights as they were written, not rounded to float32. */
function networkOf({ architecture, regime, value_net, feature_net }: Oracle) {
  const [value, feature] = [layersOfFile(value_net, doubles), layersOfFile(feature_net ?? [], doubles)];
  return gatedNetwork(architecture, REGIMES[regime], { value, feature });
}

const cases = oracles("").filter(({ ntk_value }) => ntk_value !== undefined);

describe.each(cases)("tangent kernels of logit 0 against PyTorch: $name", (oracle) => {
  const value = oracle.ntk_value ?? [];
  const feature = oracle.ntk_feature ?? value.map((row) => row.map(() => 0));
  const size = Math.max(...[...value, ...feature].flat().map(Math.abs));

  it("value and feature part, and their sum", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const network = networkOf(oracle);
    const x = doubles(oracle.x);
    const parts = await tangentKernels(network, engine, x);
    expectClose(parts.value, value, { relative: 0, absolute: TOLERANCE * size });
    expectClose(parts.feature, feature, { relative: 0, absolute: TOLERANCE * size });
    const sum = value.map((row, i) => row.map((one, j) => one + (feature[i]?.[j] ?? Number.NaN)));
    expectClose(await tangentKernel(network, engine, x), sum, { relative: 0, absolute: 2 * TOLERANCE * size });
    expect(await tangentKernel(network, engine, x, { part: "feature" })).toEqual(parts.feature);
  });
});
