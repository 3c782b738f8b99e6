/** Influence of training examples: two lanes, a training of each half in each; then the networks on all examples, one by one. */
import { z } from "zod";
import type { Engine } from "../../engine/index.ts";
import {
  type HalfTrained,
  type InfluenceProfile,
  type InfluenceScore,
  influenceData,
  influenceScoresOf,
  lossTables,
  SIMILARITIES,
  scoresAsked,
  trainHalf,
} from "../../experiments/index.ts";
import { appendMeasured, keepMeasured, measuredLines } from "../measured-lines.ts";
import type { Store } from "../store.ts";
import type { ExperimentView, InfluenceFindings, Runner } from "./runner.ts";

const HalfLine: z.ZodType<HalfTrained> = z.strictObject({
  half: z.int().min(0),
  accuracy: z.number().min(0).max(100),
  losses: z.array(z.number()),
});

/** A score, and of how many halves and epochs: others make another. */
const ScoreLine = z.strictObject({
  halves: z.int().min(1),
  network: z.int().min(0),
  similarity: z.enum(SIMILARITIES),
  ridge: z.number(),
  score: z.number(),
  withoutHalf: z.array(z.number()),
  even: z.number(),
  odd: z.number(),
});

const LANES = [0, 1] as const;

export const influenceRunner: Runner<"influence"> = {
  find,
  // scores need the trainings of all halves
  parts: () => [],
  async run(job, host, { signal, onEvent }) {
    const { experiment, store, device } = job;
    const profile = lengthOf(job);
    const data = influenceData(await host.loadData(profile.data), profile);
    await using _place = await job.claim();
    const networks = Array.from({ length: profile.runs }, (_, network) => network);
    const of =
      LANES.length * profile.halves + networks.reduce((sum, one) => sum + scoresAsked(experiment, one).length, 0);
    let done = 0;
    const count = (more: number): void => {
      done += more;
      onEvent({ kind: "count", done, of });
    };
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    const lane = async (training: 0 | 1): Promise<void> => {
      const part = halvesOf(store, training);
      const lines = (await halvesIn(part)).slice(0, profile.halves);
      await keepMeasured(part, lines);
      count(lines.length);
      if (lines.length === profile.halves) return;
      await using engine: Engine = await host.openEngine(device, "own");
      for (let half = lines.length; half < profile.halves; half++) {
        await appendMeasured(
          part,
          await trainHalf(experiment, profile, data, half, training, { engine, signal: either }),
        );
        count(1);
      }
    };
    // two engines of WebGPU that run side by side in one process crash it (ONNX Runtime 1.30)
    const lanes = device === "cpu" ? LANES.map(lane) : [lane(0).then(() => lane(1))];
    // one that fails ends the other: the process would wait for it
    for (const one of lanes) one.catch((reason: unknown) => failed.abort(reason));
    await Promise.allSettled(lanes);
    await Promise.all(lanes);
    const actual = lossTables(await Promise.all(LANES.map((training) => halvesIn(halvesOf(store, training), profile))));
    const part = store.at("scores");
    const kept = (await scoresIn(part, profile)).filter(({ network }) => network < profile.runs);
    const whole = networks.filter(
      (one) => kept.filter(({ network }) => network === one).length === scoresAsked(experiment, one).length,
    );
    const own = kept.filter(({ network }) => whole.includes(network));
    await keepMeasured(
      part,
      own.map((line) => ({ halves: profile.halves, ...line })),
    );
    count(own.length);
    await using engine = await host.openEngine("cpu", "own");
    for (const network of networks.filter((one) => !whole.includes(one))) {
      for await (const score of influenceScoresOf(experiment, profile, data, network, actual, { engine, signal })) {
        await appendMeasured(part, { halves: profile.halves, ...score });
        count(1);
      }
    }
    return await find(job);
  },
};

function lengthOf({ experiment, profile, options }: ExperimentView<"influence">): InfluenceProfile {
  const own = experiment.profiles[profile];
  return { ...own, epochs: options.epochs ?? own.epochs, runs: options.seeds ?? own.runs };
}

const halvesOf = (store: Store, training: 0 | 1): Store => store.at(training === 0 ? "halves" : "halves-again");

const halvesIn = async (part: Store, { halves }: { readonly halves?: number } = {}): Promise<readonly HalfTrained[]> =>
  (await measuredLines(part, HalfLine)).slice(0, halves);

const scoresIn = async (part: Store, { halves: wanted }: InfluenceProfile): Promise<readonly InfluenceScore[]> =>
  (await measuredLines(part, ScoreLine)).flatMap(({ halves, ...score }) => (halves === wanted ? [score] : []));

async function find(view: ExperimentView<"influence">): Promise<InfluenceFindings> {
  const { experiment, profile: profileName, store } = view;
  const profile = lengthOf(view);
  const trained = await Promise.all(LANES.map((training) => halvesIn(halvesOf(store, training), profile)));
  const scores = await scoresIn(store.at("scores"), profile);
  const halves = trained.reduce((sum, one) => sum + one.length, 0);
  const all = LANES.length * profile.halves;
  const missing = [
    ...(halves < all ? [`${halves} of ${all} trainings of halves`] : []),
    ...Array.from({ length: profile.runs }, (_, network) => network).flatMap((one) => {
      const [found, asked] = [scores.filter(({ network }) => network === one), scoresAsked(experiment, one)];
      return found.length === asked.length ? [] : [`network ${one}: ${found.length} of ${asked.length} scores`];
    }),
  ];
  return { kind: "influence", experiment, profile: profileName, length: profile, trained, scores, missing };
}
