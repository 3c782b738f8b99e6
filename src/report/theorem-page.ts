import type { ProfileName, TheoremExperiment, TheoremFinding, TheoremNetwork } from "../experiments/index.ts";
import { listed } from "./answer.ts";
import { grouped } from "./configuration.ts";
import { type ExperimentPage, incomplete, type PageTable } from "./experiment-page.ts";
import { theoremFigure } from "./theorem-figure.ts";

/** How far from −0.5 a slope may be: the theorem is of the limit, and these widths are finite. */
const TOLERANCE = 0.05;

/** What the page of the theorem is made of. */
export interface TheoremPageParts {
  readonly experiment: TheoremExperiment;
  readonly profileName: ProfileName;
  /** Of at least one series. */
  readonly findings: readonly TheoremFinding[];
  /** What is not done yet, a line a series. */
  readonly missing?: readonly string[];
}

/** The page of the theorem: the error over the width, its slope, and what theory 4.3 says. */
export const theoremPage = ({ experiment, profileName, findings, missing = [] }: TheoremPageParts): ExperimentPage => ({
  title: `${experiment.title} (${profileName} profile)`,
  ...(missing.length === 0 ? {} : { caution: incomplete(missing).join(" ") }),
  answer: answerOf(findings),
  question:
    "Where the values of a network are independent of its gates, the tangent kernel of the values is in the limit of width " +
    "d σ^(2(d−1)) times the neural path kernel. How far off is one network of finite width?",
  figures: [theoremFigure(findings)],
  measured: findings.map(measuredTable),
  expected: {
    title: "Against theory",
    head: ["Network", "Slope", "In theory", "Fitted over", "Reference errors"],
    rows: findings.map((finding) => [
      capital(NETWORK_WORDS[finding.network]),
      `${signed(finding.slope, 3)} ± ${finding.slopeError.toFixed(3)}`,
      "−0.500",
      `${finding.unit} ${fittedWords(finding)}`,
      finding.reference.map(([width, error]) => `${error} at ${grouped(width)}`).join(", ") || "–",
    ]),
    note:
      "Slope of the error on logarithmic axes by least squares, ± the standard error that the draws leave it. The theorem is of the limit, " +
      "so the smallest widths are left out of the fit. Reference errors: one draw of an independent computation, on other inputs.",
  },
  protocol: [
    ...findings.map((finding) => ({ name: capital(finding.title), values: [protocolWords(finding)] })),
    { name: "Weights", values: ["±σ with equal probability, no biases; gates of an independent network drawn alike"] },
    { name: "Profile", values: [profileName] },
  ],
  source: experiment.source,
});

function answerOf(findings: readonly TheoremFinding[]): string {
  const slopes = `with slope ${listed(findings.map(({ network, slope }) => `${signed(slope, 2)} (${NETWORK_WORDS[network]})`))}`;
  const off = findings.filter(({ slope }) => !(Math.abs(slope + 0.5) <= TOLERANCE));
  if (off.length === 0) {
    return `The tangent kernel comes to the path kernel as one over the root of the width: the error falls ${slopes}, in theory −0.5.`;
  }
  const told = off.some(({ slope, slopeError }) => Math.abs(slope + 0.5) > 2 * slopeError);
  return told
    ? `The error of the tangent kernel against the path kernel changes ${slopes}: this is not the −0.5 of theory.`
    : `The error of the tangent kernel against the path kernel falls ${slopes}: too few draws to tell whether that is the −0.5 of theory.`;
}

/** As a headline has it. */
const NETWORK_WORDS = {
  "fully-connected": "fully connected",
  convolutional: "convolutional",
} as const satisfies Record<TheoremNetwork, string>;

function measuredTable({ title, unit, rows, draws, fitFrom }: TheoremFinding): PageTable {
  return {
    title: capital(title),
    head: [capital(unit), "Relative error", "Standard deviation", "Draws", "In the fit"],
    rows: rows.map(({ width, meanError, stdError }) => [
      grouped(width),
      meanError.toFixed(4),
      draws === 1 ? "–" : stdError.toFixed(4),
      String(draws),
      width >= fitFrom ? "yes" : "no",
    ]),
    note: "Relative Frobenius error of the value tangent kernel of one draw: mean and standard deviation over the draws.",
  };
}

const protocolWords = ({ depth, inputs, inputShape, examples }: TheoremFinding): string =>
  `${depth} weight layers; ${examples} ${
    inputs === "digits" ? "of the embedded digits" : `inputs of standard normal noise, ${inputShape.join("×")}`
  }`;

const signed = (value: number, digits: number): string => value.toFixed(digits).replace("-", "−");

function fittedWords({ rows, fitFrom }: TheoremFinding): string {
  const fitted = rows.flatMap(({ width }) => (width >= fitFrom ? [width] : []));
  return `${grouped(fitted[0] ?? 0)} to ${grouped(fitted.at(-1) ?? 0)}`;
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
