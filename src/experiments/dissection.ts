/**
 * The paper's question for any network: how much of what it learned is in its gates? Fresh values learn behind its gates and
 * behind random ones; what learning gained over random gates is the whole, and the gates hold the share of it that comes
 * back (theory 5.10).
 */
import { optionsIn } from "../options.ts";
import type { DataDescription } from "./data-options.ts";
import type { NetworkFile } from "./network-choice.ts";
import { type Training, trainingOf } from "./resolved-training.ts";
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

/** The share of what was learned that the gates hold, with its 95 % interval; null where learning gained nothing. */
export interface GateShare {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** 97.5 % quantiles of Student's t by degrees of freedom, from 1 (NIST handbook, table 1.3.6.7.2). */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
const NORMAL = 1.96;

/** What an accuracy is uncertain by: its half-width of 95 %, from its seeds and from the test examples that it was read on. */
function halfWidth(runs: readonly number[], examples: number): number {
  const mean = runs.reduce((sum, value) => sum + value, 0) / runs.length;
  const squares = runs.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const bySeeds =
    runs.length < 2 ? 0 : (STUDENT[runs.length - 2] ?? NORMAL) * Math.sqrt(squares / (runs.length - 1) / runs.length);
  const byExamples = NORMAL * Math.sqrt((mean * (100 - mean)) / examples);
  return Math.hypot(bySeeds, byExamples);
}

/**
 * `(F − R) / (M − R)`, of the accuracies of the model `M`, of fresh values behind its gates `F` and behind random ones `R`; its
 * interval by the delta method from the three half-widths, which are taken as independent: as the same test examples are read
 * for all three, it is wide rather than narrow.
 * @param examples test examples
 */
export function shareInGates(
  model: number,
  gates: readonly number[],
  random: readonly number[],
  examples: number,
): GateShare | null {
  const meanOf = (runs: readonly number[]): number => runs.reduce((sum, value) => sum + value, 0) / runs.length;
  const [f, r] = [meanOf(gates), meanOf(random)];
  const gained = model - r;
  if (!(gained > 0)) return null;
  const value = (f - r) / gained;
  // slopes of the share by F, R and M
  const width = Math.hypot(
    halfWidth(gates, examples) / gained,
    (halfWidth(random, examples) * (f - model)) / gained ** 2,
    (halfWidth([model], examples) * (f - r)) / gained ** 2,
  );
  return { value, low: value - width, high: value + width };
}

/** The answer in a sentence. */
export function dissectionAnswer(
  model: number,
  gates: readonly number[],
  random: readonly number[],
  share: GateShare | null,
): string {
  const [f, r] = [gates, random].map((runs) => runs.reduce((sum, value) => sum + value, 0) / runs.length);
  const percent = (value: number): string => `${Math.round(100 * value)} %`;
  const accuracy = (value = Number.NaN): string => value.toFixed(2);
  if (share === null) {
    return `Behind random gates fresh values reach ${accuracy(r)}, the network itself ${accuracy(model)}: learning gained nothing over random gates that its gates could hold.`;
  }
  const isOpen = share.low <= 0 && share.high >= 1;
  const doubt = isOpen
    ? " The interval reaches from none to all: these runs do not tell; more seeds, epochs or test examples may."
    : "";
  return `Of the ${accuracy(model - (r ?? 0))} points that learning gained over random gates (${accuracy(model)} against ${accuracy(r)}), the gates hold ${percent(share.value)} (95 % interval ${percent(share.low)} to ${percent(share.high)}): fresh values behind them reach ${accuracy(f)}.${doubt}`;
}
