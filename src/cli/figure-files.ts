import { dirname, join } from "node:path";
import { lockFile, makeFolder, writeWhole } from "../data/node/index.ts";
import { type ExperimentPage, type Figure, renderExperimentPage, renderSvg } from "../report/index.ts";
import type { ExperimentRecord } from "../runs/index.ts";
import { describeMachine } from "../runs/node/index.ts";

/** Writes a figure as Vega-Lite and as SVG. Loaded late: figures bring Vega, which takes longer than most commands. */
async function writeFigure(directory: string, figure: Figure): Promise<void> {
  await writeWhole(join(directory, `${figure.name}.vl.json`), `${JSON.stringify(figure.spec, undefined, 2)}\n`);
  await writeWhole(join(directory, `${figure.name}.svg`), await renderSvg(figure));
}

/**
 * Writes an experiment's page, and its figures beside it.
 * @param made how it was made
 * @returns the path of the page
 */
export async function writeExperimentPage(
  file: string,
  page: ExperimentPage,
  { command, gatewise, machine }: Pick<ExperimentRecord, "command" | "gatewise" | "machine">,
  threads: number,
): Promise<string> {
  const folder = dirname(file);
  await makeFolder(folder);
  await using _lock = await lockFile(file);
  for (const figure of page.figures) await writeFigure(folder, figure);
  const making = { command, createdAt: new Date().toISOString(), version: gatewise, threads };
  await writeWhole(file, await renderExperimentPage(page, { ...making, machine: machine ?? describeMachine() }));
  return file;
}
