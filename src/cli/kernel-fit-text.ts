/** What a terminal and `--json` show of a kernel machine. */
import type { Alignment, FeatureFit, KernelFit, RidgeChoice } from "../fitting/index.ts";
import { inGlossary } from "./glossary.ts";
import { formatTable } from "./table.ts";

export const againstJson = (alike: Alignment | undefined) =>
  alike === undefined ? {} : { against: { alignment: alike.alignment, centeredAlignment: alike.centered } };

/** The fields of the contract first, then more. */
export const jsonOf = (
  { classes, trainAccuracy, testAccuracy, alignment, rank, direct, choice, fit }: KernelFit,
  examples: number,
) => ({
  trainAccuracy,
  testAccuracy: testAccuracy ?? null,
  nu: direct?.nu ?? null,
  alignment: alignment.alignment,
  effectiveRank: rank.effectiveRank,
  ridge: fit.ridge,
  examples,
  classes: [...classes],
  nuPerClass: direct?.nuPerClass ?? null,
  nuJitter: direct?.jitter ?? null,
  centeredAlignment: alignment.centered,
  effectiveRankError: rank.standardError,
  participation: rank.participation,
  smallestEigenvalue: direct?.smallestEigenvalue ?? null,
  jitter: fit.jitter,
  residual: fit.residual,
  method: fit.method,
  leaveOneOut: choice === undefined ? null : { examples: choice.examples, candidates: choice.candidates },
});

/** The same fields of a machine by its features; what a kernel of more examples than features has none of is null. */
export const featureJson = (fit: FeatureFit, examples: number, features: number) => ({
  trainAccuracy: fit.trainAccuracy,
  testAccuracy: fit.testAccuracy ?? null,
  nu: null,
  alignment: fit.alignment.alignment,
  effectiveRank: fit.rank.effectiveRank,
  ridge: fit.ridge,
  examples,
  features,
  classes: [...fit.classes],
  centeredAlignment: fit.alignment.centered,
  effectiveRankError: fit.rank.standardError,
  participation: fit.rank.participation,
  jitter: fit.jitter,
  residual: fit.residual,
  method: { kind: "features" },
  leaveOneOut: fit.choice === undefined ? null : { examples: fit.choice.examples, candidates: fit.choice.candidates },
});

export function describeFeatures(fit: FeatureFit, examples: number, features: number): string {
  const { classes, trainAccuracy, testAccuracy, alignment, rank, choice, ridge, jitter } = fit;
  const rows = [
    ["examples", `${examples} of ${classes.length} classes, ${features} features each`],
    ...accuracyRows(trainAccuracy, testAccuracy),
    ["ridge", ridgeText(ridge, jitter)],
    ...choiceRows(choice),
    ["alignment", `${number(alignment.alignment)}, centered ${number(alignment.centered)}`],
    ...rankRows(rank),
  ];
  const table = formatTable([{ title: "measure" }, { title: "value" }], rows);
  return `${table}\n\n${inGlossary("alignment, effective rank, participation")}`;
}

const number = (value: number): string => String(Number(value.toPrecision(6)));

const accuracyRows = (train: number, test: number | undefined): readonly (readonly string[])[] => [
  ["train accuracy %", train.toFixed(2)],
  ...(test === undefined ? [] : [["test accuracy %", test.toFixed(2)]]),
];

function choiceRows(choice: RidgeChoice | undefined): readonly (readonly string[])[] {
  const left = choice?.candidates.find(({ ridge }) => ridge === choice.ridge);
  if (choice === undefined || left === undefined) return [];
  const { candidates, examples } = choice;
  return [
    ["leave-one-out %", `${left.accuracy.toFixed(2)}, the best of ${candidates.length} ridges on ${examples} examples`],
  ];
}

const rankRows = ({ effectiveRank, standardError, participation }: KernelFit["rank"]) => [
  ["effective rank", `${number(effectiveRank)}${standardError > 0 ? ` ± ${number(standardError)}` : ""}`],
  ["participation", number(participation)],
];

export function describe(
  { classes, trainAccuracy, testAccuracy, alignment, rank, direct, choice, fit }: KernelFit,
  n: number,
  alike: Alignment | undefined,
) {
  const rows = [
    ["examples", `${n} of ${classes.length} classes`],
    ...accuracyRows(trainAccuracy, testAccuracy),
    ["ridge", ridgeText(fit.ridge, fit.jitter)],
    ...choiceRows(choice),
    ...(direct
      ? [
          [
            "ν",
            `${number(direct.nu)}${direct.nuPerClass.length > 1 ? " (mean over one class against the others)" : ""}${jitterText(direct.jitter)}`,
          ],
          ["smallest eigenvalue", `${number(direct.smallestEigenvalue)}`],
        ]
      : []),
    ["alignment", `${number(alignment.alignment)}, centered ${number(alignment.centered)}`],
    ...(alike === undefined
      ? []
      : [["alignment with the other", `${number(alike.alignment)}, centered ${number(alike.centered)}`]]),
    ...rankRows(rank),
  ];
  const table = formatTable([{ title: "measure" }, { title: "value" }], rows);
  return `${table}\n\n${inGlossary("ν, alignment, effective rank, participation")}`;
}

const ridgeText = (ridge: number, jitter: number): string => `${ridge} of trace/n${jitterText(jitter)}`;

const jitterText = (jitter: number): string => (jitter > 0 ? `, with jitter ${jitter} of trace/n` : "");
