import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type DenseArray, denseArray, float32 } from "../../src/graph/index.ts";
import {
  type Architecture,
  byName,
  type Layer,
  type LayeredArchitecture,
  regimeOf,
  type TrialParameters,
  trialParameterSpecs,
  trialParameters,
  type WeightLayer,
} from "../../src/network/index.ts";
import type { TrainingPlan } from "../../src/train/index.ts";
import { expectClose } from "../support/expect-close.ts";
import { tinyPlan, trainAll } from "../support/tiny-training.ts";

/** See test/golden/training/make_trajectories.py. */
const GOLDEN = z
  .object({
    inputs: z.array(z.int()),
    labels: z.array(z.int()),
    starts: z.record(z.string(), z.record(z.string(), z.array(z.number()))),
    cases: z.array(
      z.object({
        name: z.string(),
        network: z.string(),
        plan: z.custom<Pick<TrainingPlan, "regime" | "optimizer" | "recipe">>(),
        losses: z.array(z.number()),
        testLosses: z.array(z.number()),
        parameters: z.record(z.string(), z.array(z.number())),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../golden/training/trajectories.json", import.meta.url), "utf8")));

const examplesOf = ({ inputShape }: Architecture) => ({
  inputs: denseArray("uint8", [16, ...inputShape], Uint8Array.from(GOLDEN.inputs)),
  labels: denseArray("uint8", [16], Uint8Array.from(GOLDEN.labels)),
});

const NORMED = { batchNorm: true } as const;
const dense = (units: number, more: Partial<WeightLayer> = {}): Layer => ({
  ...{ kind: "dense", units, bias: true, gated: true },
  ...more,
});
const convolution = (more: Partial<WeightLayer>): Layer => ({
  ...{ kind: "convolution", channels: 4, kernel: 3, stride: 1, padding: "same", bias: false, gated: true },
  ...more,
});

/** The layers of each network of the golden values. */
const ARCHITECTURES: Readonly<Record<string, LayeredArchitecture>> = {
  dense: { inputShape: [3, 4], layers: [{ kind: "flatten" }, dense(7), dense(6), dense(3, { gated: false })] },
  "dense, normalized": {
    inputShape: [3, 4],
    layers: [{ kind: "flatten" }, dense(7, NORMED), dense(6, NORMED), dense(3, { gated: false })],
  },
  "convolutions, normalized": {
    inputShape: [1, 3, 4],
    layers: [
      convolution({ ...NORMED, gated: true }),
      { kind: "residual", body: [convolution({ ...NORMED, gated: false })], shortcut: [] },
      { kind: "gate" },
      { kind: "global-average-pool" },
      dense(3, { gated: false }),
    ],
  },
};

const planOf = (network: string, changes: Partial<TrainingPlan>): TrainingPlan => ({
  ...tinyPlan({ ...changes, epochs: 10, order: "given" }),
  architecture: ARCHITECTURES[network.replace(" values", "")] ?? expect.fail(network),
});

function startOf(plan: TrainingPlan, network: string): TrialParameters {
  const specs = trialParameterSpecs(plan.architecture, regimeOf(plan));
  const start = GOLDEN.starts[network];
  return trialParameters(specs.map((spec) => [spec, float32(spec.shape, start?.[spec.name] ?? [])] as const));
}

describe("20 steps are PyTorch's", () => {
  it.each(GOLDEN.cases)("$name", async ({ network, plan: changes, losses, testLosses, parameters }) => {
    const plan = planOf(network, changes);
    const examples = examplesOf(plan.architecture);
    const epochs = await trainAll(plan, { train: examples, test: examples }, { initial: startOf(plan, network) });
    // float32 against float64
    const tolerance = { relative: 1e-5, absolute: 1e-5 };
    expectClose(
      epochs.map(({ metrics }) => metrics.trainLoss),
      losses,
      tolerance,
    );
    expectClose(
      epochs.map(({ metrics }) => metrics.testLoss),
      testLosses,
      tolerance,
    );
    const last: Readonly<Record<string, DenseArray<"float32">>> = byName(
      epochs.at(-1)?.checkpoint.parameters ?? { value: {} },
    );
    expect(Object.keys(last).sort()).toEqual(Object.keys(parameters).sort());
    for (const [name, values] of Object.entries(parameters)) expectClose(last[name]?.data ?? [], values, tolerance);
  });
});
