import {
  type MonitorExperiment,
  type MonitorMeasurement,
  type MonitorProfile,
  type MonitorRow,
  monitorRows,
  type ProfileName,
  skippedSets,
  UNFAMILIAR_SETS,
  type UnfamiliarScore,
  type UnfamiliarSet,
} from "../experiments/index.ts";
import { architectureWords, counted, grouped } from "./configuration.ts";
import { type ExperimentPage, incomplete, type PageTable } from "./experiment-page.ts";
import { monitorFigure } from "./monitor-figure.ts";
import { differenceWords } from "./tables.ts";

/** What the page of monitors is made of. */
export interface MonitorPageParts {
  readonly experiment: MonitorExperiment;
  /** As it was run. */
  readonly length: MonitorProfile;
  readonly profileName: ProfileName;
  /** Of each seed, at least one of them with something measured. */
  readonly runs: readonly (readonly MonitorMeasurement[])[];
  readonly missing?: readonly string[];
}

/** The page of unfamiliar inputs (theory 8). */
export function monitorPage({ experiment, length, profileName, runs, missing = [] }: MonitorPageParts): ExperimentPage {
  const rows = monitorRows(experiment, runs);
  const { full } = experiment.profiles;
  const isFull = length.data === full.data && length.epochs === full.epochs && runs.length >= full.runs;
  const cautions = [
    ...(isFull
      ? []
      : [
          `Not the full protocol, which is ${counted(full.epochs, "epoch")} on ${full.data} and ${counted(full.runs, "seed")}: the order of the scores can be compared, the figures cannot.`,
        ]),
    ...skippedSets(runs).map((line) => `${line}.`),
    ...incomplete(missing),
  ];
  return {
    title: `${experiment.title} (${profileName} profile)`,
    answer: answerOf(rows),
    question:
      "Which inputs does a network not know, and which of its answers are wrong? The gates that an input opens, and the input itself, are compared with training examples of the class that the network gives it.",
    ...(cautions.length === 0 ? {} : { caution: cautions.join(" ") }),
    figures: rows.length === 0 ? [] : [monitorFigure(experiment.name, rows)],
    measured: [tableOf(rows), accuracyTable(runs)],
    expected: expectedTable(rows),
    protocol: protocolOf(experiment, length, profileName),
    source: experiment.source,
  };
}

const meanOf = (rows: readonly MonitorRow[], set: UnfamiliarSet, score: UnfamiliarScore): number | undefined =>
  rows.find((row) => row.set === set && row.score === score)?.mean;

function answerOf(rows: readonly MonitorRow[]): string {
  const words = (["fashion-mnist", "rotated", "fgsm"] as const).flatMap((set) => {
    const [own, softmax, pixels] = (["paths", "softmax", "pixels"] as const).map((score) => meanOf(rows, set, score));
    if (own === undefined || softmax === undefined || pixels === undefined) return [];
    return [`${UNFAMILIAR_SETS[set]} ${own.toFixed(1)} % (softmax ${softmax.toFixed(1)}, pixels ${pixels.toFixed(1)})`];
  });
  const wrong = meanOf(rows, "misclassified", "larger");
  const errors = wrong === undefined ? "" : `; with the softmax beside them, errors by ${wrong.toFixed(1)} %`;
  return `Gates tell unfamiliar inputs from clean ones, AUROC: ${words.join(", ") || "not measured"}${errors}.`;
}

function tableOf(rows: readonly MonitorRow[]): PageTable {
  const sets = [...new Set(rows.map(({ set }) => set))];
  const titles = [...new Set(rows.map(({ title }) => title))];
  return {
    title: "AUROC against clean test images, %",
    head: ["Score", ...sets.map((set) => UNFAMILIAR_SETS[set])],
    rows: titles.map((title) => [
      title,
      ...sets.map((set) => {
        const row = rows.find((one) => one.set === set && one.title === title);
        return row === undefined ? "–" : interval(row);
      }),
    ]),
    note: "Mean ± standard deviation over the seeds. Misclassified test images against those that are classified right, all other sets against all test images. Enlarged: the middle 20 × 20 of the embedded digits on all 28 × 28; noise: every pixel uniform; CIFAR-10: luma of the middle 28 × 28.",
  };
}

const interval = ({ mean, std, runs }: MonitorRow): string =>
  runs.length === 1 ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${std.toFixed(1)}`;

function accuracyTable(runs: readonly (readonly MonitorMeasurement[])[]): PageTable {
  return {
    title: "The networks",
    head: ["Seed", "Test accuracy, %", "Misclassified"],
    rows: runs.map((run, seed) => [
      String(seed),
      run.find(({ set }) => set === "test")?.values["accuracy %"]?.toFixed(2) ?? "–",
      grouped(run.find(({ set }) => set === "misclassified")?.examples ?? 0),
    ]),
    note: "After the last epoch.",
  };
}

function expectedTable(rows: readonly MonitorRow[]): PageTable {
  return {
    title: "Against theory 8",
    head: ["Score", "Inputs", "AUROC, %", "Theory", "Difference"],
    rows: rows.flatMap((row) => {
      if (row.published === null) return [];
      const [mean, std] = row.published;
      const theory = `${mean.toFixed(1)} ± ${std.toFixed(1)}`;
      return [[row.title, UNFAMILIAR_SETS[row.set], interval(row), theory, differenceWords(row.mean, mean)]];
    }),
    note: "Theory: three seeds of the same architecture, trained to 98.0 to 98.3 %.",
  };
}

function protocolOf(
  { architecture, batch, neighbors, references, step }: MonitorExperiment,
  { data, epochs, clean, runs }: MonitorProfile,
  profileName: ProfileName,
): ExperimentPage["protocol"] {
  return [
    { name: "Profile", values: [profileName] },
    { name: "Network", values: [architectureWords(architecture)] },
    {
      name: "Training",
      values: [
        `Adam, learning rate 1e-3 that falls as half a cosine; batches of ${batch}; ${counted(epochs, "epoch")}; ${counted(runs, "seed")}`,
      ],
    },
    {
      name: "Data",
      values: [`${data}; the last ${grouped(clean)} training images are not trained on: quantiles are among them`],
    },
    {
      name: "Scores",
      values: [
        `k nearest: k = ${neighbors}, values of the last hidden layer at length 1; Mahalanobis: class means and one covariance of the same values; Hamming, pixels and log path kernel: the nearest of all training images that the network gives the same class, and of ${references} a class`,
        `FGSM: ${step} of the range of a pixel, along the sign of the gradient of the loss, within the range`,
      ],
    },
  ];
}
