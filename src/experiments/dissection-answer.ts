/** What a dissection found, in a sentence. */
import type { ShareInGates } from "./share-in-gates.ts";

/** What rows are measured by on the test examples: percent of them, or the share of the variance of real values. */
export type DissectionMeasure = "accuracy" | "R²";

/** What a sentence is made of. */
export interface DissectionFigures extends ShareInGates {
  readonly measure: DissectionMeasure;
  /** Of the network itself, and the means over seeds behind its gates and behind random ones. */
  readonly model: number;
  readonly gates: number;
  readonly random: number;
  readonly seeds: number;
}

/** The answer, with what must be known to take it for what it is. */
export function dissectionAnswer(figures: DissectionFigures): string {
  const { share } = figures;
  return [share === null ? withoutGain(figures) : withGain(figures, share), ...remarksOf(figures)].join(" ");
}

/** How the figures of a measure are written: percent, or R². */
export const measured = (measure: DissectionMeasure, value: number): string =>
  value.toFixed(measure === "accuracy" ? 2 : 3);

/** An error in the unit of the values that are predicted. */
export function inUnit(error: number): string {
  const text = error.toPrecision(4);
  return text.includes("e") ? String(Number(text)) : text;
}

const percent = (value: number): string => `${Math.round(100 * value)} %`;

function withoutGain({ measure, model, random }: DissectionFigures): string {
  const unit = measure === "accuracy" ? " %" : " of R²";
  return `Fresh values behind random gates reach ${measured(measure, random)}${unit}, the network itself ${measured(measure, model)}: learning gained nothing over random gates, so there is no share of it in the gates.`;
}

function withGain(
  { measure, model, gates, random, gained }: DissectionFigures,
  { value, low, high }: NonNullable<ShareInGates["share"]>,
): string {
  const unit = measure === "accuracy" ? "points" : "of R²";
  const gain = `Of the ${measured(measure, gained.value)} ${unit} that learning gained over random gates (${measured(measure, model)} against ${measured(measure, random)})`;
  const interval =
    low === null || high === null
      ? `no interval: the gain itself lies between ${measured(measure, gained.low)} and ${measured(measure, gained.high)}`
      : `95 % interval ${percent(low)} to ${percent(high)}`;
  return `${gain}, the gates hold ${percent(value)} (${interval}): fresh values behind them reach ${measured(measure, gates)}.`;
}

function remarksOf({ measure, gained, share, seeds, model, gates, random }: DissectionFigures): readonly string[] {
  if (share === null) {
    if (gained.high >= 0)
      return [`The gain lies between ${measured(measure, gained.low)} and ${measured(measure, gained.high)}.`];
    return [
      "It has learnt less than values alone do here, or reads its inputs otherwise: compare its figure with what you know of it.",
    ];
  }
  const { low, high } = share;
  const tellsNothing = low === null || high === null || (low <= 0 && high >= 1);
  return [
    ...(tellsNothing ? ["So these runs do not tell; more seeds or test examples may."] : []),
    ...(gates > model ? ["More than all of it: values that learn anew behind its gates do better than its own."] : []),
    ...(gates < random ? ["Less than nothing: values learn better behind random gates than behind its own."] : []),
    ...(seeds === 1 ? ["Of one seed: how much the seeds scatter is not in it."] : []),
  ];
}
