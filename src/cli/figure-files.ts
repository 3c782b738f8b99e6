import { join } from "node:path";
import { lockFile, writeWhole } from "../data/node/index.ts";
import { type ExperimentPage, type Figure, renderExperimentPage, renderSvg } from "../report/index.ts";
import { describeMachine, gatewiseVersion } from "../runs/node/index.ts";
import type { CliContext } from "./context.ts";

/** Writes a figure as Vega-Lite and as SVG. Loaded late: figures bring Vega, which takes longer than most commands. */
async function writeFigure(directory: string, figure: Figure): Promise<void> {
  await writeWhole(join(directory, `${figure.name}.vl.json`), `${JSON.stringify(figure.spec, undefined, 2)}\n`);
  await writeWhole(join(directory, `${figure.name}.svg`), await renderSvg(figure));
}

/**
 * Writes an experiment's figures and its `report.html`.
 * @returns the path of the page
 */
export async function writeExperimentPage(
  directory: string,
  page: ExperimentPage,
  threads: number,
  { command }: Pick<CliContext, "command">,
): Promise<string> {
  const file = join(directory, "report.html");
  await using _lock = await lockFile(file);
  for (const figure of page.figures) await writeFigure(directory, figure);
  const making = { command, createdAt: new Date().toISOString(), version: gatewiseVersion(), threads };
  await writeWhole(file, await renderExperimentPage(page, { ...making, machine: describeMachine() }));
  return file;
}
