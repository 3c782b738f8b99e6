import { type MeanAndDeviation, meanAndDeviation } from "../summary.ts";
import {
  COMPARED_WITH,
  type ComparedWith,
  type ExplanationExperiment,
  PIXEL_MAPS,
  type PixelMapName,
  type PublishedRange,
  REMOVAL_ORDERS,
  type RemovalOrderName,
} from "./explain-mnist.ts";
import { areaBetween } from "./insertion.ts";
import type { ExplanationMeasurement, SplitDifference } from "./measure-explanations.ts";

/** What is told of each kind of explanation, and with how many digits behind the point. */
export const EXPLANATION_FIGURES = {
  half: { title: "units closed for half of the images, %", digits: 1 },
  most: { title: "units closed for 90 % of the images, %", digits: 1 },
  kept: { title: "of the difference by paths that stay open, %", digits: 1 },
  mass: { title: "of the mass in paths that stay open, %", digits: 1 },
  area: { title: "insertion less deletion", digits: 3 },
} as const;
/** One of {@link EXPLANATION_FIGURES}. */
export type ExplanationFigure = keyof typeof EXPLANATION_FIGURES;

/** One figure of one explanation: what stands in a cell of the tables. */
export interface ExplanationRow extends MeanAndDeviation {
  /** Order, comparison or map. */
  readonly name: RemovalOrderName | ComparedWith | PixelMapName;
  readonly figure: ExplanationFigure;
  readonly title: string;
  /** Of each seed. */
  readonly runs: readonly number[];
  readonly published: PublishedRange | null;
}

/**
 * A row a figure of what was measured, orders of removal first.
 * @param runs the measurements of each seed
 */
export function explanationRows(
  { published }: ExplanationExperiment,
  runs: readonly (readonly ExplanationMeasurement[])[],
): readonly ExplanationRow[] {
  const row = (
    named: Pick<ExplanationRow, "name" | "figure" | "title">,
    values: readonly number[],
    range: PublishedRange | undefined,
  ): readonly ExplanationRow[] =>
    values.length === 0 ? [] : [{ ...named, ...meanAndDeviation(values), runs: values, published: range ?? null }];
  const all = runs.flat();
  const removals = all.flatMap((one) => (one.part === "removal" ? [one.shares] : []));
  const maps = all.flatMap((one) => (one.part === "maps" ? [one.curves] : []));
  return [
    ...namesOf(REMOVAL_ORDERS).flatMap((name) =>
      (["half", "most"] as const).flatMap((figure) =>
        row(
          { name, figure, title: REMOVAL_ORDERS[name] },
          removals.map((shares) => shareFor(shares[name], figure === "half" ? 0.5 : 0.9)),
          published.removal[name]?.[figure],
        ),
      ),
    ),
    ...namesOf(COMPARED_WITH).flatMap((name) => {
      const splits = all.flatMap((one) => (one.part === name && one.splits.length > 0 ? [one.splits] : []));
      const title = COMPARED_WITH[name];
      return [
        ...row({ name, figure: "kept", title }, splits.map(keptShare), published.kept[name]),
        ...row({ name, figure: "mass", title }, splits.map(meanMass), undefined),
      ];
    }),
    ...namesOf(PIXEL_MAPS).flatMap((name) =>
      row(
        { name, figure: "area", title: PIXEL_MAPS[name] },
        maps.map((curves) => areaBetween(curves[name])),
        published.area[name],
      ),
    ),
  ];
}

function namesOf<T extends object>(titles: T): readonly (keyof T)[] {
  return Object.keys(titles).filter((name): name is Extract<keyof T, string> => name in titles);
}

/** The smallest share that changes the decisions of so many of the images; 100 % where closing all changes no more. */
export function shareFor(shares: readonly (number | null)[], images: number): number {
  const sorted = shares.map((share) => share ?? 100).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(images * sorted.length) - 1)] ?? Number.NaN;
}

/** Of the sum of the differences, the share that paths make which stay open. */
function keptShare(splits: readonly SplitDifference[]): number {
  let [kept, all] = [0, 0];
  for (const split of splits) {
    kept += split.kept;
    all += split.kept + split.gained - split.lost;
  }
  return (100 * kept) / all;
}

const meanMass = (splits: readonly SplitDifference[]): number =>
  splits.reduce((sum, { keptMass }) => sum + keptMass / splits.length, 0);
