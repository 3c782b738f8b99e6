/** The page of a dissection: the share, the rows with their intervals, and what they are. */
import { shortDigest } from "../data/index.ts";
import { type DissectedRow, inUnit, measured } from "../experiments/index.ts";
import type { DissectionRecord } from "../runs/index.ts";
import { type LearntRow, learningFigure, rowsFigure } from "./dissection-figures.ts";
import { type PageTable, tableOf } from "./experiment-page.ts";
import type { Figure } from "./figure.ts";
import { html } from "./html.ts";
import { figureOf, pageOf } from "./page.ts";
import { settingsTable } from "./tables.ts";

/** Figures of the page. */
export const dissectionFigures = (report: DissectionRecord, learnt: readonly LearntRow[]): readonly Figure[] => [
  rowsFigure(report.rows, report.measure),
  learningFigure(learnt, report.rows.find(({ what }) => what === "model")?.mean ?? 0, report.measure),
];

/** One HTML file that asks for nothing else; the same answer gives the same text, whenever it is made. */
export async function renderDissection(
  report: DissectionRecord,
  figures: readonly Figure[],
  version: string,
): Promise<string> {
  const { model, data, answer } = report;
  const drawn = await Promise.all(figures.map(figureOf));
  const main = html`<header>
<h1>${headline(report)}</h1>
<p class="question">${answer}</p>
</header>
<div class="pair">${drawn}</div>
<section aria-labelledby="measured">
<h2 id="measured">Measured</h2>
${tableOf(measuredTable(report), "measured-note", false)}
</section>
<section aria-labelledby="share">
<h2 id="share">What the share is</h2>
<p>(F − R) / (M − R): M the network as it is, F and R the means over seeds of fresh values behind its gates and behind random
ones, all on the same test examples. Its interval (95 %, Fieller) takes the test examples, which all rows share, and the scatter
of the seeds; it is of this network, not of another training of it.</p>
</section>
<section aria-labelledby="made">
<h2 id="made">How it was made</h2>
${settingsTable(settingsOf(report), "How it was made")}
</section>`;
  return pageOf({ title: `${model.path} on ${data}: what is in its gates`, version, main });
}

function headline({ model, data, shareInGates }: DissectionRecord): string {
  const name = model.path.replace(/^.*[/\\]/, "");
  if (shareInGates === null) return `${name} on ${data}: learning gained nothing over random gates`;
  const { value, low, high } = shareInGates;
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  if (low === null || high === null || (low <= 0 && high >= 1)) {
    return `These runs do not tell how much of what ${name} learned on ${data} is in its gates`;
  }
  return `${percent(value)} (${percent(low)} to ${percent(high)}) of what ${name} learned on ${data} is in its gates`;
}

const DASH = "–";

function measuredTable({ measure, rows, kernelExamples }: DissectionRecord): PageTable {
  const cell = (value: number): string => measured(measure, value);
  const withStd = ({ mean, std, runs }: Pick<DissectedRow, "mean" | "std" | "runs">, words = cell): string =>
    runs.length > 1 ? `${words(mean)} ± ${words(std)}` : words(mean);
  return {
    title: "Measured",
    head: [
      "",
      measure === "accuracy" ? "Test accuracy, %" : "Test R²",
      "95 % interval",
      ...(measure === "R²" ? ["RMSE"] : []),
      "Best epoch",
      "Runs",
    ],
    rows: rows.map((row) => [
      row.title,
      withStd(row),
      row.interval === null ? DASH : `${cell(row.interval.low)} to ${cell(row.interval.high)}`,
      ...(measure === "R²" ? [row.rmse === undefined ? DASH : withStd(row.rmse, inUnit)] : []),
      row.best === undefined ? DASH : withStd(row.best),
      String(row.runs.length),
    ]),
    note: `The kernel machines are fitted on ${kernelExamples} test inputs and tested on as many others. Mean ± standard deviation over the seeds. The best epoch, as the papers have it, is chosen by the test examples and is not part of the share.`,
  };
}

function settingsOf({ model, data, trainings }: DissectionRecord) {
  const { seeds, epochs, stopsEarly, optimizer, learningRate, batch, trainExamples, testExamples, measuredAfter } =
    trainings;
  const count = (number: number): string => number.toLocaleString("en-US");
  const rate = learningRate < 1e-2 ? learningRate.toExponential() : String(learningRate);
  return [
    { name: "Model", values: [`${model.path}, ${shortDigest(model.digest)}`] },
    {
      name: "Data",
      values: [`${data}: ${count(trainExamples)} training examples, ${count(testExamples)} test examples`],
    },
    {
      name: "Trainings",
      values: [
        `${stopsEarly ? "at most " : ""}${epochs} epochs in batches of ${batch} by ${optimizer}, learning rate ${rate}; ${seeds} seed${seeds === 1 ? "" : "s"} each, measured after ${measuredAfter}`,
      ],
    },
  ];
}
