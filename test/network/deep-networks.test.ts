/** Networks that are deeper than the call stack: nothing walks them by recursion. */
import { describe, expect, it } from "vitest";
import { float32 } from "../../src/graph/index.ts";
import { kernelOfPair } from "../../src/kernels/pair/one-pair.ts";
import { planPairs } from "../../src/kernels/pair/plan.ts";
import { readExample } from "../../src/kernels/pair/readings.ts";
import { ExampleSide } from "../../src/kernels/pair/side.ts";
import {
  type Architecture,
  ArchitectureStructure,
  type GatedNetwork,
  type GatedNode,
  gatedNetwork,
  type Layer,
  layersOf,
  parameterSpecs,
  placeLayers,
  REGIMES,
  usedNodes,
} from "../../src/network/index.ts";
import { countPaths } from "../../src/paths/index.ts";
import { readRunRecord } from "../../src/runs/run-record.ts";
import { completedTrial, plausibleMetrics } from "../report/fixture.ts";
import { errorOf } from "../support/error-of.ts";

const DEPTH = 50_000;
const input: GatedNode = { kind: "input", name: "x", shape: [2] };
const chain = (layers: number, nodesOf: (before: number, i: number) => readonly GatedNode[]): GatedNetwork => {
  const nodes: GatedNode[] = [input];
  for (let i = 0; i < layers; i++) for (const node of nodesOf(nodes.length - 1, i)) nodes.push(node);
  return { nodes, output: nodes.length - 1 };
};
const weight = float32([2, 2], [0.5, 0, 0, 0.5]);
const dense = chain(DEPTH, (before, i) => [
  { kind: "dense", name: `d${i}`, shape: [2], input: before, weight, bias: undefined },
  { kind: "gate", name: `g${i}`, shape: [2], input: before + 1, gatedBy: before + 1, rule: { kind: "hard" } },
]);
const doubled = chain(64, (before, i) => [{ kind: "sum", name: `s${i}`, shape: [2], inputs: [before, before] }]);

describe(`networks of ${DEPTH} layers`, () => {
  it("are walked over, and their paths counted", () => {
    expect(usedNodes(dense)).toHaveLength(2 * DEPTH + 1);
    expect(countPaths({ ...dense, nodes: dense.nodes.slice(0, 2001), output: 2000 }, 0)).toBe(2n ** 1000n);
  });

  it("have a path kernel", () => {
    const network = { nodes: dense.nodes.slice(0, 20_001), output: 20_000 };
    const reading = readExample(network, Float64Array.of(1, 2), () => [1, -1]);
    const side = new ExampleSide(network, reading);
    // one unit of two is on in each layer: one path from each element of the input
    expect(kernelOfPair(network, planPairs(network), side, side)).toBe(1 ** 2 + 2 ** 2);
  });

  it("are placed layer by layer, and made", () => {
    const layers: readonly Layer[] = Array.from({ length: DEPTH }, () => ({
      kind: "dense",
      units: 2,
      bias: false,
      gated: true,
    }));
    const architecture: Architecture = { inputShape: [2], layers };
    expect(placeLayers(architecture)).toHaveLength(DEPTH);
    const value = layersOf(parameterSpecs(architecture).map((spec) => [spec, weight] as const));
    expect(gatedNetwork(architecture, REGIMES.relu, { value }).nodes).toHaveLength(2 * DEPTH + 1);
    expect(ArchitectureStructure.safeParse(architecture).success).toBe(true);
  });

  it("a sum that doubles 64 times is walked over once", () => {
    expect(countPaths(doubled, 0)).toBe(2n ** 64n);
  });
});

describe("architectures that are nested without end", () => {
  const nested = (times: number): Layer => {
    let layer: Layer = { kind: "gate" };
    for (let i = 0; i < times; i++) layer = { kind: "residual", body: [layer], shortcut: [] };
    return layer;
  };

  it.each([33, 3000, 100_000])("%i residual sums within each other", (times) => {
    expect(errorOf(() => placeLayers({ inputShape: [2], layers: [nested(times)] }))).toEqual({
      message: "residual sums of more than 32 within each other: expected at most 32",
      hint: "put them one behind the other",
    });
  });

  it("in a run's record", () => {
    const { run } = completedTrial("relu", 0, plausibleMetrics("relu", 0, 1));
    const text = JSON.stringify(run);
    const body = `${'{"kind":"residual","body":['.repeat(3000)}{"kind":"gate"}${"]}".repeat(3000)}`;
    const { message } = errorOf(() => readRunRecord(text.replace('"layers":[', `"layers":[${body},`), "run.json"));
    expect(message).toContain("plan.architecture.layers");
    expect(message).toContain("lists and objects of more than 64 levels");
  });
});
