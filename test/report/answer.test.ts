import { describe, expect, it } from "vitest";
import type { RegimeName } from "../../src/network/index.ts";
import { answerOf } from "../../src/report/answer.ts";
import { gathered } from "../../src/report/gathered-runs.ts";
import { reportOf, trialOfAccuracy } from "./fixture.ts";

/** Accuracies of the runs of some regimes. */
type Runs = Readonly<Partial<Record<RegimeName, readonly number[]>>>;

const REGIMES: readonly RegimeName[] = ["relu", "frnpf-ii", "frnpf-di", "flnpf", "dlnpf"];
const trialsOf = (runs: Runs) =>
  REGIMES.flatMap((regime) => (runs[regime] ?? []).map((accuracy, seed) => trialOfAccuracy(regime, seed, accuracy)));

const CASES: readonly { name: string; runs: Runs; answer: string }[] = [
  {
    name: "the ordering of the paper",
    runs: { "frnpf-ii": [94, 94.2], flnpf: [96.3, 96.5], dlnpf: [96.2, 96.2], relu: [96.7, 96.9] },
    answer:
      "Gates learnt by a ReLU network and then frozen (FLNPF) reach 96.40 %, random gates (FRNPF(II)) 94.10 %, the ReLU " +
      "network itself 96.80 %: 2.30 of the 2.70 points that learning gains are in the gates (85 %). Gates and values " +
      "learnt at once but in two networks (DLNPF) reach 96.20 %. The standard deviation over runs is at most 0.14 points.",
  },
  {
    name: "one run each, and only dependent random gates",
    runs: { "frnpf-di": [94], flnpf: [96], relu: [97] },
    answer:
      "Gates learnt by a ReLU network and then frozen (FLNPF) reach 96.00 %, random gates (FRNPF(DI)) 94.00 %, the ReLU " +
      "network itself 97.00 %: 2.00 of the 3.00 points that learning gains are in the gates (67 %). With one run of each " +
      "regime the spread is unknown.",
  },
  {
    name: "differences of the figures as shown (96.006 − 94.004 is 2.002, 96.01 − 94.00 is 2.01)",
    runs: { "frnpf-ii": [94.004], flnpf: [96.006], relu: [97] },
    answer:
      "Gates learnt by a ReLU network and then frozen (FLNPF) reach 96.01 %, random gates (FRNPF(II)) 94.00 %, the ReLU " +
      "network itself 97.00 %: 2.01 of the 3.00 points that learning gains are in the gates (67 %). With one run of each " +
      "regime the spread is unknown.",
  },
  {
    name: "frozen gates above the ReLU network",
    runs: { "frnpf-ii": [94], flnpf: [97.5], relu: [97] },
    answer:
      "Gates learnt by a ReLU network and then frozen (FLNPF) reach 97.50 %, random gates (FRNPF(II)) 94.00 %, the ReLU " +
      "network itself 97.00 %: frozen gates do better than the network that learnt them, so all of the 3.00 points that " +
      "learning gains are in the gates. With one run of each regime the spread is unknown.",
  },
  {
    name: "learnt gates no better than random ones",
    runs: { "frnpf-ii": [94], flnpf: [93], relu: [97] },
    answer:
      "Gates learnt by a ReLU network and then frozen (FLNPF) reach 93.00 %, random gates (FRNPF(II)) 94.00 %, the ReLU " +
      "network itself 97.00 %. Here learnt gates are no better than random ones: none of the 3.00 points that learning " +
      "gains are in the gates, and the ordering of the paper does not hold. With one run of each regime the spread is " +
      "unknown.",
  },
  {
    name: "a ReLU network no better than random gates",
    runs: { "frnpf-ii": [94], flnpf: [95], relu: [94] },
    answer:
      "Gates learnt by a ReLU network and then frozen (FLNPF) reach 95.00 %, random gates (FRNPF(II)) 94.00 %, the ReLU " +
      "network itself 94.00 %. Here the ReLU network is no better than random gates, so there is no gain that could be " +
      "in the gates; the ordering of the paper does not hold. With one run of each regime the spread is unknown.",
  },
  {
    name: "missing regimes",
    runs: { dlnpf: [96], relu: [96.8, 97] },
    answer:
      "ReLU reaches 96.90 %. How much of the gain is in the gates cannot be said without a finished run of random gates " +
      "(FRNPF) and learnt and then frozen gates (FLNPF). Gates and values learnt at once but in two networks (DLNPF) " +
      "reach 96.00 %. The standard deviation over runs is at most 0.14 points (unknown for DLNPF, of one run).",
  },
  { name: "no runs", runs: {}, answer: "No run has finished, so there is no answer yet." },
];

describe("answerOf", () => {
  it.each(CASES)("$name", ({ runs, answer }) => {
    expect(answerOf(gathered(reportOf(trialsOf(runs))).runs.rows({}))).toBe(answer);
  });
});
