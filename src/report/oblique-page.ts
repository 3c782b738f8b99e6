import {
  byLevel,
  meanCosines,
  type ObliqueRun,
  obliqueRows,
  type ProfileName,
  type TreeExperiment,
} from "../experiments/index.ts";
import { smallestOf } from "../graph/index.ts";
import { REGIMES } from "../network/index.ts";
import { listed } from "./answer.ts";
import { architectureWords, counted, grouped } from "./configuration.ts";
import { type ExperimentPage, incomplete, type PageTable } from "./experiment-page.ts";
import { obliqueFigure } from "./oblique-figures.ts";
import { differenceWords } from "./tables.ts";

/** What the page of oblique trees is made of. */
export interface ObliquePageParts {
  readonly experiment: TreeExperiment;
  readonly profileName: ProfileName;
  /** As it was run. */
  readonly epochs: number;
  /** At least one. */
  readonly runs: readonly ObliqueRun[];
  /** What is not done yet, a line a run. */
  readonly missing?: readonly string[];
}

/** A gate whose normal has at least this `|cos|` with a node's has found the node: an angle of 8 degrees. */
const FOUND = 0.99;

const foundOf = ({ cosines }: { readonly cosines: readonly number[] }): number =>
  cosines.filter((cosine) => cosine >= FOUND).length;

/** The page of the oblique trees (theory 6.7). */
export function obliquePage({ experiment, profileName, epochs, runs, missing = [] }: ObliquePageParts): ExperimentPage {
  const networks = experiment.networks.flatMap((network) => {
    const own = runs.filter(({ regime }) => regime === network.regime);
    const seen = meanCosines(own);
    const [first, last] = [seen[0], seen.at(-1)];
    return first === undefined || last === undefined ? [] : [{ ...network, runs: own, first, last }];
  });
  const { full } = experiment.profiles;
  const each = networks[0]?.runs.length ?? 0;
  const found = networks.map(({ title, last }) => `${foundOf(last)} in a ${title}`);
  const nodes = networks[0]?.last.cosines.length ?? 0;
  const cautions = [
    ...(epochs === full.epochs && each === full.runs
      ? []
      : [
          `Not the full protocol, which is ${grouped(full.epochs)} epochs and ${counted(full.runs, "run")} of each network.`,
        ]),
    ...incomplete(missing),
  ];
  return {
    title: `${experiment.title} (${profileName} profile)`,
    answer: `Of the tree's ${nodes} hyperplanes, gates find ${listed(found)} (|cos| of at least ${FOUND}); before training ${listed(networks.map(({ first }) => String(foundOf(first))))}.`,
    question:
      "The labels are those of a tree that cuts the space by random hyperplanes. Every gate of a deep linearly gated network is a half-space too. Does training turn the gates to the tree's hyperplanes?",
    ...(cautions.length === 0 ? {} : { caution: cautions.join(" ") }),
    figures: networks.map((network) => obliqueFigure(network.runs)),
    measured: [accuracyTable(runs), ...networks.map(cosineTable)],
    expected: expectedTable(experiment, runs),
    protocol: protocolOf(experiment, profileName, epochs, each),
    source: `${experiment.source}; the independent figures are what another implementation of the same protocol gave.`,
  };
}

function accuracyTable(runs: readonly ObliqueRun[]): PageTable {
  return {
    title: "Accuracy of each run",
    head: ["Run", "Test %", "Validation %", "Best epoch"],
    rows: runs.map(({ regime, seed, testAccuracy, validationAccuracy, bestEpoch }) => [
      `${REGIMES[regime].title}, seed ${seed}`,
      testAccuracy.toFixed(2),
      validationAccuracy.toFixed(2),
      grouped(bestEpoch),
    ]),
    note: "Test accuracy at the epoch of the best validation accuracy.",
  };
}

interface Course {
  readonly title: string;
  readonly first: { readonly cosines: readonly number[] };
  readonly last: { readonly epoch: number; readonly cosines: readonly number[] };
}

function cosineTable({ title, first, last }: Course): PageTable {
  const before = byLevel(first.cosines);
  const figure = (value: number): string => value.toFixed(3);
  return {
    title: `${title}: largest |cos| with the tree's nodes`,
    head: ["Level", "Nodes", "Before training", "After", "Least after"],
    rows: byLevel(last.cosines).map((after, level) => [
      `${level + 1}`,
      String(after.length),
      figure(mean(before[level] ?? [])),
      figure(mean(after)),
      figure(smallestOf(after)),
    ]),
    note: `Means over the nodes of a level, and the least of them; after ${counted(last.epoch, "epoch")}.`,
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function expectedTable({ networks }: TreeExperiment, runs: readonly ObliqueRun[]): PageTable {
  return {
    title: "Against published figures",
    head: ["Network", "Test accuracy %", "Runs", "Paper", "Difference", "Independent", "Difference"],
    rows: obliqueRows(networks, runs).map(({ regime, mean, std, published, runs }) => [
      REGIMES[regime].title,
      runs.length === 1 ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${std.toFixed(2)}`,
      String(runs.length),
      published.paper.toFixed(2),
      differenceWords(mean, published.paper),
      published.independent.toFixed(1),
      differenceWords(mean, published.independent),
    ]),
    note: "Mean ± standard deviation over the runs.",
  };
}

const variantWords = ({ beta, valueInput }: TreeExperiment["networks"][number]["variant"]): string =>
  `${beta === undefined ? "" : `; β ${beta}`}${valueInput === undefined ? "" : `; value input ${valueInput}`}`;

function protocolOf(
  { networks, task, batch, learningRate }: TreeExperiment,
  profileName: ProfileName,
  epochs: number,
  runs: number,
): ExperimentPage["protocol"] {
  return [
    { name: "Profile", values: [profileName] },
    ...networks.map(({ title, architecture, variant }) => ({
      name: title,
      values: [`${architectureWords(architecture)} in the value network${variantWords(variant)}`],
    })),
    {
      name: "Training",
      values: [
        `Adam, learning rate ${learningRate}; logistic loss; weights uniform in ±1/√fan-in; batches of ${grouped(batch)} in fixed order; ${counted(epochs, "epoch")}; ${counted(runs, "run")} of each network`,
      ],
    },
    {
      name: "Data",
      values: [
        `${grouped(task.train)} training, ${grouped(task.validation)} validation and ${grouped(task.test)} test points, uniform on the unit sphere of ${task.dimension} dimensions; a complete tree of ${task.levels} levels of random normals, label = leaf mod 2; NumPy's RandomState(${task.seed})`,
      ],
    },
  ];
}
