/** The influence of training examples in words and tables. */
import { largestOf } from "../graph/index.ts";
import type {
  BothSides,
  InfluentialExample,
  LabelNoise,
  QueryInfluence,
  SuspectLabel,
  TrainingInfluence,
} from "../models/index.ts";
import { type Column, formatTable } from "./table.ts";

/** What was asked for. */
export interface InfluenceFound {
  readonly kind: TrainingInfluence["kind"];
  readonly queries: readonly QueryInfluence[] | undefined;
  /** Number of the first query. */
  readonly first: number;
  readonly labelNoise: LabelNoise | undefined;
}

export function influenceText({ kind, queries, first, labelNoise }: InfluenceFound): string {
  const parts = [
    ...(queries ?? []).map((query, i) => queryText(query, first + i)),
    ...(queries === undefined || queries.length === 0 ? [] : [scoreWords(kind, queries[0]?.label !== null)]),
    ...(labelNoise === undefined ? [] : [noiseText(kind, labelNoise)]),
  ];
  return parts.join("\n\n");
}

const right = (title: string): Column => ({ title, align: "right" });

const number = (value: number | null): string =>
  value === null ? "–" : Number.isInteger(value) ? String(value) : value.toPrecision(4);

function queryText({ predicted, label, control, unmoved, ...sides }: QueryInfluence, query: number): string {
  const words = [
    `query ${query}`,
    ...(predicted === null ? [] : [`predicted ${number(predicted)}`]),
    ...(label === null ? [] : [`should be ${number(label)}`]),
  ];
  const columns = [
    ...columnsOf(sides, "", "helped", "hurt"),
    ...(control === null ? [] : columnsOf(control, "by inputs: ", "helped", "hurt")),
  ];
  const rows = largestOf(
    columns.map(({ cells }) => cells.length),
    0,
  );
  const head = [words.join(", "), ...(unmoved === null ? [] : [`no example moves it: ${UNMOVED[unmoved]}`])].join("\n");
  if (rows === 0) return head;
  const table = formatTable(
    columns.map(({ title }) => right(title)),
    Array.from({ length: rows }, (_, i) => columns.map(({ cells }) => cells[i] ?? "")),
  );
  return `${head}\n${table}`;
}

const UNMOVED = {
  "no slope": "its loss has no slope, so sure is the network",
  "no shared paths": "it has no active path in common with any of them",
  "too small": "what they do is too small to be told",
} as const satisfies Record<NonNullable<QueryInfluence["unmoved"]>, string>;

const columnsOf = (
  { top, bottom }: BothSides,
  before: string,
  ...titles: readonly [string, string]
): readonly { readonly title: string; readonly cells: readonly string[] }[] =>
  [top, bottom].map((examples, i) => ({ title: `${before}${titles[i]}`, cells: examples.map(cellOf) }));

const cellOf = ({ example, label, score }: InfluentialExample): string =>
  `${example}${label === null ? "" : ` (${number(label)})`} ${scoreCell(1000 * score)}`;

/** Of an input that the network is sure of scores are tiny, and their order still tells. */
const scoreCell = (score: number): string => (Math.abs(score) < 0.01 ? score.toExponential(2) : score.toFixed(2));

function scoreWords(kind: TrainingInfluence["kind"], isLabeled: boolean): string {
  if (kind === "values") {
    return isLabeled
      ? "example (its value) and 1000 × score: above 0 it lowers the squared error of the query"
      : "example (its value) and 1000 × score: what it adds to the prediction, for --query-labels were not given";
  }
  return `example (its label) and 1000 × score: above 0 it lowers the loss of the query${isLabeled ? "" : ", taken to be of the predicted class, for --query-labels were not given"}. By inputs: the control, which knows nothing of the network`;
}

function noiseText(kind: TrainingInfluence["kind"], { diagonal, classes, ranked, control }: LabelNoise): string {
  const cell = (suspects: readonly SuspectLabel[] | null, i: number): string => {
    const one = suspects?.[i];
    return one === undefined ? "" : `${one.example} (${number(one.label)})`;
  };
  const table = formatTable(
    [right("example"), right("label"), right("others say"), right("by"), right("by inputs"), right("by the loss")],
    ranked.map(({ example, label, suggested, score }, i) => [
      String(example),
      number(label),
      number(suggested),
      score.toFixed(3),
      cell(control.inputs, i),
      cell(control.loss, i),
    ]),
  );
  const [worst] = ranked;
  const heading =
    classes === 1
      ? "all labels are one class: the other examples cannot speak against it, only the network's own loss can"
      : kind === "classes" && worst !== undefined && worst.score <= 0
        ? "no label looks wrong: the other examples agree with each; those that they agree with least first"
        : "labels that look wrong, the worst first";
  return `${heading}\n${table}\n\nby: ${
    kind === "classes"
      ? "above 0 the other examples disagree with the label"
      : "how far the other examples are from the value"
  }. The controls beside it: the same by the cosine of the inputs, and by the network's own loss${
    diagonal === "exact"
      ? ""
      : ". Of so many examples what each says of itself is estimated: scores are off by some percent, and neighbors in the order may change places"
  }`;
}
