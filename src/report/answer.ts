import type { SummaryRow } from "../experiments/index.ts";
import { largestOf } from "../graph/index.ts";
import { REGIMES, type RegimeName } from "../network/index.ts";
import { hundredths } from "./summary-rows.ts";

/**
 * The paper's question answered by these runs, in sentences: of what learning gains over random gates, how much do the
 * gates of a trained network keep when their values are learnt anew (FLNPF against ReLU, both less FRNPF)?
 *
 * Every figure is of two decimals and every difference one of such figures, so it can be checked against the table.
 * What the runs do not show is said instead.
 */
export function answerOf(rows: readonly SummaryRow[]): string {
  if (rows.length === 0) return "No run has finished, so there is no answer yet.";
  const random = rowOf(rows, "frnpf-ii") ?? rowOf(rows, "frnpf-di");
  const learnt = rowOf(rows, "flnpf");
  const free = rowOf(rows, "relu");
  const sentences =
    random && learnt && free ? shareSentences(random, learnt, free) : missingSentences(rows, { random, learnt, free });
  return [...sentences, ...decoupledSentence(rows), ...spreadSentence(rows)].join(" ");
}

const rowOf = (rows: readonly SummaryRow[], regime: RegimeName): SummaryRow | undefined =>
  rows.find((row) => row.regime === regime);

const percent = ({ mean }: SummaryRow): string => `${(hundredths(mean) / 100).toFixed(2)} %`;
const points = (gain: number): string => (gain / 100).toFixed(2);
const titleOf = ({ regime }: SummaryRow): string => REGIMES[regime].title;

function shareSentences(random: SummaryRow, learnt: SummaryRow, free: SummaryRow): readonly string[] {
  const kept = hundredths(learnt.mean) - hundredths(random.mean);
  const gained = hundredths(free.mean) - hundredths(random.mean);
  const reached =
    `Gates learnt by a ReLU network and then frozen (FLNPF) reach ${percent(learnt)}, random gates ` +
    `(${titleOf(random)}) ${percent(random)}, the ReLU network itself ${percent(free)}`;
  if (gained <= 0) {
    return [
      `${reached}.`,
      "Here the ReLU network is no better than random gates, so there is no gain that could be in the gates; " +
        "the ordering of the paper does not hold.",
    ];
  }
  if (kept <= 0) {
    return [
      `${reached}.`,
      `Here learnt gates are no better than random ones: none of the ${points(gained)} points that learning gains are ` +
        "in the gates, and the ordering of the paper does not hold.",
    ];
  }
  if (kept > gained) {
    return [
      `${reached}: frozen gates do better than the network that learnt them, so all of the ${points(gained)} points that ` +
        "learning gains are in the gates.",
    ];
  }
  return [
    `${reached}: ${points(kept)} of the ${points(gained)} points that learning gains are in the gates ` +
      `(${Math.round((100 * kept) / gained)} %).`,
  ];
}

function missingSentences(
  rows: readonly SummaryRow[],
  needed: { random: SummaryRow | undefined; learnt: SummaryRow | undefined; free: SummaryRow | undefined },
): readonly string[] {
  const missing = [
    ...(needed.random ? [] : ["random gates (FRNPF)"]),
    ...(needed.learnt ? [] : ["learnt and then frozen gates (FLNPF)"]),
    ...(needed.free ? [] : ["the ReLU network"]),
  ];
  const figures = rows
    .filter(({ regime }) => regime !== "dlnpf")
    .map((row) => `${titleOf(row)} reaches ${percent(row)}`);
  return [
    ...(figures.length === 0 ? [] : [`${figures.join(", ")}.`]),
    `How much of the gain is in the gates cannot be said without a finished run of ${listed(missing)}.`,
  ];
}

function decoupledSentence(rows: readonly SummaryRow[]): readonly string[] {
  const decoupled = rowOf(rows, "dlnpf");
  return decoupled === undefined
    ? []
    : [`Gates and values learnt at once but in two networks (DLNPF) reach ${percent(decoupled)}.`];
}

function spreadSentence(rows: readonly SummaryRow[]): readonly string[] {
  const single = rows.filter(({ runs }) => runs.length === 1);
  if (single.length === rows.length) return ["With one run of each regime the spread is unknown."];
  const spread = largestOf(rows.map(({ std }) => hundredths(std)));
  const unknown = single.length === 0 ? "" : ` (unknown for ${listed(single.map(titleOf))}, of one run)`;
  return [`The standard deviation over runs is at most ${points(spread)} points${unknown}.`];
}

/** `a, b and c`. */
export const listed = (items: readonly string[]): string =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
