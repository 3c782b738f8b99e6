import { join } from "node:path";
import { loadDataset } from "../data/node/index.ts";
import { openWorkerEngine } from "../engine/node/index.ts";
import { type ProfileName, runTheorem } from "../experiments/index.ts";
import { float64 } from "../graph/index.ts";
import { makeFolder, writeWhole } from "../runs/index.ts";
import type { CliContext } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { formatTable, printResult } from "./output.ts";
import { countProgress } from "./progress.ts";

/** Weight layers, as in the measurement of theory 4. */
const DEPTH = 4;
/** Embedded digits that the kernels are of. */
const EXAMPLES = 20;
const PROFILES = {
  quick: { widths: [16, 32, 64, 128, 256, 512], seeds: 10 },
  full: { widths: [16, 32, 64, 128, 256, 512, 1024, 2048, 4096], seeds: 20 },
} as const satisfies Record<ProfileName, unknown>;

export interface TheoremRequest {
  readonly profile: ProfileName;
  readonly seeds: number | undefined;
  readonly directory: string;
}

/** The error of the main theorem over the width (theory 4), its slope and its figure. */
export async function reproduceTheorem(
  { profile, seeds: wanted, directory }: TheoremRequest,
  context: CliContext,
): Promise<ExitCode> {
  const { widths, seeds } = PROFILES[profile];
  const digits = await loadDataset("digits", { environment: context.environment, cacheDir: context.cacheDir });
  const { shape, data } = digits.train.inputs;
  const size = shape.slice(1).reduce((product, length) => product * length, 1);
  const inputs = float64(
    [EXAMPLES, size],
    Float64Array.from(data.subarray(0, EXAMPLES * size), (byte) => byte / 255),
  );
  const draws = Array.from({ length: wanted ?? seeds }, (_, seed) => seed);
  const progress = countProgress(context, "theorem", "draws");
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  const result = await runTheorem({
    ...{ engine, widths, seeds: draws, inputs, depth: DEPTH },
    signal: context.signal,
    onProgress: progress.update,
  }).finally(progress.close);
  // loaded now, not at the start: figures bring Vega, which takes longer than most commands
  const { renderSvg, theoremFigure } = await import("../report/index.ts");
  const figure = theoremFigure(result, DEPTH);
  await makeFolder(directory);
  await writeWhole(join(directory, "theorem.json"), `${JSON.stringify({ depth: DEPTH, ...result }, undefined, 2)}\n`);
  await writeWhole(join(directory, "theorem.vl.json"), `${JSON.stringify(figure.spec, undefined, 2)}\n`);
  await writeWhole(join(directory, "theorem.svg"), await renderSvg(figure));
  printResult(context, { experiment: "theorem", profile, ...result, report: directory }, () =>
    [
      formatTable(
        [
          { title: "width", align: "right" },
          { title: "relative error", align: "right" },
          { title: "draws", align: "right" },
        ],
        result.rows.map(({ width, meanError, stdError }) => [
          String(width),
          `${meanError.toFixed(4)} ± ${stdError.toFixed(4)}`,
          String(draws.length),
        ]),
      ),
      "",
      `slope ${result.slope.toFixed(3)} (theory: −0.5); figure in ${directory}`,
    ].join("\n"),
  );
  return EXIT.done;
}
