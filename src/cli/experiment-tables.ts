/** What a terminal and `--json` show of the results of each kind of experiment. */
import {
  chosenRidge,
  EXPLANATION_FIGURES,
  type ExperimentKind,
  type ExplanationRow,
  influenceCeiling,
  lossTables,
  type PublishedFigure,
  skippedSets,
  UNFAMILIAR_SETS,
} from "../experiments/index.ts";
import { type Findings, type FindingsOf, type ResultRowsOf, resultRows, type TrialFindings } from "../runs/index.ts";
import { dim } from "./colors.ts";
import { type Column, formatTable } from "./table.ts";

export interface ShownResults {
  /** The fields of the JSON result, beside experiment, profile and report. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
}

type Show<K extends ExperimentKind> = (found: FindingsOf<K>, rows: ResultRowsOf<K>) => ShownResults;

const SHOWN: { readonly [K in ExperimentKind]: Show<K> } = {
  regimes: (found, rows) => ({
    json: { rows },
    text: withProtocolNote(
      formatTable(
        [{ title: "regime" }, ...["test accuracy %", "runs", "published", "difference"].map(right)],
        rows.map(({ title, mean, std, runs, published, difference }) => [
          title,
          plusMinus(mean, std),
          String(runs.length),
          publishedText(published, plusMinus),
          difference === null ? "–" : signed(difference),
        ]),
      ),
      found,
      Object.keys(found.experiment.published).length > 0,
    ),
  }),
  arms: (found, rows) => ({
    json: { rows },
    text: withProtocolNote(
      formatTable(
        [{ title: "network" }, ...["test accuracy %", "runs", "published"].map(right)],
        rows.map(({ title, mean, std, runs, published }) => [
          title,
          interval(mean, std),
          String(runs.length),
          publishedText(published, interval),
        ]),
      ),
      found,
      rows.some(({ published }) => published !== null),
    ),
  }),
  watched: ({ length, rows: measurements }, rows) => {
    const names = Object.keys(measurements[0]?.measured ?? {});
    const table = formatTable(
      ["epoch", "network %", ...names].map(right),
      rows.map(({ epoch, testAccuracy, measured }) => [
        String(epoch),
        testAccuracy === undefined ? "–" : testAccuracy.mean.toFixed(2),
        ...names.map((name) => Number((measured[name]?.mean ?? Number.NaN).toPrecision(5)).toString()),
      ]),
    );
    return { json: { rows: measurements }, text: `${table}\n\nmeasured on ${length.examples} examples` };
  },
  monitor: ({ runs }, rows) => {
    const sets = [...new Set(rows.map(({ set }) => set))];
    const titles = [...new Set(rows.map(({ title }) => title))];
    const table = formatTable(
      [{ title: "AUROC %" }, ...sets.map((set) => right(UNFAMILIAR_SETS[set]))],
      titles.map((title) => [
        title,
        ...sets.map((set) => {
          const row = rows.find((one) => one.set === set && one.title === title);
          return row === undefined ? "–" : `${row.mean.toFixed(1)} ± ${row.std.toFixed(1)}`;
        }),
      ]),
    );
    const accuracies = runs.flatMap(
      ({ measured }) => measured.find(({ set }) => set === "test")?.values["accuracy %"] ?? [],
    );
    const skipped = skippedSets(runs.map(({ measured }) => measured));
    const words = [`test accuracy ${accuracies.map((one) => one.toFixed(2)).join(", ")}`, ...skipped];
    return { json: { rows, accuracies, skipped }, text: `${table}\n\n${words.join("\n")}\n` };
  },
  trees: (_, rows) => {
    const table = formatTable(
      [{ title: "network" }, ...["test accuracy %", "runs", "paper", "independent", "difference"].map(right)],
      rows.map(({ title, mean, std, runs, published: { paper, independent }, difference }) => [
        title,
        plusMinus(mean, std),
        String(runs.length),
        paper.toFixed(2),
        independent.toFixed(1),
        signed(difference),
      ]),
    );
    return { json: { rows }, text: `${table}\n` };
  },
  influence: ({ trained, experiment, scores }, rows) => {
    const ceiling = influenceCeiling(lossTables(trained));
    const table = formatTable(
      [{ title: "similarity" }, ...["score", "networks", "path kernel above it"].map(right)],
      rows.map(({ similarity, score, error, networks, behind, behindError }, i) => [
        similarity,
        `${score.toFixed(3)} ± ${error.toFixed(3)}`,
        String(networks.length),
        i === 0 ? "–" : `${behind.toFixed(3)} ± ${behindError.toFixed(3)}`,
      ]),
    );
    const words = `rank correlation of predicted and actual losses; two trainings of a half agree by ${ceiling.agreement.toFixed(3)}, which leaves ${ceiling.ceiling.toFixed(3)} to reach`;
    return {
      json: { rows, ceiling, chosenRidge: chosenRidge(scores, experiment.ridges) ?? null },
      text: `${table}\n\n${words}\n`,
    };
  },
  explanation: ({ length, runs }, rows) => {
    const accuracies = runs.flatMap(({ measured }) =>
      measured.flatMap((one) => (one.part === "test" ? [one.accuracy] : [])),
    );
    const table = formatTable(
      [{ title: "" }, ...["measured", "theory"].map(right)],
      rows.map((row) => [
        `${EXPLANATION_FIGURES[row.figure].title}, ${row.title}`,
        explanationText(row),
        rangeText(row),
      ]),
    );
    const words = `the first ${length.images} test images; test accuracy ${accuracies.map((one) => one.toFixed(2)).join(", ")}`;
    return { json: { rows, accuracies }, text: `${table}\n\n${words}\n` };
  },
  theorem: (_, series) => ({ json: { series }, text: series.map((one) => `${seriesText(one)}\n`).join("\n") }),
};

export const shownResults = (findings: Findings): ShownResults => shownOfKind(findings.kind, findings);
const shownOfKind = <K extends ExperimentKind>(kind: K, findings: FindingsOf<K>): ShownResults =>
  SHOWN[kind](findings, resultRows(kind, findings));

const right = (title: string): Column => ({ title, align: "right" });
const plusMinus = (mean: number, std: number): string => `${mean.toFixed(2)} ± ${std.toFixed(2)}`;
const explanationText = ({ mean, std, runs, figure }: ExplanationRow): string => {
  const { digits } = EXPLANATION_FIGURES[figure];
  return runs.length < 2 ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${std.toFixed(digits)}`;
};
const rangeText = ({ published }: ExplanationRow): string =>
  published === null ? "–" : [...new Set(published)].join(" to ");
/** A figure without a deviation stands alone. */
const interval = (mean: number, std: number): string => (std === 0 ? mean.toFixed(2) : plusMinus(mean, std));

const publishedText = (published: PublishedFigure | null, text: typeof plusMinus): string =>
  published === null ? "–" : text(published[0], published[1]);

/** A table of a short run, with what its published figures were measured on. */
const withProtocolNote = (table: string, { profile }: Pick<TrialFindings, "profile">, isPublished: boolean): string =>
  profile === "full" || !isPublished
    ? table
    : `${table}\n${dim("published figures are of the full protocol: all images, the paper's network and rate, more epochs")}`;

function seriesText({ title, unit, rows, draws, slope, slopeError, fitFrom }: ResultRowsOf<"theorem">[number]): string {
  const table = formatTable(
    [right(unit), right("relative error"), right("draws")],
    rows.map(({ width, meanError, stdError }) => [
      String(width),
      `${meanError.toFixed(4)} ± ${stdError.toFixed(4)}`,
      String(draws),
    ]),
  );
  return `${title}\n${table}\nslope ${slope.toFixed(3)} ± ${slopeError.toFixed(3)} from ${unit} ${fitFrom} on (theory: −0.5)`;
}

const signed = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
