import {
  EXPLANATION_FIGURES,
  type ExplanationExperiment,
  type ExplanationMeasurement,
  type ExplanationProfile,
  type ExplanationRow,
  explanationRows,
  type ProfileName,
} from "../experiments/index.ts";
import { architectureWords, counted, grouped, optimizerWords } from "./configuration.ts";
import { type ExperimentPage, incomplete, type PageTable } from "./experiment-page.ts";
import { mapFigure, removalFigure } from "./explanation-figures.ts";

/** What the page of explanations is made of. */
export interface ExplanationPageParts {
  readonly experiment: ExplanationExperiment;
  /** As it was run. */
  readonly length: ExplanationProfile;
  readonly profileName: ProfileName;
  /** Of each seed, at least one of them with something measured. */
  readonly runs: readonly (readonly ExplanationMeasurement[])[];
  readonly missing?: readonly string[];
}

/** The page of what decides and what explanations are worth (theory 7.10). */
export function explanationPage(parts: ExplanationPageParts): ExperimentPage {
  const { experiment, length, profileName, runs, missing = [] } = parts;
  const rows = explanationRows(experiment, runs);
  const { full } = experiment.profiles;
  const isFull = length.data === full.data && length.epochs === full.epochs && runs.length >= full.runs;
  const cautions = [
    ...(isFull
      ? []
      : [
          `Not the full protocol, which is ${counted(full.epochs, "epoch")} on ${full.data}, ${counted(full.runs, "seed")} and ${grouped(full.images)} images.`,
        ]),
    ...incomplete(missing),
  ];
  return {
    title: `${experiment.title} (${profileName} profile)`,
    answer: answerOf(rows),
    question:
      "Which units and which pixels does a decision rest on? Units are closed until the decision is another, images are compared by the paths that both leave open, and pixels are put in and taken out in the order of a map.",
    ...(cautions.length === 0 ? {} : { caution: cautions.join(" ") }),
    figures: [...removalFigure(runs), ...mapFigure(rows)],
    measured: [removalTable(rows), splitTable(rows), mapTable(rows), accuracyTable(runs)],
    expected: expectedTable(rows),
    protocol: protocolOf(parts),
    source: experiment.source,
  };
}

const rowOf = (
  rows: readonly ExplanationRow[],
  name: ExplanationRow["name"],
  figure: ExplanationRow["figure"],
): ExplanationRow | undefined => rows.find((row) => row.name === name && row.figure === figure);

function answerOf(rows: readonly ExplanationRow[]): string {
  const [flow, random] = [rowOf(rows, "flow", "half"), rowOf(rows, "random", "half")];
  const [map, chance] = [rowOf(rows, "flow", "area"), rowOf(rows, "random", "area")];
  const removal =
    flow === undefined || random === undefined
      ? "What closing units changes is not measured"
      : `Half of the decisions rest on ${flow.mean.toFixed(1)} % of the active units, by their flow (at random ${random.mean.toFixed(1)} %)`;
  const pixels =
    map === undefined || chance === undefined
      ? ""
      : `; of pixels in the order of their flow, insertion less deletion is ${figureWords(map.mean, 2)} (at random ${figureWords(chance.mean, 2)})`;
  return `${removal}${pixels}.`;
}

const figureWords = (value: number, digits: number): string => value.toFixed(digits).replace("-", "\u2212");

/** Mean and deviation as a table shows them. */
function interval(row: ExplanationRow | undefined): string {
  if (row === undefined) return "–";
  const { digits } = EXPLANATION_FIGURES[row.figure];
  return row.runs.length < 2 ? row.mean.toFixed(digits) : `${row.mean.toFixed(digits)} ± ${row.std.toFixed(digits)}`;
}

/** A table of the figures that rows of one kind have: a row a name. */
function tableOf(
  rows: readonly ExplanationRow[],
  figures: readonly ExplanationRow["figure"][],
  words: Pick<PageTable, "title" | "note"> & { readonly first: string },
): PageTable {
  const own = rows.filter(({ figure }) => figures.includes(figure));
  const names = [...new Set(own.map(({ name }) => name))].filter((name) => own.some((row) => row.name === name));
  return {
    title: words.title,
    head: [words.first, ...figures.map((figure) => EXPLANATION_FIGURES[figure].title)],
    rows: names.map((name) => [
      own.find((row) => row.name === name)?.title ?? "",
      ...figures.map((figure) => interval(rowOf(own, name, figure))),
    ]),
    note: words.note,
  };
}

const removalTable = (rows: readonly ExplanationRow[]): PageTable =>
  tableOf(rows, ["half", "most"], {
    title: "Units closed before a decision is another",
    first: "Order",
    note: "Of the active units, mean ± standard deviation over the seeds; all other gates are decided anew after each. Flow is to the logit less the runner-up, renewed as units close.",
  });

const splitTable = (rows: readonly ExplanationRow[]): PageTable =>
  tableOf(rows, ["kept", "mass"], {
    title: "What a change of the image leaves open",
    first: "Compared with",
    note: "Logit less runner-up, the sum over the images; what is no part of it is gained and lost by paths that open and close.",
  });

const mapTable = (rows: readonly ExplanationRow[]): PageTable =>
  tableOf(rows, ["area"], {
    title: "Pixels by a map",
    first: "Map",
    note: "Area under the probability of the class that the network gives the image; 0 of an order that says nothing.",
  });

function accuracyTable(runs: readonly (readonly ExplanationMeasurement[])[]): PageTable {
  return {
    title: "The networks",
    head: ["Seed", "Test accuracy, %"],
    rows: runs.map((run, seed) => {
      const accuracy = run.flatMap((one) => (one.part === "test" ? [one.accuracy] : []));
      return [String(seed), accuracy[0]?.toFixed(2) ?? "–"];
    }),
    note: "After the last epoch.",
  };
}

function expectedTable(rows: readonly ExplanationRow[]): PageTable {
  return {
    title: "Against theory 7.10",
    head: ["Figure", "Measured", "Theory"],
    rows: rows.flatMap((row) => {
      if (row.published === null) return [];
      const { title } = EXPLANATION_FIGURES[row.figure];
      return [[`${row.title}: ${title}`, interval(row), [...new Set(row.published)].join(" to ")]];
    }),
    note: "Theory: three seeds of the same architecture, trained to 98.0 to 98.3 %; there flow was not renewed as units close.",
  };
}

function protocolOf({ experiment, length, profileName }: ExplanationPageParts): ExperimentPage["protocol"] {
  const { architecture, optimizer, batch, samples, smoothing, step, noise, steps } = experiment;
  const { data, epochs, runs, images } = length;
  return [
    { name: "Profile", values: [profileName] },
    { name: "Network", values: [architectureWords(architecture)] },
    {
      name: "Training",
      values: [
        `${optimizerWords(optimizer)}, a rate that falls as half a cosine; batches of ${batch}; ${counted(epochs, "epoch")}; ${counted(runs, "seed")}`,
      ],
    },
    { name: "Data", values: [`${data}: the first ${grouped(images)} test images`] },
    {
      name: "Compared with",
      values: [
        "the nearest test image that the network gives the runner-up, by pixels",
        `the image after FGSM: ${step} of the range of a pixel, along the sign of the gradient of the loss`,
        `the image after normal noise of deviation ${noise}; both within the range`,
      ],
    },
    {
      name: "Maps",
      values: [
        `${steps} images between a blank one and the whole one; SmoothGrad: ${samples} gradients around the image, deviation ${smoothing}; integrated gradients: ${samples} from a blank image on`,
      ],
    },
  ];
}
