/** The answer of a dissection as a table and a sentence. */
import { type DissectionAnswer, type DissectionScores, inUnit, measured } from "../experiments/index.ts";
import { shown } from "./shown.ts";
import { formatTable } from "./table.ts";

/** Rows with their intervals, then the answer. */
export const dissectionText = ({
  measure,
  rows,
  answer,
  report,
}: DissectionAnswer & { readonly report: string }): string =>
  [
    formatTable(
      [
        { title: "what" },
        { title: measure === "accuracy" ? "accuracy %" : "R²", align: "right" },
        { title: "±", align: "right" },
        { title: "runs", align: "right" },
        { title: "95 % interval", align: "right" },
        ...(measure === "R²" ? [{ title: "RMSE", align: "right" } as const] : []),
        { title: "best epoch", align: "right" },
      ],
      rows.map(({ title, mean, std, runs, interval, rmse, best }) => [
        title,
        measured(measure, mean),
        runs.length > 1 ? measured(measure, std) : "",
        String(runs.length),
        interval === null ? "" : `${measured(measure, interval.low)} to ${measured(measure, interval.high)}`,
        ...(measure === "R²" ? [rmse === undefined ? "" : inUnit(rmse.mean)] : []),
        best === undefined ? "" : measured(measure, best.mean),
      ]),
    ),
    "",
    answer,
    "",
    `report  ${shown(report)}`,
  ].join("\n");

/** What is known before anything trains. */
export function measuredWords(
  { measure }: Pick<DissectionScores, "measure">,
  { scores }: DissectionScores["model"],
  { examples, gates, random }: DissectionScores["machines"],
): string {
  const own = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const [name, unit] = measure === "accuracy" ? ["accuracy", " %"] : ["R²", ""];
  const digits = (value: number): string => `${measured(measure, value)}${unit}`;
  return `${name} ${digits(own)}; kernel machines on ${examples} test inputs: ${digits(gates.value)} by its gates, ${digits(random.value)} by random ones`;
}
