import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type DenseArray, denseArray, float32 } from "../../src/graph/index.ts";
import {
  byName,
  regimeOf,
  type TrialParameters,
  trialParameterSpecs,
  trialParameters,
} from "../../src/network/index.ts";
import type { TrainingPlan } from "../../src/train/index.ts";
import { expectClose } from "../support/expect-close.ts";
import { tinyPlan, trainAll } from "../support/tiny-training.ts";

/** See test/golden/training/make_trajectories.py. */
const GOLDEN = z
  .object({
    inputs: z.array(z.int()),
    labels: z.array(z.int()),
    start: z.record(z.string(), z.array(z.number())),
    cases: z.array(
      z.object({
        name: z.string(),
        plan: z.custom<Pick<TrainingPlan, "regime" | "optimizer" | "recipe">>(),
        losses: z.array(z.number()),
        parameters: z.record(z.string(), z.array(z.number())),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../golden/training/trajectories.json", import.meta.url), "utf8")));

const EXAMPLES = {
  inputs: denseArray("uint8", [16, 3, 4], Uint8Array.from(GOLDEN.inputs)),
  labels: denseArray("uint8", [16], Uint8Array.from(GOLDEN.labels)),
};

const planOf = (changes: Partial<TrainingPlan>): TrainingPlan => ({
  ...tinyPlan({ ...changes, epochs: 10, order: "given" }),
  architecture: { inputShape: [3, 4], layers: [{ kind: "flatten" }, dense(7), dense(6), dense(3, false)] },
});
const dense = (units: number, gated = true) => ({ kind: "dense", units, bias: true, gated }) as const;

function startOf(plan: TrainingPlan): TrialParameters {
  const specs = trialParameterSpecs(plan.architecture, regimeOf(plan));
  return trialParameters(specs.map((spec) => [spec, float32(spec.shape, GOLDEN.start[spec.name] ?? [])] as const));
}

describe("20 steps are PyTorch's", () => {
  it.each(GOLDEN.cases)("$name", async ({ plan: changes, losses, parameters }) => {
    const plan = planOf(changes);
    const epochs = await trainAll(plan, { train: EXAMPLES, test: EXAMPLES }, { initial: startOf(plan) });
    // float32 against float64
    const tolerance = { relative: 1e-5, absolute: 1e-5 };
    expectClose(
      epochs.map(({ metrics }) => metrics.trainLoss),
      losses,
      tolerance,
    );
    const last: Readonly<Record<string, DenseArray<"float32">>> = byName(
      epochs.at(-1)?.checkpoint.parameters ?? { value: {} },
    );
    expect(Object.keys(last).sort()).toEqual(Object.keys(parameters).sort());
    for (const [name, values] of Object.entries(parameters)) expectClose(last[name]?.data ?? [], values, tolerance);
  });
});
