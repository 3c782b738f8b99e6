import { join } from "node:path";
import { loadDataset, makeFolder, writeWhole } from "../data/node/index.ts";
import { openWorkerEngine } from "../engine/node/index.ts";
import { type ProfileName, runTheorem, theorem } from "../experiments/index.ts";
import { float64, sizeOf } from "../graph/index.ts";

import type { CliContext } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { formatTable, printResult } from "./output.ts";
import { withCount } from "./progress.ts";

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
  const { depth, examples } = theorem;
  const { widths, draws: usual } = theorem.profiles[profile];
  const digits = await loadDataset("digits", { environment: context.environment, cacheDir: context.cacheDir });
  const { shape, data } = digits.train.inputs;
  const size = sizeOf(shape.slice(1));
  const inputs = float64(
    [examples, size],
    Float64Array.from(data.subarray(0, examples * size), (byte) => byte / 255),
  );
  const draws = Array.from({ length: wanted ?? usual }, (_, seed) => seed);
  await using engine = await openWorkerEngine("cpu", { threads: 1 });
  const result = await withCount(context, "theorem", "draws", (onProgress) =>
    runTheorem({ engine, widths, seeds: draws, inputs, depth, signal: context.signal, onProgress }),
  );
  // loaded now, not at the start: figures bring Vega, which takes longer than most commands
  const { theoremFigure } = await import("../report/index.ts");
  const { writeFigure } = await import("./figure-files.ts");
  await makeFolder(directory);
  await writeWhole(join(directory, "theorem.json"), `${JSON.stringify({ depth, ...result }, undefined, 2)}\n`);
  await writeFigure(directory, theoremFigure(result, depth));
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
