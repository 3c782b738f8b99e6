import { writeGuarded } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import type { InputExamples, PathsAnswer } from "../../models/index.ts";
import { parseWhole } from "../../parse-value.ts";
import type { Bundle, BundleWeight, LargestBundles, Path, Unit } from "../../paths/index.ts";
import { claimResult } from "../../runs/node/index.ts";
import { type ModelRequest, openModelWithInputs, readModelOptions } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inGlossary } from "../glossary.ts";
import type { ModelOptions } from "../model-option.ts";
import { shortNumber } from "../numbers.ts";
import { printResult } from "../output.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

interface PathsOptions extends ModelOptions {
  readonly inputs: string;
  readonly example: string;
  readonly output?: string;
  readonly top: string;
  readonly bundles?: boolean;
  readonly svg?: string;
}

interface PathsValues {
  readonly chosen: ModelRequest;
  readonly inputs: string;
  readonly example: number;
  readonly output: number | undefined;
  readonly top: number;
  readonly bundles: boolean;
  readonly svg: string | undefined;
}

export const paths = inStages(
  (_, options: PathsOptions): PathsValues => ({
    chosen: readModelOptions(options),
    inputs: options.inputs,
    example: parseWhole("--example", options.example, 0),
    output: options.output === undefined ? undefined : parseWhole("--output", options.output, 0),
    top: parseWhole("--top", options.top, 1),
    bundles: options.bundles ?? false,
    svg: options.svg,
  }),
  runPaths,
);

async function runPaths(options: PathsValues, context: CliContext): Promise<ExitCode> {
  const { model, inputs, files } = await openModelWithInputs(context, options.chosen, options.inputs);
  await using _ = model;
  await using svg = await claimResult(options.svg, { "--inputs": options.inputs }, files);
  const { output, top: most, bundles: wanted } = options;
  const example = exampleOf(inputs, options);
  const answer = model.paths(example, { output, top: most });
  const { active, top, ...numbers } = answer;
  const largest = wanted ? await model.bundles(example, { output: answer.output, top: most }) : undefined;
  checkFinite(answer, largest);
  if (svg !== undefined) {
    // only here: the report room brings Vega, which takes a second to load
    const { activeNetworkSvg } = await import("../../report/index.ts");
    const title = `example ${options.example}`;
    await writeGuarded(svg, svg.path, activeNetworkSvg({ active, output: answer.output, top, title }));
  }
  const result = {
    ...finiteOrNull(numbers),
    paths: String(answer.paths),
    activePaths: String(answer.activePaths),
    top: top.map(({ start, ...path }) => ({ ...path, startValue: start.value, startsAt: start.kind })),
    ...(largest === undefined
      ? {}
      : {
          bundles: largest.bundles,
          bundleSearch: { exact: largest.exact, othersAtMost: largest.othersAtMost },
        }),
    svg: options.svg ?? null,
  };
  printResult(context, result, () =>
    [
      `example ${options.example}, output ${answer.output}\n${shareWords(answer)}`,
      describeStatistics(answer),
      ...(top.length === 0 ? [] : [describePaths(answer)]),
      ...(largest === undefined ? [] : [describeBundles(largest)]),
      inGlossary("participation, entropy, effective paths, Gini, path-norm"),
      ...(options.svg === undefined ? [] : [`active network drawn in ${shown(options.svg)}`]),
    ].join("\n\n"),
  );
  return EXIT.done;
}

/** The strongest paths of a real network hold next to nothing: what carries the output is told by sums (theory 7). */
const shareWords = ({ top, topShare }: PathsAnswer): string => {
  if (top.length === 0) return "no path contributes to it: its mass is 0";
  const which = top.length === 1 ? "the path below holds" : `the ${top.length} paths below hold`;
  return `${which} ${(100 * topShare).toPrecision(3)} % of the mass; what carries the output, summed over all paths: gatewise flow`;
};

/** JSON has no ∞: what is beyond float64 is null, and its logarithm stands beside it; that of 0 is null. */
const finiteOrNull = (numbers: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [
      name,
      typeof value === "number" && !Number.isFinite(value) ? null : value,
    ]),
  );

/** Contributions have no logarithm that tells their sign. */
function checkFinite({ top }: PathsAnswer, largest: LargestBundles | undefined): void {
  const sums = [...(largest?.bundles ?? []), ...top].map(({ contribution }) => contribution);
  if ([...sums, largest?.othersAtMost ?? 0].every(Number.isFinite)) return;
  throw new GatewiseError({
    code: "numerical-failure",
    received: "paths or bundles that contribute more than float64 holds",
    expected: "contributions of at most 1.8e308",
    next: largest === undefined ? "scale the weights or the input" : "leave --bundles out, or scale the weights",
  });
}

function exampleOf(inputs: InputExamples, { inputs: file, example }: PathsValues): InputExamples {
  const [examples = 0] = inputs.shape;
  if (example < examples) return inputs.example(example);
  throw new GatewiseError({
    received: `--example ${example}`,
    expected:
      examples === 0 ? `an example in ${file}, which has none` : `0 to ${examples - 1}, the examples of ${file}`,
    next: "examples are counted from 0",
  });
}

function describeStatistics(answer: PathsAnswer): string {
  const { topShare, gini } = answer;
  const counted = (count: bigint, log2: number): string => (count < 1_000_000_000n ? String(count) : powerOfTen(log2));
  const rows: readonly (readonly [string, string])[] = [
    ["logit", shortNumber(answer.logit)],
    ["sum over all paths", shortNumber(answer.sum)],
    ["paths", counted(answer.paths, answer.log2Paths)],
    ["active paths", counted(answer.activePaths, answer.log2ActivePaths)],
    ["absolute mass", scaledNumber(answer.absoluteMass, answer.log2AbsoluteMass)],
    ["positive mass", scaledNumber(answer.positiveMass, answer.log2PositiveMass)],
    ["negative mass", scaledNumber(answer.negativeMass, answer.log2NegativeMass)],
    ["participation", scaledNumber(answer.participation, answer.log2Participation)],
    ["entropy, nats", shortNumber(answer.entropy)],
    ["effective paths", scaledNumber(answer.effectivePaths, answer.entropy / Math.LN2)],
    ["Gini index, estimated", gini === null ? "–" : gini.toFixed(2)],
    ["mass in the paths below, %", (100 * topShare).toPrecision(3)],
    ["path-norm, L1", scaledNumber(answer.pathNorm, answer.log2PathNorm)],
    ["path-norm, L2", scaledNumber(answer.pathNorm2, answer.log2PathNorm2)],
  ];
  return formatTable([{ title: "paths to the output" }, { title: "", align: "right" }], rows);
}

function describePaths({ top, log2AbsoluteMass }: PathsAnswer): string {
  return formatTable(
    [
      { title: "contribution", align: "right" },
      { title: "of the mass %", align: "right" },
      { title: "starts at" },
      { title: "units, layer by layer" },
    ],
    top.map((path) => [
      signedNumber(path),
      (100 * 2 ** (path.log2Contribution - log2AbsoluteMass)).toPrecision(3),
      startWords(path),
      path.units.map(unitWords).join(" → "),
    ]),
  );
}

function startWords({ start }: Path): string {
  switch (start.kind) {
    case "input":
      return `input ${shortNumber(start.value)}`;
    case "bias":
      return `bias of layer ${start.layer}`;
    case "saturation":
      return `ceiling behind layer ${start.layer}`;
  }
}

function describeBundles({ bundles, exact, othersAtMost }: LargestBundles): string {
  const proof = exact
    ? "These are the largest bundles, exactly."
    : "The largest bundles found, not proved to be the largest: those of the largest paths and of a search that ended at its limit.";
  if (bundles.length === 0) return "no bundle contributes";
  const table = formatTable(
    [
      { title: "bundle's sum", align: "right" },
      { title: "active paths", align: "right" },
      { title: "positions", align: "right" },
      { title: "starts at" },
      { title: "weights, layer by layer" },
    ],
    bundles.map((bundle) => [
      shortNumber(bundle.contribution),
      String(bundle.paths),
      String(bundle.positions),
      bundleStartWords(bundle),
      bundle.weights.map(weightWords).join(", "),
    ]),
  );
  return `${table}\n${proof} No other contributes more than ${shortNumber(othersAtMost)}.`;
}

function bundleStartWords({ start, weights: [first] }: Bundle): string {
  switch (start.kind) {
    case "input":
      return first?.offset === null ? "input" : `input channel ${first?.from ?? ""}`.trimEnd();
    case "bias":
      return `bias ${start.channel} of layer ${start.layer}`;
    case "saturation":
      return `ceiling behind layer ${start.layer}`;
  }
}

const weightWords = ({ from, to, offset }: BundleWeight): string =>
  `${from} → ${to}${offset === null ? "" : ` (${offset.join(",")})`}`;

const unitWords = (unit: Unit): string => (typeof unit === "number" ? String(unit) : `[${unit.join(",")}]`);

const powerOfTen = (log2: number): string => `10^${(log2 * Math.log10(2)).toFixed(2)}`;

/** A number that may lie beyond float64, where its logarithm tells it. */
const scaledNumber = (value: number, log2: number): string =>
  Number.isFinite(log2) && (value === 0 || !Number.isFinite(value)) ? powerOfTen(log2) : shortNumber(value);

const signedNumber = ({ contribution, log2Contribution }: Path): string =>
  contribution === 0 && Object.is(contribution, -0)
    ? `-${powerOfTen(log2Contribution)}`
    : scaledNumber(contribution, log2Contribution);
