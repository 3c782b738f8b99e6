/**
 * The paper's question for any network: how much of what it learned is in its gates? Fresh values learn behind its gates and
 * behind random ones; what learning gained over random gates is the whole, and the gates hold the share of it that comes
 * back (theory 5.10).
 */
import type { ExampleScores } from "../models/index.ts";
import { optionsIn } from "../options.ts";
import type { DataDescription } from "./data-options.ts";
import { type DissectionMeasure, dissectionAnswer } from "./dissection-answer.ts";
import type { NetworkFile } from "./network-choice.ts";
import { type Training, trainingOf } from "./resolved-training.ts";
import { type GateShare, type Interval, intervalOf, shareInGates } from "./share-in-gates.ts";
import { meanAndDeviation } from "./summary.ts";
import type { NameOption, TrainingOptions } from "./training-options.ts";

/** The rows that are trained. */
export const DISSECTION_ROWS = {
  gates: "fresh values behind its gates",
  random: "fresh values behind random gates",
  apart: "gates and values learnt apart",
  anew: "the same network trained anew",
} as const;
/** One of {@link DISSECTION_ROWS}. */
export type DissectionRow = keyof typeof DISSECTION_ROWS;

/** A training of a dissection. */
export interface DissectionTraining {
  /** `gates-seed0`: the name of its folder. */
  readonly id: string;
  readonly row: DissectionRow;
  readonly training: Training;
}

/**
 * The trainings of a dissection, by seed: each is one that `train` could be asked for.
 * @param options of all of them: data, recipe, length
 * @param model what is dissected, with what was read of it
 * @throws GatewiseError for a model that does not fit the data
 */
export function dissectionTrainings(
  options: Omit<TrainingOptions, "arch" | "regime" | "from" | "gates" | "init" | "seed">,
  model: NetworkFile,
  asked: { readonly rows: readonly DissectionRow[]; readonly seeds: number },
  described?: DataDescription,
  nameOf?: NameOption,
): readonly DissectionTraining[] {
  const { rows, seeds } = optionsIn(asked);
  optionsIn(options);
  const shared = { ...options, arch: { file: model.path, network: model.network } };
  const trainedAs: Readonly<Record<DissectionRow, TrainingOptions>> = {
    gates: { ...shared, regime: "flnpf", from: model },
    random: { ...shared, regime: "frnpf-ii" },
    apart: { ...shared, regime: "dlnpf" },
    anew: { ...shared, regime: "relu" },
  };
  return Array.from({ length: seeds }, (_, seed) =>
    rows.map((row) => ({
      id: `${row}-seed${seed}`,
      row,
      training: trainingOf({ ...trainedAs[row], seed }, nameOf, described),
    })),
  ).flat();
}

/** A row that was trained, by its runs in the order of their seeds. */
export interface TrainedScores {
  readonly row: DissectionRow;
  /** What each test example is worth to each run in the state that it is measured in. */
  readonly runs: readonly ExampleScores[];
  /** The best of all epochs of each run, as the papers have it. */
  readonly best: readonly number[];
}

/** A kernel machine with the path kernel of some gates. */
export interface MachineScore {
  readonly value: number;
  /** Of real values. */
  readonly rmse?: number;
  readonly by: "exact" | "features";
}

/** All that a dissection measured. */
export interface DissectionScores {
  readonly measure: DissectionMeasure;
  readonly model: ExampleScores;
  /** Those behind its gates and behind random ones among them. */
  readonly trained: readonly TrainedScores[];
  readonly machines: {
    /** Test inputs that both are fitted on, and as many others to test them. */
    readonly examples: number;
    readonly gates: MachineScore;
    readonly random: MachineScore;
  };
}

/** A row of the answer, in percent or R². */
export interface DissectedRow {
  readonly what: "model" | DissectionRow | "kernel of its gates" | "kernel of random gates";
  readonly title: string;
  readonly mean: number;
  /** Over the seeds. */
  readonly std: number;
  readonly runs: readonly number[];
  /** 95 %, of test examples and seeds; null of kernel machines, which have test examples of their own. */
  readonly interval: Pick<Interval, "low" | "high"> | null;
  /** Root of the mean squared error, of real values and in their unit. */
  readonly rmse?: OverRuns;
  /** The best epochs of the runs in place of their last, as the papers have them. */
  readonly best?: OverRuns;
}

/** A figure of several runs. */
export interface OverRuns {
  readonly mean: number;
  /** Over the seeds. */
  readonly std: number;
  readonly runs: readonly number[];
}

/** The answer of a dissection. */
export interface DissectionAnswer {
  readonly measure: DissectionMeasure;
  readonly rows: readonly DissectedRow[];
  /** Test inputs that the kernel machines are fitted on, and as many others that they are tested on. */
  readonly kernelExamples: number;
  /** What learning gained over random gates. */
  readonly gained: Interval;
  /** How much of that the gates hold; null where it is nothing. */
  readonly shareInGates: GateShare | null;
  readonly answer: string;
}

/** The answer from what was measured. */
export function answerOfDissection({ measure, model, trained, machines }: DissectionScores): DissectionAnswer {
  const scoresOf = (row: DissectionRow): readonly Float64Array[] =>
    trained.find((one) => one.row === row)?.runs.map(({ scores }) => scores) ?? [];
  const [gates, random] = [scoresOf("gates"), scoresOf("random")];
  const { gained, share } = shareInGates({ model: model.scores, gates, random });
  const own = intervalOf([model.scores]);
  const rows: readonly DissectedRow[] = [
    {
      what: "model",
      title: "the network itself",
      mean: own.value,
      std: 0,
      runs: [own.value],
      interval: endsOf(measure, own),
      ...rmseOf([model]),
    },
    ...trained.map((one) => trainedRow(measure, one)),
    machineRow("kernel of its gates", machines.gates),
    machineRow("kernel of random gates", machines.random),
  ];
  const answer = dissectionAnswer({
    ...{ measure, gained, share, seeds: gates.length },
    model: own.value,
    gates: intervalOf(gates).value,
    random: intervalOf(random).value,
  });
  return { measure, rows, kernelExamples: machines.examples, gained, shareInGates: share, answer };
}

/** Nothing is above all. */
const endsOf = (measure: DissectionMeasure, { low, high }: Interval): Pick<Interval, "low" | "high"> =>
  measure === "accuracy" ? { low: Math.max(0, low), high: Math.min(100, high) } : { low, high: Math.min(1, high) };

/** Of classes there is none. */
function rmseOf(found: readonly Pick<ExampleScores, "rmse">[]): Pick<DissectedRow, "rmse"> {
  const runs = found.flatMap(({ rmse }) => (rmse === undefined ? [] : [rmse]));
  return runs.length === 0 ? {} : { rmse: { ...meanAndDeviation(runs), runs } };
}

function trainedRow(measure: DissectionMeasure, { row, runs: found, best }: TrainedScores): DissectedRow {
  const scores = found.map((one) => one.scores);
  const runs = scores.map((one) => intervalOf([one]).value);
  return {
    ...{ what: row, title: DISSECTION_ROWS[row] },
    ...{ ...meanAndDeviation(runs), runs, interval: endsOf(measure, intervalOf(scores)) },
    ...rmseOf(found),
    best: { ...meanAndDeviation(best), runs: best },
  };
}

const machineRow = (
  what: "kernel of its gates" | "kernel of random gates",
  { value, rmse, by }: MachineScore,
): DissectedRow => ({
  what,
  title: by === "exact" ? `exact path ${what}` : `path ${what}, by random features`,
  ...{ mean: value, std: 0, runs: [value], interval: null },
  ...(rmse === undefined ? {} : rmseOf([{ rmse }])),
});
