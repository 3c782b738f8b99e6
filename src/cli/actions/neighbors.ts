import { GatewiseError } from "../../errors.ts";
import type { Neighbor } from "../../gates/index.ts";
import {
  type LabeledNeighbor,
  type ManyNeighbors,
  type Model,
  type NeighborPair,
  neuralPathKernelWay,
} from "../../models/index.ts";
import { parseWhole } from "../../parse-value.ts";
import { readInputs, workerCount } from "../../runs/node/index.ts";
import { type ModelRequest, openModelWithInputs, readModelOptions } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inGlossary } from "../glossary.ts";
import { checkedQuery, predictionsOf, readLabels } from "../labeled-examples.ts";
import type { ModelOptions } from "../model-option.ts";
import { note, printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { inStages } from "../stages.ts";
import { type Column, formatTable } from "../table.ts";

type Options = ModelOptions &
  Readonly<Record<"inputs" | "top", string>> &
  Readonly<Partial<Record<"query" | "train" | "labels" | "heldOut" | "threads", string>>> & {
    readonly pairs?: boolean;
  };

interface NeighborsRequest {
  readonly request: ModelRequest;
  readonly file: string;
  readonly train: string | undefined;
  readonly labels: string | undefined;
  readonly query: number | undefined;
  readonly pairs: boolean;
  readonly heldOut: number | undefined;
  readonly threads: number;
  readonly top: number;
}

export const neighbors = inStages(({ context: { environment } }, options: Options): NeighborsRequest => {
  const { query, train, labels, heldOut, threads, pairs = false } = options;
  const whole = (flag: string, text: string | undefined, least: number): number | undefined =>
    text === undefined ? undefined : parseWhole(flag, text, least);
  const request: NeighborsRequest = {
    request: readModelOptions(options),
    file: options.inputs,
    train,
    labels,
    query: whole("--query", query, 0),
    pairs,
    heldOut: whole("--held-out", heldOut, 0),
    threads: workerCount(whole("--threads", threads, 1), environment),
    top: parseWhole("--top", options.top, 1),
  };
  refuseUnused(request);
  return request;
}, findNeighbors);

/** What says nothing beside the others, and what is missing. */
function refuseUnused({ query, train, pairs, heldOut }: NeighborsRequest): void {
  const refused = (received: string, expected: string, next: string): GatewiseError =>
    new GatewiseError({ received, expected, next });
  if (pairs && query !== undefined) {
    throw refused("--pairs with --query", "all pairs, or one query", "leave one of them out");
  }
  if (heldOut !== undefined && (pairs || train === undefined)) {
    throw refused(
      `--held-out ${pairs ? "with --pairs" : "without --train"}`,
      "examples to hold out, and queries to compare with them",
      pairs ? "leave one of them out" : "add --train X.npy, or leave --held-out out",
    );
  }
  if (query === undefined && train === undefined && !pairs) {
    throw refused(
      "neither --query nor --train nor --pairs",
      "what to find neighbors of",
      "add --query I for one of the inputs, --train X.npy for all of them among other examples, or --pairs",
    );
  }
}

async function findNeighbors(request: NeighborsRequest, context: CliContext): Promise<ExitCode> {
  const { threads } = request;
  const { model, inputs } = await openModelWithInputs(context, request.request, request.file, { threads });
  await using _ = model;
  const train = request.train === undefined ? undefined : await readInputs(model, request.train);
  const labels = await readLabels(request.labels, {
    option: "--labels",
    examples: (train ?? inputs).shape[0] ?? 0,
    of: "--train where that is given, else of --inputs",
  });
  const { top, query, heldOut } = request;
  const asked = { top, signal: context.signal };
  tellLength(model, request, [(train ?? inputs).shape[0] ?? 0, inputs.shape[0] ?? 0], context);
  if (request.pairs) {
    const pairs = await withStages(context, (onProgress) =>
      model.neighborPairs(train ?? inputs, { ...asked, others: train && inputs, onProgress }),
    );
    const labelsOf = ({ examples: [a, b] }: NeighborPair): readonly (number | null)[] | undefined =>
      labels && [labels[a] ?? null, train === undefined ? (labels[b] ?? null) : null];
    printResult(
      context,
      {
        of: train === undefined ? ["inputs", "inputs"] : ["train", "inputs"],
        pairs: pairs.map((pair) => {
          const own = labelsOf(pair);
          return own === undefined ? finite(pair) : { ...finite(pair), labels: own };
        }),
      },
      () =>
        describePairs(pairs, labelsOf, train === undefined ? ["example", "example"] : ["of --train", "of --inputs"]),
    );
    return EXIT.done;
  }
  if (train === undefined) {
    const i = query ?? 0;
    const plain = await withStages(context, (onProgress) => model.neighbors(inputs, i, { ...asked, onProgress }));
    const found = plain.map((one): LabeledNeighbor => {
      const label = labels?.[one.example];
      return label === undefined ? one : { ...one, label };
    });
    printResult(context, { query: i, neighbors: found.map(finite) }, () => describeOne(found));
    return EXIT.done;
  }
  const chosen = query === undefined ? inputs : inputs.example(checkedQuery(query, inputs.shape[0] ?? 0));
  const answer = await withStages(context, (onProgress) =>
    model.neighbors(train, chosen, { ...asked, labels, heldOut, onProgress }),
  );
  const predicted = await predictionsOf(model, chosen, context);
  const first = query ?? 0;
  const result = {
    train: train.shape[0] ?? 0,
    queries: answer.queries.map(({ percentile, neighbors: found }, i) => ({
      query: first + i,
      predicted: predicted[i] ?? null,
      percentile,
      neighbors: found.map(finite),
    })),
    heldOut: heldOutJson(answer.heldOut),
  };
  printResult(context, result, () => describeMany(answer, predicted, first));
  return EXIT.done;
}

/** Pairs that are announced, where each takes a pass through the network: a minute or so. */
const MANY_PAIRS = 50_000;

function tellLength(
  model: Model,
  { query, pairs, train, heldOut }: NeighborsRequest,
  [searched, asked]: readonly [number, number],
  context: CliContext,
): void {
  const isHalf = pairs && train === undefined;
  const held = pairs || train === undefined ? 0 : Math.min(heldOut ?? 100, searched);
  const count = isHalf ? (searched * (searched - 1)) / 2 : searched * (held + (query === undefined ? asked : 1));
  if (count < MANY_PAIRS || neuralPathKernelWay(model.network).kind === "packed bits") return;
  note(
    context,
    `${count.toLocaleString("en-US")} pairs of inputs, each a pass through the network (about 1 ms for 20,000 gates in one thread): fewer inputs or examples of --train take less`,
  );
}

/** JSON has no −∞: no shared paths are null. */
const finite = <T extends Pick<Neighbor, "log2SharedPaths">>(shared: T) => ({
  ...shared,
  log2SharedPaths: Number.isFinite(shared.log2SharedPaths) ? shared.log2SharedPaths : null,
});

const quantile = (rising: readonly number[], share: number): number | null =>
  rising[Math.max(0, Math.ceil(share * rising.length) - 1)] ?? null;

const heldOutJson = (rising: readonly number[]) => ({
  examples: rising.length,
  lowest: rising[0] ?? null,
  fifthPercentile: quantile(rising, 0.05),
  median: quantile(rising, 0.5),
});

const right = (title: string): Column => ({ title, align: "right" });

const GLOSSARY = inGlossary("similarity, shared paths, percentile");

const sharedCells = ({ similarity, log2SharedPaths, sharedGates }: Omit<Neighbor, "example">): readonly string[] => [
  similarity.toFixed(4),
  Number.isFinite(log2SharedPaths) ? `2^${log2SharedPaths.toFixed(2)}` : "0",
  (100 * sharedGates).toFixed(1),
];
const SHARED_COLUMNS = [right("similarity"), right("shared paths"), right("shared gates %")];

function describeOne(found: readonly LabeledNeighbor[]): string {
  const isLabeled = found.some(({ label }) => label !== undefined);
  const table = formatTable(
    [right("example"), ...(isLabeled ? [right("label")] : []), ...SHARED_COLUMNS],
    found.map((one) => [String(one.example), ...(isLabeled ? [String(one.label)] : []), ...sharedCells(one)]),
  );
  return `${table}\n\n${GLOSSARY}`;
}

function describePairs(
  pairs: readonly NeighborPair[],
  labelsOf: (pair: NeighborPair) => readonly (number | null)[] | undefined,
  titles: readonly [string, string],
): string {
  const isLabeled = pairs[0] !== undefined && labelsOf(pairs[0]) !== undefined;
  const table = formatTable(
    [...titles.map(right), ...(isLabeled ? [right("labels")] : []), ...SHARED_COLUMNS],
    pairs.map((pair) => [
      ...pair.examples.map(String),
      ...(isLabeled ? [(labelsOf(pair) ?? []).map((label) => label ?? "–").join(", ")] : []),
      ...sharedCells(pair),
    ]),
  );
  return `${table}\n\n${GLOSSARY}`;
}

function describeMany({ queries, heldOut }: ManyNeighbors, predicted: readonly number[], first: number): string {
  const isLabeled = queries.some(({ neighbors: [nearest] }) => nearest?.label !== undefined);
  const table = formatTable(
    [
      right("query"),
      right("predicted"),
      right("percentile"),
      right("nearest"),
      right("similarity"),
      ...(isLabeled ? [{ title: "labels, the nearest first" }] : [{ title: "examples, the nearest first" }]),
    ],
    queries.map(({ neighbors: found, percentile }, i) => [
      String(first + i),
      String(predicted[i] ?? "–"),
      percentile === null ? "–" : percentile.toFixed(1),
      String(found[0]?.example ?? "–"),
      found[0]?.similarity.toFixed(4) ?? "–",
      found.map(({ example, label }) => (isLabeled ? label : example)).join(" "),
    ]),
  );
  const usual =
    heldOut.length === 0
      ? "no examples were held out: no percentile"
      : `percentile: of ${heldOut.length} examples of --train, each held out and compared with all the others, the share whose nearest similarity is at most the query's (their median ${quantile(heldOut, 0.5)?.toFixed(4)}); near 0 the query is like none of them`;
  return `${table}\n\n${usual}\n${GLOSSARY}`;
}
