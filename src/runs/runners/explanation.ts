/** Explanations: a place a seed; a checkpoint an epoch while its network trains, then a line a part of what is measured. */
import { z } from "zod";
import { firstExamples } from "../../data/index.ts";
import {
  annealedTraining,
  COMPARED_WITH,
  type ComparedWith,
  EXPLANATION_PARTS,
  type ExplanationMeasurement,
  type ExplanationProfile,
  measureExplanations,
} from "../../experiments/index.ts";
import { appendMeasured, keepMeasured, measuredLines } from "../measured-lines.ts";
import type { Store } from "../store.ts";
import type { ExperimentView, ExplanationFindings, Runner } from "./runner.ts";
import { seedParts, seedPlaces } from "./seed-parts.ts";
import { trainedNetwork } from "./trained-network.ts";

const isComparison = (part: string): part is ComparedWith => part in COMPARED_WITH;

const Shares = z.array(z.number().min(0).max(100).nullable());
const Probabilities = z.array(z.number().min(0).max(1.000001));
const Curves = z.strictObject({ inserted: Probabilities, deleted: Probabilities });
const Parts = z.discriminatedUnion("part", [
  z.strictObject({ part: z.literal("test"), accuracy: z.number().min(0).max(100) }),
  z.strictObject({
    part: z.literal("removal"),
    shares: z.strictObject({ flow: Shares, activation: Shares, random: Shares }),
  }),
  z.strictObject({
    part: z.enum(Object.keys(COMPARED_WITH).filter(isComparison)),
    splits: z.array(
      z.strictObject({ kept: z.number(), gained: z.number(), lost: z.number(), keptMass: z.number().min(0) }),
    ),
  }),
  z.strictObject({
    part: z.literal("maps"),
    curves: z.strictObject({ flow: Curves, smooth: Curves, integrated: Curves, mass: Curves, random: Curves }),
  }),
]);
/** What is measured, and of how many images and epochs: others make another. */
const Line = z.strictObject({ images: z.int().min(1), measured: Parts });

export const explanationRunner: Runner<"explanation"> = {
  find,
  parts: (view) => seedPlaces(lengthOf(view).runs),
  async run(job, host, { signal, onEvent }) {
    const { experiment, device } = job;
    const length = lengthOf(job);
    const data = await host.loadData(length.data);
    const test = firstExamples(data.test, length.testLimit);
    await using measuring = await host.openEngine("cpu", "own");
    await using other = device === "cpu" ? undefined : await host.openEngine(device, "own");
    await using _place = await job.claim();
    const of = length.runs * (length.epochs + EXPLANATION_PARTS.length);
    let done = 0;
    const count = (more: number): void => {
      done += more;
      onEvent({ kind: "count", done, of });
    };
    for (const [seed, part] of seedParts(job, length.runs)) {
      const before = await linesOf(part, length);
      const left = EXPLANATION_PARTS.filter((one) => before.every(({ part: known }) => known !== one));
      if (left.length === 0) {
        count(length.epochs + before.length);
        continue;
      }
      const context = { engine: other ?? measuring, clock: host.clock, signal };
      const plan = annealedTraining(experiment, length.epochs, seed);
      const network = await trainedNetwork(part, plan, { ...data, test }, context, count);
      const { images } = length;
      await keepMeasured(
        part,
        before.map((measured) => ({ images, measured })),
      );
      count(before.length);
      for await (const measured of measureExplanations(experiment, length, network, test, left, measuring, signal)) {
        await appendMeasured(part, { images, measured });
        count(1);
      }
    }
    return await find(job);
  },
};

async function find(view: ExperimentView<"explanation">): Promise<ExplanationFindings> {
  const { experiment, profile } = view;
  const length = lengthOf(view);
  const runs = await Promise.all(
    seedParts(view, length.runs).map(async ([seed, part]) => ({ seed, measured: await linesOf(part, length) })),
  );
  const missing = runs.flatMap(({ seed, measured }) => {
    const left = EXPLANATION_PARTS.filter((one) => measured.every(({ part }) => part !== one));
    if (left.length === EXPLANATION_PARTS.length) return [`seed ${seed}: not measured`];
    return left.length === 0 ? [] : [`seed ${seed}: ${left.join(", ")} not measured`];
  });
  return { kind: "explanation", experiment, profile, length, runs, missing };
}

function lengthOf({ experiment, profile, options }: Omit<ExperimentView<"explanation">, "store">): ExplanationProfile {
  const own = experiment.profiles[profile];
  return { ...own, epochs: options.epochs ?? own.epochs, runs: options.seeds ?? own.runs };
}

async function linesOf(part: Store, { images }: ExplanationProfile): Promise<readonly ExplanationMeasurement[]> {
  const lines = await measuredLines(part, Line);
  return lines.flatMap((line) => (line.images === images ? [line.measured] : []));
}
