/** The theorem: a place a series of networks, a line a draw; each draw hangs on its seed alone. */
import { z } from "zod";
import type { Dataset } from "../../data/index.ts";
import {
  noiseInputs,
  THEOREM_NETWORKS,
  type TheoremFinding,
  type TheoremNetwork,
  type TheoremSeries,
  theoremErrors,
  theoremResult,
  theoremSizes,
} from "../../experiments/index.ts";
import type { Inputs } from "../../gates/index.ts";
import { float64, sizeOf } from "../../graph/index.ts";
import { appendMeasured, keepMeasured, measuredLines, Real } from "../measured-lines.ts";
import type { ExperimentView, Runner, TheoremFindings } from "./runner.ts";

const Line = z.strictObject({ width: z.int().min(1), seed: z.int().min(0), error: Real });
type Line = z.infer<typeof Line>;

export const theoremRunner: Runner<"theorem"> = {
  find,
  parts: networksOf,
  async run(job, host, { signal, onEvent }) {
    const { experiment, store } = job;
    const digits = await host.loadData("digits");
    await using engine = await host.openEngine("cpu", "own");
    await using _place = await job.claim();
    const all = networksOf(job).map((network) => sizesOf(job, network));
    const of = all.reduce((sum, { widths, draws }) => sum + widths.length * draws, 0);
    let done = 0;
    const count = (more: number): void => {
      done += more;
      onEvent({ kind: "count", done, of });
    };
    for (const { network, widths, draws } of all) {
      const series = experiment.series[network];
      const { depth } = series;
      const inputs = inputsOf(series, digits);
      const part = store.at(network);
      const lines = await measuredLines(part, Line);
      await keepMeasured(part, lines);
      for (const width of widths) {
        const errors = errorsOf(lines, width);
        const seeds = seedsOf(draws).filter((seed) => !errors.has(seed));
        count(draws - seeds.length);
        // no graph is compiled for nothing
        if (seeds.length === 0) continue;
        for await (const draw of theoremErrors(engine, network, { inputs, width, depth, seeds }, signal)) {
          await appendMeasured(part, { width, ...draw });
          count(1);
        }
      }
    }
    return await find(job);
  },
};

async function find(view: ExperimentView<"theorem">): Promise<TheoremFindings> {
  const { experiment, profile, store } = view;
  const parts = await Promise.all(
    networksOf(view).map(async (network) => {
      const series: TheoremSeries = experiment.series[network];
      const { widths, draws } = sizesOf(view, network);
      const lines = await measuredLines(store.at(network), Line);
      const drawn = widths.map((width) => {
        const errors = errorsOf(lines, width);
        return { width, errors: seedsOf(draws).flatMap((seed) => errors.get(seed) ?? []) };
      });
      const whole = drawn.filter(({ errors }) => errors.length === draws);
      const found: readonly TheoremFinding[] =
        whole.length === 0 ? [] : [{ network, ...series, ...theoremResult(whole, series.fitFrom) }];
      const done = drawn.reduce((sum, { errors }) => sum + errors.length, 0);
      const all = widths.length * draws;
      return { found, missing: done === all ? [] : [`${series.title}: ${done} of ${all} draws`] };
    }),
  );
  return {
    ...{ kind: "theorem", experiment, profile },
    series: parts.flatMap(({ found }) => found),
    missing: parts.flatMap(({ missing }) => missing),
  };
}

/** The series that are asked for. */
function networksOf({ part }: Pick<ExperimentView<"theorem">, "part">): readonly TheoremNetwork[] {
  return THEOREM_NETWORKS.filter((network) => part === undefined || part === network);
}

function sizesOf({ experiment, profile, options }: ExperimentView<"theorem">, network: TheoremNetwork) {
  const { widths, draws } = theoremSizes(network, experiment.profiles[profile]);
  return { network, widths, draws: options.seeds ?? draws };
}

const seedsOf = (draws: number): readonly number[] => Array.from({ length: draws }, (_, seed) => seed);

const errorsOf = (lines: readonly Line[], width: number): ReadonlyMap<number, number> =>
  new Map(lines.flatMap((line) => (line.width === width ? [[line.seed, line.error] as const] : [])));

function inputsOf(series: TheoremSeries, digits: Dataset): Inputs {
  if (series.inputs === "noise") return noiseInputs(series);
  const shape = [series.examples, ...series.inputShape];
  return float64(
    shape,
    Float64Array.from(digits.train.inputs.data.subarray(0, sizeOf(shape)), (byte) => byte / 255),
  );
}
