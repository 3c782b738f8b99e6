import {
  asProfiled,
  EXPERIMENTS,
  fcMnistAdam,
  gconvCifar10Adam,
  INFINITE_WIDTH_CIFAR10,
  type MeanMeasurement,
  type Measurement,
  type MeasureName,
  meanMeasurements,
  type ProfileName,
  WATCHED_FIGURES,
  type Watched,
  type WatchedExperiment,
  type WatchedProfile,
} from "../experiments/index.ts";
import { listed } from "./answer.ts";
import { architectureWords, counted, grouped } from "./configuration.ts";
import { type ExperimentPage, incomplete, type PageTable } from "./experiment-page.ts";
import { measureWords, watchedFigure } from "./watched-figure.ts";

/** What the page of an experiment that was measured while training is made of. */
export interface WatchedPageParts {
  readonly experiment: WatchedExperiment;
  /** As it was run, with the epochs and runs that were asked for. */
  readonly profile: WatchedProfile;
  readonly profileName: ProfileName;
  /** At least one measurement. */
  readonly rows: readonly Watched<Measurement>[];
  /** What is not done yet, a line a seed. */
  readonly missing?: readonly string[];
}

/** The page of a training whose kernels were watched (theory 6.4 and 6.5). */
export function watchedPage({
  experiment,
  profile,
  profileName,
  rows,
  missing = [],
}: WatchedPageParts): ExperimentPage {
  const means = meanMeasurements(rows);
  const [first, last] = [means[0], means.at(-1)];
  if (first === undefined || last === undefined) throw new Error("unreachable: nothing was measured");
  const { name, title } = experiment;
  const words = WORDS[experiment.measure]({ experiment, first, last, rows });
  const { data, epochs, runs } = experiment.profiles.full;
  const full = profile.data === data && profile.epochs === epochs && first.runs === runs;
  const cautions = [
    ...(full
      ? []
      : [
          `Not the full protocol, which is ${epochs} epochs on ${data} and ${counted(runs, "run")}: the course can be compared, the figures cannot.`,
        ]),
    ...incomplete(missing),
  ];
  return {
    ...words,
    ...(EXPERIMENTS.some((one) => one.name === name) ? {} : { expected: ownTable(experiment, first, last) }),
    source: experiment.source,
    title: `${title} (${profileName} profile)`,
    ...(cautions.length === 0 ? {} : { caution: cautions.join(" ") }),
    figures: [watchedFigure({ name, ...WATCHED_FIGURES[experiment.measure], rows })],
    measured: [measuredTable(means, profile)],
    protocol: protocolOf(asProfiled(experiment, profile), profile, profileName, first.runs),
  };
}

/** In the place of published figures, for an experiment of a user's own. */
function ownTable({ measure }: WatchedExperiment, first: MeanMeasurement, last: MeanMeasurement): PageTable {
  return {
    title: "Before and after training",
    head: ["Quantity", "Before training", "After training"],
    rows: WATCHED_FIGURES[measure].shown.map((name) => [
      measureWords(name),
      figure(meanOf(first, name)),
      figure(meanOf(last, name)),
    ]),
    note: "Nothing is published of this experiment.",
  };
}

interface Found {
  readonly experiment: WatchedExperiment;
  readonly first: MeanMeasurement;
  readonly last: MeanMeasurement;
  readonly rows: readonly Watched<Measurement>[];
}
type Words = Pick<ExperimentPage, "answer" | "question" | "expected">;

const WORDS = {
  "label-fit": labelFitWords,
  "tangent-kernels": tangentWords,
  "kernel-machine": machineWords,
  "feature-machine": featureMachineWords,
} as const satisfies Record<MeasureName, (found: Found) => Words>;

function labelFitWords({ experiment: { classes }, first, last, rows }: Found): Words {
  const [before, after] = [meanOf(first, "nu"), meanOf(last, "nu")];
  const nu = (seed: number, epoch: number): number =>
    rows.find((row) => row.seed === seed && row.epoch === epoch)?.measured.nu ?? Number.NaN;
  const seeds = [...new Set(rows.map(({ seed }) => seed))];
  const [one, other, ...more] = classes ?? [];
  const task = other === undefined || more.length > 0 ? "its classes apart" : `${one} from ${other}`;
  const fell = seeds.filter((seed) => nu(seed, last.epoch) < nu(seed, first.epoch)).length;
  return {
    answer:
      after < before
        ? `The gates learn: while the network learns to tell ${task}, the ν of its path kernel falls from ${figure(before)} to ${figure(after)}.`
        : `The gates do not learn here: while the network learns to tell ${task}, the ν of its path kernel does not fall (${figure(before)} before training, ${figure(after)} after it).`,
    question:
      "ν = yᵀ Ĥ⁻¹ y, with Ĥ the path kernel over its trace, says how badly the kernel of the gates fits the labels. Does it fall while a ReLU network trains?",
    expected: {
      title: "Against the paper",
      head: ["Quantity", "Measured", "Published"],
      rows: [
        ["Change of ν in training", `× ${(after / before).toPrecision(3)}`, "it falls"],
        ["Runs in which it fell", `${fell} of ${seeds.length}`, "–"],
      ],
      note: "The paper shows ν falling over the epochs in a figure; the course is compared, not numbers.",
    },
  };
}

function tangentWords({ first, last }: Found): Words {
  const course = (part: "value" | "feature"): string => {
    const [before, after] = [meanOf(first, `${part} trace, class`), meanOf(last, `${part} trace, class`)];
    return `the trace of the ${part} tangent kernel ${after < before ? "falls" : "grows"} from ${figure(before)} to ${figure(after)}`;
  };
  const rows = (["value", "feature"] as const).flatMap((part) =>
    (["class", "logit 0"] as const).map((output) => {
      const [before, after] = [meanOf(first, `${part} trace, ${output}`), meanOf(last, `${part} trace, ${output}`)];
      return [`${part === "value" ? "Value" : "Feature"} trace, ${output}`, figure(before), figure(after), "–"];
    }),
  );
  return {
    answer: `While gates and values learn apart, ${listed([course("value"), course("feature")])}.`,
    question:
      "Where one network makes the gates of another and both learn, the tangent kernel is the sum of one for the values and one for the features. How large are they?",
    expected: {
      title: "Against the paper",
      head: ["Quantity", "Before training", "After training", "Published"],
      rows,
      note:
        "Nothing to compare with: the authors' notebook differentiates the sum of the ten softmax outputs, which is constantly 1, so that its " +
        "tangent kernel is exactly 0. Here the output is named: the logit of each example's class, and logit 0.",
    },
  };
}

function machineWords({ first, last, rows }: Found): Words {
  const [before, after] = [meanOf(first, "test accuracy %"), meanOf(last, "test accuracy %")];
  const { flnpf, "frnpf-ii": random } = fcMnistAdam.published;
  const climbs = after > before;
  const percent = (value: number): string => `${value.toFixed(2)} %`;
  const published = ([mean, std]: readonly [number, number]): string => `${mean.toFixed(2)} ± ${std.toFixed(2)}`;
  return {
    answer: `A kernel machine that knows only the gates reaches ${percent(before)} with random gates and ${percent(after)} with those of the trained network: ${
      climbs ? "training improves the gates" : "here training does not help it"
    }.`,
    question:
      "If a network keeps what it learns in its gates, a kernel machine that knows nothing else must become better while the network trains, " +
      "towards a network trained anew behind these gates (FLNPF).",
    expected: {
      title: "Against the paper",
      head: ["Gates", "Kernel machine, %", "Published network, %"],
      rows: [
        ["Random", before.toFixed(2), published(random)],
        ["Trained", after.toFixed(2), published(flnpf)],
        ["Change in training", signed(after - before), signed(flnpf[0] - random[0])],
        ["Rises", `${rises(rows)} of ${pairs(rows)}`, "–"],
      ],
      note:
        "The kernel machine goes beyond the paper. Published are its networks behind fixed gates, random (FRNPF(II)) and learnt (FLNPF): the " +
        "same architecture and optimizer on the 60,000 images of MNIST, 100 epochs. The gain is what can be compared, not the figures.",
    },
  };
}

function featureMachineWords({ first, last }: Found): Words {
  const [before, after] = [meanOf(first, "test accuracy %"), meanOf(last, "test accuracy %")];
  const { flnpf, "frnpf-ii": random } = gconvCifar10Adam.published;
  const percent = (value: number): string => `${value.toFixed(2)} %`;
  const published = ([mean, std]: readonly [number, number]): string => `${mean.toFixed(2)} ± ${std.toFixed(2)}`;
  const gain = after - before;
  return {
    answer: `A kernel machine that knows only the gates of the network reaches ${percent(before)} behind random gates and ${percent(after)} behind trained ones: ${
      gain > 0 ? "training improves the gates" : "here training does not help it"
    }.`,
    question:
      "The kernel of random gates is, at infinite width, that of Arora et al., which no training enters. What does training add to it, on all images?",
    expected: {
      title: "Against published figures",
      head: ["Gates", "Kernel machine, %", "Published, %"],
      rows: [
        ["Random", before.toFixed(2), `${published(random)} (network behind random gates)`],
        ["Random, infinitely many", "–", `${INFINITE_WIDTH_CIFAR10.toFixed(2)} (infinite-width kernel with pooling)`],
        ["Trained", after.toFixed(2), `${published(flnpf)} (network behind trained gates)`],
        ["Change in training", signed(gain), signed(flnpf[0] - random[0])],
      ],
      note:
        "Published are GCONV's networks behind fixed gates, on all of CIFAR-10 for 200 epochs, and the exact infinite-width kernel of a deeper network. " +
        "Random features only estimate the kernel: with as many features as the profile says the machine is weaker than that of the exact kernel.",
    },
  };
}

/** Accuracies of each run in the order of its epochs, side by side in pairs. */
const accuracyPairs = (rows: Found["rows"]): readonly (readonly [number, number])[] =>
  [...new Set(rows.map(({ seed }) => seed))].flatMap((seed) => {
    const own = rows.filter((row) => row.seed === seed).sort((a, b) => a.epoch - b.epoch);
    const accuracies = own.map(({ measured }) => measured["test accuracy %"] ?? Number.NaN);
    return accuracies.slice(1).map((after, i) => [accuracies[i] ?? Number.NaN, after] as const);
  });
const pairs = (rows: Found["rows"]): number => accuracyPairs(rows).length;
const rises = (rows: Found["rows"]): number => accuracyPairs(rows).filter(([before, after]) => after > before).length;

const meanOf = ({ measured }: MeanMeasurement, name: string): number => measured[name]?.mean ?? Number.NaN;

/** Every number that was measured, an epoch a row. */
function measuredTable(means: readonly MeanMeasurement[], { examples }: WatchedProfile): PageTable {
  const [first] = means;
  const names = Object.keys(first?.measured ?? {});
  const runs = first?.runs ?? 0;
  return {
    title: "Measured",
    head: ["Epoch", "Network, test %", ...names.map(measureWords)],
    rows: means.map(({ epoch, testAccuracy, measured }) => [
      String(epoch),
      testAccuracy === undefined ? "–" : testAccuracy.mean.toFixed(2),
      ...names.map((name) => {
        const { mean, std } = measured[name] ?? { mean: Number.NaN, std: 0 };
        return runs === 1 ? figure(mean) : `${figure(mean)} ± ${figure(std)}`;
      }),
    ]),
    note: `On ${grouped(examples)} training examples; ${
      runs === 1 ? "one run" : `mean ± standard deviation over ${runs} runs`
    }. Epoch 0 is before training.`,
  };
}

function protocolOf(
  { architecture, regime, optimizer, loss, batch, classes }: WatchedExperiment,
  { data, epochs, every, examples, limit, testLimit, features }: WatchedProfile,
  profileName: ProfileName,
  runs: number,
): ExperimentPage["protocol"] {
  return [
    { name: "Profile", values: [profileName] },
    { name: "Architecture", values: [architectureWords(architecture)] },
    {
      name: "Training",
      values: [
        `regime ${regime}; ${optimizer.kind}, learning rate ${optimizer.learningRate}; ${loss.replaceAll("-", " ")}; batches of ${batch}; ${counted(epochs, "epoch")}; ${counted(runs, "run")}`,
      ],
    },
    {
      name: "Measured",
      values: [
        `before training, then every ${counted(every, "epoch")}, on ${grouped(examples)} training examples${
          features === undefined ? "" : `, by ${grouped(features)} random features`
        }`,
      ],
    },
    {
      name: "Data",
      values: [
        classes === undefined ? data : `${data}, classes ${listed(classes.map(String))}`,
        ...(limit === undefined ? [] : [`the first ${grouped(limit)} training examples`]),
        ...(testLimit === undefined ? [] : [`the first ${grouped(testLimit)} test examples`]),
      ],
    },
  ];
}

/** Four digits, `16,727` from a thousand on. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 1000 && Math.abs(value) < 1e9) return grouped(Math.round(value));
  return String(Number(value.toPrecision(4)));
}

const signed = (value: number): string => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)}`;
