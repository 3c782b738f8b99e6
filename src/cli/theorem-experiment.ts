import { join } from "node:path";
import { loadDataset, lockDirectory, makeFolder, writeWhole } from "../data/node/index.ts";
import { openWorkerEngine } from "../engine/node/index.ts";
import {
  noiseInputs,
  type ProfileName,
  runTheorem,
  THEOREM_NETWORKS,
  type TheoremFinding,
  type TheoremNetwork,
  type TheoremSeries,
  theorem,
} from "../experiments/index.ts";
import type { Inputs } from "../gates/index.ts";
import { float64, sizeOf } from "../graph/index.ts";
import type { CliContext } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { formatTable, printResult } from "./output.ts";
import { withCount } from "./progress.ts";
import { shown } from "./shown.ts";

export interface TheoremRequest {
  readonly profile: ProfileName;
  /** Draws at each width, of both kinds of networks. */
  readonly seeds: number | undefined;
  readonly directory: string;
}

/** Of the engine: two draws side by side would not help the last width, which takes most of the time. */
const THREADS = 1;

/** The error of the main theorem over the width (theory 4.3), its slope and its report, for each kind of network. */
export async function reproduceTheorem(
  { profile, seeds, directory }: TheoremRequest,
  context: CliContext,
): Promise<ExitCode> {
  await makeFolder(directory);
  await using _lock = await lockDirectory(directory);
  const findings = await withCount(context, "theorem", "draws", (onProgress) =>
    measure(profile, seeds, context, onProgress),
  );
  const result = { experiment: theorem.name, profile, series: findings };
  await writeWhole(join(directory, "theorem.json"), `${JSON.stringify(result, undefined, 2)}\n`);
  // loaded now, not at the start: figures bring Vega, which takes longer than most commands
  const { theoremPage } = await import("../report/index.ts");
  const { writeExperimentPage } = await import("./figure-files.ts");
  const report = await writeExperimentPage(directory, theoremPage(findings, profile), THREADS, context);
  printResult(context, { ...result, report }, () =>
    [...findings.map((finding) => `${seriesText(finding)}\n`), `report  ${shown(report)}`].join("\n"),
  );
  return EXIT.done;
}

async function measure(
  profile: ProfileName,
  seeds: number | undefined,
  context: CliContext,
  onProgress: (done: number, of: number) => void,
): Promise<readonly TheoremFinding[]> {
  const { widths, draws, channels, channelDraws } = theorem.profiles[profile];
  const sizes = {
    "fully-connected": { widths, draws: seeds ?? draws },
    convolutional: { widths: channels, draws: seeds ?? channelDraws },
  } as const satisfies Record<TheoremNetwork, unknown>;
  const all = THEOREM_NETWORKS.reduce((sum, network) => sum + sizes[network].widths.length * sizes[network].draws, 0);
  await using engine = await openWorkerEngine("cpu", { threads: THREADS });
  const findings: TheoremFinding[] = [];
  let before = 0;
  for (const network of THEOREM_NETWORKS) {
    const series: TheoremSeries = theorem.series[network];
    const { widths, draws } = sizes[network];
    const result = await runTheorem({
      engine,
      network,
      widths,
      seeds: Array.from({ length: draws }, (_, seed) => seed),
      inputs: await inputsOf(series, context),
      depth: series.depth,
      fitFrom: series.fitFrom,
      signal: context.signal,
      onProgress: (done) => onProgress(before + done, all),
    });
    before += widths.length * draws;
    findings.push({ network, ...series, ...result });
  }
  return findings;
}

async function inputsOf(series: TheoremSeries, { environment, cacheDir }: CliContext): Promise<Inputs> {
  if (series.inputs === "noise") return noiseInputs(series);
  const digits = await loadDataset("digits", { environment, cacheDir });
  const shape = [series.examples, ...series.inputShape];
  return float64(
    shape,
    Float64Array.from(digits.train.inputs.data.subarray(0, sizeOf(shape)), (byte) => byte / 255),
  );
}

function seriesText({ title, unit, rows, draws, slope, slopeError, fitFrom }: TheoremFinding): string {
  const table = formatTable(
    [
      { title: unit, align: "right" },
      { title: "relative error", align: "right" },
      { title: "draws", align: "right" },
    ],
    rows.map(({ width, meanError, stdError }) => [
      String(width),
      `${meanError.toFixed(4)} ± ${stdError.toFixed(4)}`,
      String(draws),
    ]),
  );
  return `${title}\n${table}\nslope ${slope.toFixed(3)} ± ${slopeError.toFixed(3)} from ${unit} ${fitFrom} on (theory: −0.5)`;
}
