import {
  chosenRidge,
  type HalfTrained,
  type InfluenceExperiment,
  type InfluenceProfile,
  type InfluenceRow,
  type InfluenceScore,
  influenceCeiling,
  influenceRows,
  lossTables,
  type ProfileName,
} from "../experiments/index.ts";
import { architectureWords, counted, grouped, optimizerWords } from "./configuration.ts";
import { type ExperimentPage, incomplete, type PageTable } from "./experiment-page.ts";
import { influenceScoreFigure } from "./influence-score-figure.ts";

/** What the page of the influence experiment is made of. */
export interface InfluencePageParts {
  readonly experiment: InfluenceExperiment;
  readonly profileName: ProfileName;
  /** As it was run. */
  readonly profile: InfluenceProfile;
  /** The first trainings of all halves, and the second ones. */
  readonly trained: readonly (readonly HalfTrained[])[];
  /** None before all halves are trained. */
  readonly scores: readonly InfluenceScore[];
  readonly missing?: readonly string[];
}

/** The page of the influence of training examples (theory 8.4). */
export function influencePage(parts: InfluencePageParts): ExperimentPage {
  const { experiment, profileName, profile, trained, scores, missing = [] } = parts;
  const rows = influenceRows(scores, experiment.ridge);
  const ceiling = influenceCeiling(lossTables(trained));
  const [paths, untrained, pixels] = rows;
  const { full } = experiment.profiles;
  const isFull = (["data", "train", "test", "halves", "epochs", "runs"] as const).every(
    (key) => profile[key] === full[key],
  );
  const cautions = [
    ...(isFull
      ? []
      : [
          `Not the full protocol, which is ${grouped(full.halves)} halves of ${grouped(full.train)} images of ${full.data}, ${counted(full.epochs, "epoch")} and ${counted(full.runs, "network")}.`,
        ]),
    ...incomplete(missing),
  ];
  const above = ({ behind, behindError }: InfluenceRow): string => `${fixed(behind)} ± ${fixed(behindError)}`;
  return {
    title: `${experiment.title} (${profileName} profile)`,
    answer:
      paths === undefined
        ? "Nothing is scored yet."
        : `The path kernel predicts the losses of networks trained on random halves with a rank correlation of ${fixed(paths.score)}${
            untrained === undefined ? "" : `, ${above(untrained)} above untrained gates`
          }${pixels === undefined ? "" : ` and ${above(pixels)} above the pixels alone`}; two trainings of one half leave ${fixed(ceiling.ceiling)} to reach.`,
    question:
      "Which training examples does the loss on a test image hang on? Who knows can tell the loss of a network that was trained on some of them. How well is that told by the gates of one network trained on all of them, and how much of it by its untrained gates, or by the pixels alone?",
    ...(cautions.length === 0 ? {} : { caution: cautions.join(" ") }),
    figures: rows.length === 0 ? [] : [influenceScoreFigure(rows, ceiling)],
    measured: [scoreTable(rows), ceilingTable(parts, ceiling), ...ridgeTable(experiment, scores)],
    expected: expectedTable(experiment, rows, ceiling.ceiling),
    protocol: protocolOf(experiment, profileName, profile),
    source: experiment.source,
  };
}

/** Of few halves there is no score yet. */
const fixed = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : "–");

function scoreTable(rows: readonly InfluenceRow[]): PageTable {
  return {
    title: "Linear datamodeling score",
    head: ["Similarity", "Score", "Each network", "Path kernel above it"],
    rows: rows.map(({ similarity, score, error, networks, behind, behindError }, i) => [
      similarity,
      `${fixed(score)} ± ${fixed(error)}`,
      networks.map(fixed).join(", "),
      i === 0 ? "–" : `${fixed(behind)} ± ${fixed(behindError)}`,
    ]),
    note: "Spearman's correlation of predicted and actual losses over the halves, mean over the test images and both trainings of a half; ± the standard error by leaving out halves, of differences paired.",
  };
}

function ceilingTable(
  { trained }: InfluencePageParts,
  { agreement, error, ceiling }: ReturnType<typeof influenceCeiling>,
): PageTable {
  const accuracies = trained.flat().map(({ accuracy }) => accuracy);
  const mean = accuracies.reduce((sum, one) => sum + one, 0) / accuracies.length;
  return {
    title: "What can be reached",
    head: ["Trainings of halves", "Mean test accuracy %", "Agreement of two", "Ceiling"],
    rows: [[String(accuracies.length), mean.toFixed(2), `${fixed(agreement)} ± ${fixed(error)}`, fixed(ceiling)]],
    note: "Two trainings of one half differ in their seeds alone; the ceiling is the root of their agreement.",
  };
}

function ridgeTable({ ridges, ridge }: InfluenceExperiment, scores: readonly InfluenceScore[]): readonly PageTable[] {
  const chosen = chosenRidge(scores, ridges);
  if (chosen === undefined) return [];
  const own = scores.filter(({ network, similarity }) => network === 0 && similarity === "path kernel");
  return [
    {
      title: "Path kernel of the first network, by its ridge",
      head: ["λ", "All halves", "Even halves", "Odd halves"],
      rows: ridges.flatMap((one) => {
        const found = own.find((score) => score.ridge === one);
        return found === undefined ? [] : [[String(one), fixed(found.score), fixed(found.even), fixed(found.odd)]];
      }),
      note: `λ = ${ridge} is that of theory 8.3, chosen on other halves than these. Chosen on the even halves (${chosen.ridge.onEven}) and scored on the odd ones, and the other way round (${chosen.ridge.onOdd}): ${fixed(chosen.score)} in the mean.`,
    },
  ];
}

function expectedTable({ before }: InfluenceExperiment, rows: readonly InfluenceRow[], ceiling: number): PageTable {
  const figure = (value: number | undefined): string => (value === undefined ? "–" : fixed(value));
  return {
    title: "Against what was measured before",
    head: ["Similarity", "Here", "Before"],
    rows: [
      ...rows.map(({ similarity, score }, i) => [similarity, fixed(score), figure(before?.scores[i])]),
      ["ceiling", fixed(ceiling), figure(before?.ceiling)],
    ],
    note: "Before: another implementation, one network and halves of its own, in the full protocol (theory 8.4).",
  };
}

function protocolOf(
  { architecture, optimizer, batch, ridge, recipe }: InfluenceExperiment,
  profileName: ProfileName,
  { data, train, test, halves, epochs, runs }: InfluenceProfile,
): ExperimentPage["protocol"] {
  return [
    { name: "Profile", values: [profileName] },
    { name: "Network", values: [`${architectureWords(architecture)}; dropout ${recipe.dropout ?? 0}`] },
    {
      name: "Training",
      values: [`${optimizerWords(optimizer)}; batches of ${batch}; ${counted(epochs, "epoch")}`],
    },
    {
      name: "Data",
      values: [
        `${data}: the first ${grouped(train)} training images, of which ${halves} random halves are trained twice, and the losses on the first ${grouped(test)} test images; ${counted(runs, "network")} on all of the training images`,
      ],
    },
    { name: "Ridge", values: [`λ = ${ridge} beside a diagonal of 1`] },
  ];
}
