import {
  type Arm,
  type ArmExperiment,
  type ArmStory,
  type ArmSummary,
  CONTINUOUS_REFERENCES,
  type ProfileName,
  settingsOf,
} from "../experiments/index.ts";
import { largestOf } from "../graph/index.ts";
import { architectureWords, counted, grouped, optimizerWords } from "./configuration.ts";
import { pointOf } from "./curves.ts";
import { type ExperimentPage, incomplete, type PageTable } from "./experiment-page.ts";
import { type Figure, figureOf } from "./figure.ts";
import { type Line, linePanel } from "./line-panel.ts";
import { INK, REGIME_COLORS } from "./palette.ts";
import { resultsFigures } from "./results-figure.ts";
import { fitted } from "./scales.ts";
import { differenceWords } from "./tables.ts";

/** What the page of a comparison of arms is made of. */
export interface ComparisonPageParts {
  readonly comparison: ArmExperiment;
  readonly profileName: ProfileName;
  /** Of the arms that are done, at least one run of each. */
  readonly rows: readonly ArmSummary[];
  /** What is not done yet, a line an arm. */
  readonly missing: readonly string[];
  readonly dataSource: string;
}

/** The page of an experiment that compares variants of regimes, or stages of learning. */
export function comparisonPage({
  comparison,
  profileName,
  rows,
  missing,
  dataSource,
}: ComparisonPageParts): ExperimentPage {
  const words = WORDS[comparison.story ?? "arms"](rows, comparison.profiles[profileName].arms);
  const cautions = [
    ...(profileName === "full"
      ? []
      : [
          "A narrower network on a part of the data: the course can be compared with the published one, the figures cannot.",
        ]),
    ...incomplete(missing),
  ];
  return {
    ...words,
    title: `${comparison.title} (${profileName} profile)`,
    ...(cautions.length === 0 ? {} : { caution: cautions.join(" ") }),
    measured: [measuredTable(rows)],
    expected: expectedTable(rows, profileName === "full"),
    protocol: protocolOf(comparison, profileName, dataSource),
    source: comparison.source,
  };
}

type Words = Pick<ExperimentPage, "answer" | "question" | "figures">;
const figure = (value: number): string => value.toFixed(1);

const WORDS = {
  stages: stageWords,
  variants: variantWords,
  arms: armWords,
} as const satisfies Record<ArmStory, (rows: readonly ArmSummary[], arms: readonly Arm[]) => Words>;

/** Which is ahead, of arms that tell no story of their own. */
function armWords(rows: readonly ArmSummary[], arms: readonly Arm[]): Words {
  const [best, ...others] = [...rows].sort((a, b) => b.mean - a.mean);
  const last = others.at(-1);
  const regimeOf = (row: ArmSummary) => arms.find(({ name }) => name === row.regime)?.regime ?? "relu";
  return {
    answer:
      best === undefined || last === undefined
        ? "No two networks are trained yet."
        : `Of ${rows.length} networks ${best.title} is the best with ${figure(best.mean)} %; ${last.title} comes last with ${figure(last.mean)} %.`,
    question: "How do these networks compare, trained on the same data?",
    figures: resultsFigures(
      rows.map((row) => ({ ...row, color: REGIME_COLORS[regimeOf(row)] })),
      true,
      160,
    ),
  };
}

function stageWords(rows: readonly ArmSummary[]): Words {
  const stages = rows.filter(({ regime }) => regime !== "relu");
  const [first, last] = [stages[0], stages.at(-1)];
  const relu = rows.find(({ regime }) => regime === "relu");
  return {
    answer:
      first === undefined || last === undefined || first === last
        ? "No two stages are trained yet."
        : `${last.mean > first.mean ? "Accuracy grows with what the gates have learnt" : "Accuracy does not grow with the gates' training here"}: ${figure(first.mean)} % behind random gates, ${figure(last.mean)} % behind those of the last stage${relu === undefined ? "" : `, ${figure(relu.mean)} % of the ReLU network itself`}.`,
    question:
      "A ReLU network is trained in stages; after each its gates are fixed and a fresh value network is trained behind them. How much of what it learnt is in the gates?",
    figures: stages.length === 0 ? [] : [stagesFigure(stages, relu)],
  };
}

/** Accuracy behind the gates of each stage, between the lines of the kernel and of ReLU. */
function stagesFigure(stages: readonly ArmSummary[], relu: ArmSummary | undefined): Figure {
  const at = ({ regime }: ArmSummary): number => Number(regime.replace("stage", ""));
  const published = stages.flatMap((row) => (row.published === null ? [] : [{ at: at(row), mean: row.published[0] }]));
  const last = largestOf(stages.map(at), 1);
  const level = (value: number) => [0, last].map((place) => pointOf(place, [value]));
  const lines: readonly Line[] = [
    { label: "measured", color: REGIME_COLORS.flnpf, curve: stages.map((row) => pointOf(at(row), row.runs)) },
    ...(relu === undefined ? [] : [{ label: "ReLU", color: REGIME_COLORS.relu, curve: level(relu.mean) }]),
    {
      label: "published",
      color: INK.published,
      labelColor: INK.muted,
      dashed: true,
      curve: published.map(({ at: place, mean }) => pointOf(place, [mean])),
    },
    {
      label: "published ReLU",
      color: INK.published,
      labelColor: INK.muted,
      dashed: true,
      curve: level(CONTINUOUS_REFERENCES.relu),
    },
    {
      label: "infinite kernel",
      color: INK.published,
      labelColor: INK.muted,
      dashed: true,
      curve: level(CONTINUOUS_REFERENCES.kernel),
    },
  ];
  const [width, height] = [250, 220];
  const scale = fitted(
    lines.flatMap(({ curve }) => curve.flatMap(({ low, high }) => [low, high])),
    height,
  );
  const horizontal = {
    title: "stage",
    domain: [0, last],
    ticks: Array.from({ length: last + 1 }, (_, i) => i),
  } as const;
  return figureOf({
    name: "stages",
    title: "Test accuracy behind the gates of each stage, %",
    caption:
      "Stage 0: random gates. Dashed gray: published figures of the full protocol, with the infinite-width convolutional kernel.",
    margin: { top: 34, right: 112, bottom: 36, left: 36 },
    panels: [linePanel({ lines, width, height, scale, vertical: "linear", horizontal })],
  });
}

function variantWords(rows: readonly ArmSummary[]): Words {
  const mean = (name: string): number | undefined => rows.find(({ regime }) => regime === name)?.mean;
  const [relu, plain, both] = [mean("relu"), mean("dlgn"), mean("dlgn-ones-permuted")];
  return {
    answer:
      plain === undefined || both === undefined
        ? "Not all variants are trained yet."
        : `A DLGN whose value network sees only ones, behind gates in reverse order, reaches ${figure(both)} %; as it is ${figure(plain)} %${relu === undefined ? "" : `, the ReLU network ${figure(relu)} %`}.`,
    question:
      "If what is learnt is in the gates, the value network should need neither the image nor the order of the layers. Does accuracy survive a constant input and permuted gates?",
    figures: resultsFigures(
      rows.map((row) => ({ ...row, color: REGIME_COLORS[colorOf(row.regime)] })),
      true,
      160,
    ),
  };
}

const colorOf = (arm: string): "relu" | "dlgn" | "dlnpf" =>
  arm === "relu" ? "relu" : arm.startsWith("dlgn") ? "dlgn" : "dlnpf";

const interval = ({ mean, std, runs }: ArmSummary): string =>
  runs.length === 1 ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${std.toFixed(2)}`;

const measuredTable = (rows: readonly ArmSummary[]): PageTable => ({
  title: "Best test accuracy",
  head: ["Network", "Test accuracy %", "Runs"],
  rows: rows.map((row) => [row.title, interval(row), String(row.runs.length)]),
  note: "Best over the epochs of each run; mean ± standard deviation over the runs.",
});

const expectedTable = (rows: readonly ArmSummary[], comparable: boolean): PageTable => ({
  title: "Against the published figures",
  head: ["Network", "Measured %", "Published %", "Difference"],
  rows: rows.map((row) => {
    const { title, mean, published } = row;
    if (published === null) return [title, interval(row), "–", "–"];
    const [wanted, deviation] = published;
    return [
      title,
      interval(row),
      deviation === 0 ? wanted.toFixed(2) : `${wanted.toFixed(2)} ± ${deviation.toFixed(2)}`,
      comparable ? differenceWords(mean, wanted) : "another protocol",
    ];
  }),
  note: rows.some(({ published }) => published !== null)
    ? "Published figures are of the full protocol; those without a deviation are read off a plot or given without one."
    : "The papers give figures for other networks and data sets only; the ordering is what can be compared.",
});

function protocolOf(
  comparison: ArmExperiment,
  profileName: ProfileName,
  dataSource: string,
): ExperimentPage["protocol"] {
  const profile = comparison.profiles[profileName];
  const { architecture, optimizer, batch } = settingsOf(comparison, profile);
  const { data, limit, testLimit, epochs, runs, arms } = profile;
  const lengths = [...new Set(arms.map((arm: Arm) => arm.epochs ?? epochs))];
  return [
    { name: "Profile", values: [profileName] },
    { name: "Network", values: [architectureWords(architecture)] },
    {
      name: "Training",
      values: [
        `${optimizerWords(optimizer)}; softmax cross-entropy; batches of ${batch}; ${lengths.join(" or ")} epochs; ${counted(runs, "run")} of each`,
      ],
    },
    {
      name: "Data",
      values: [
        `${data}${limit === undefined ? "" : `, the first ${grouped(limit)} training examples`}${testLimit === undefined ? "" : `, the first ${grouped(testLimit)} test examples`}; ${dataSource}`,
      ],
    },
  ];
}
