/** Architectures of nodes train in every regime: what no list of layers can say, and gates that are no bits. */
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import {
  type ArchitectureNode,
  type GateChoice,
  initialParameters,
  type NodeArchitecture,
  REGIME_NAMES,
} from "../../src/network/index.ts";
import { evaluate, evaluationGraph, type TrainingPlan, train } from "../../src/train/index.ts";
import { tinyData, tinyPlan } from "../support/tiny-training.ts";

const SHAPE = [2, 6, 6];
const data = tinyData(24, 12, SHAPE);
const engine = await openNodeEngine("cpu", { threads: 1, denormals: "flushed" });
afterAll(async () => await engine[Symbol.asyncDispose]());

const window = (kernel: number, stride = 1, pad = 0) =>
  ({ kernel: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad], dilations: [1, 1] }) as const;
const conv = (name: string, input: number, channels: number, more: object = {}): ArchitectureNode => ({
  ...{ kind: "convolution", name, input, channels, groups: 1, bias: true, window: window(3, 1, 1) },
  ...more,
});
const gate = (name: string, input: number): ArchitectureNode => ({
  ...{ kind: "gate", name, input, gatedBy: input },
  rule: { kind: "hard" },
});
const head = (input: number, units: number): readonly ArchitectureNode[] => [
  { kind: "rearrange", name: "flat", input, shape: [units] },
  { kind: "dense", name: "out", input: input + 1, units: 3, bias: true },
];

const ARCHITECTURES: Readonly<Record<string, NodeArchitecture>> = {
  "groups and a scale": {
    inputShape: SHAPE,
    nodes: [
      conv("conv", 0, 4, { groups: 2, bias: false }),
      { kind: "scale", name: "norm", input: 1, bias: true },
      gate("relu", 2),
      ...head(3, 144),
    ],
  },
  "branches that cross": {
    inputShape: SHAPE,
    nodes: [
      conv("a", 0, 3),
      gate("a.relu", 1),
      conv("b", 2, 3),
      { kind: "sum", name: "first", inputs: [2, 3] },
      gate("first.relu", 4),
      conv("c", 2, 3),
      { kind: "sum", name: "second", inputs: [5, 6] },
      { kind: "concat", name: "joined", inputs: [7, 3], axis: 0 },
      gate("joined.relu", 8),
      { kind: "average-pool", name: "mean", input: 9, window: window(3, 2, 1), countPadding: false },
      ...head(10, 54),
    ],
  },
  "leaky gates of slopes by channel": {
    inputShape: SHAPE,
    nodes: [
      conv("conv", 0, 2, { window: window(3, 2) }),
      { kind: "gate", name: "prelu", input: 1, gatedBy: 1, rule: { kind: "leaky", slopes: [0.1, 0.4] } },
      ...head(2, 8),
    ],
  },
  "clipped gates and normalization": {
    inputShape: SHAPE,
    nodes: [
      { kind: "normalize", name: "input-norm", input: 0, factor: [4, 2], shift: [-1] },
      conv("conv", 1, 3),
      { kind: "gate", name: "relu6", input: 2, gatedBy: 2, rule: { kind: "clipped", ceiling: 0.5 } },
      ...head(3, 108),
    ],
  },
  "overlapping maxima": {
    inputShape: SHAPE,
    nodes: [
      conv("conv", 0, 3),
      gate("relu", 1),
      { kind: "max-pool", name: "max", input: 2, selectedBy: 2, window: window(3, 2, 1) },
      ...head(3, 27),
    ],
  },
};

async function trained(plan: TrainingPlan) {
  const relu = initialParameters({ ...plan, regime: "relu", gates: undefined });
  const initial = initialParameters(plan, relu.value, { "sha256:a": relu.value });
  const losses: number[] = [];
  let last = initial;
  for await (const event of train(plan, data, initial, { engine, clock: () => 0 })) {
    if (event.kind !== "epoch") continue;
    losses.push(event.metrics.trainLoss);
    last = event.checkpoint.parameters;
  }
  return { initial, losses, last };
}

const CASES = Object.entries(ARCHITECTURES).flatMap(([title, architecture]) =>
  REGIME_NAMES.filter((regime) => regime !== "dlgn-sf" && (regime !== "dlgn" || title !== "overlapping maxima")).map(
    (regime) => ({ title, architecture, regime }),
  ),
);

describe("an architecture of nodes", () => {
  it.each(CASES)("$title: learns in $regime", async ({ architecture, regime }) => {
    const plan = tinyPlan({ architecture, regime, epochs: 5 });
    const { losses, initial, last } = await trained(plan);
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    // what trains has moved, what is fixed has not
    expect(last.value[1]?.weight).not.toEqual(initial.value[1]?.weight);
    if (regime === "flnpf" || regime === "frnpf-ii") expect(last.feature).toEqual(initial.feature);
  });

  it.each(Object.keys(ARCHITECTURES))("%s: its fixed gates are its own, bits or not", async (title) => {
    const architecture = ARCHITECTURES[title] ?? expect.fail(title);
    const gates: readonly GateChoice[] = [{ layer: "all", from: { network: "sha256:a" }, trains: false }];
    // behind its own gates a network's values give what the network gives
    const plan = tinyPlan({ architecture, regime: "by-layer", gates, init: { network: "sha256:a" }, epochs: 1 });
    const relu = initialParameters(tinyPlan({ architecture }));
    const behind = initialParameters(plan, undefined, { "sha256:a": relu.value });
    const [own, other] = await Promise.all(
      [
        { plan: tinyPlan({ architecture }), parameters: relu },
        { plan, parameters: behind },
      ].map(async ({ plan: one, parameters }) => {
        await using program = await engine.compile(evaluationGraph(one));
        return await evaluate(program, data.test, parameters, { batch: 12 });
      }),
    );
    expect(other?.loss).toBeCloseTo(own?.loss ?? 0, 5);
    // and in training, with a rate of nearly 0, too: by a table of bits where they are some, else step by step
    const still = { ...plan, batch: 24, optimizer: { ...plan.optimizer, learningRate: 1e-12 } };
    const { losses } = await trained({ ...still, init: undefined, regime: "frnpf-di", gates: undefined });
    const { losses: by } = await trained({ ...still, init: undefined, regime: "relu", gates: undefined });
    expect(losses[0]).toBeCloseTo(by[0] ?? 0, 5);
  });
});
