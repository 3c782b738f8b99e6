import { dirname, join } from "node:path";
import { makeFolder, writeWhole } from "../../data/node/index.ts";
import type { DissectionRecord } from "../../runs/index.ts";
import { gatewiseVersion, readMetrics } from "../../runs/node/index.ts";
import type { LearntRow } from "../dissection-figures.ts";
import { dissectionFigures, renderDissection } from "../dissection-page.ts";
import { renderSvg } from "../render-svg.ts";
import { REPORT_PAGE } from "../report-files.ts";

/**
 * Writes the page of a dissection, and its figures beside it as Vega-Lite specs and SVG.
 * @param directory that holds its trainings, `gates-seed0` and so on
 * @param file of the page; `report.html` in the directory unless told otherwise
 * @returns the path of the page
 */
export async function writeDissectionReport(
  directory: string,
  report: DissectionRecord,
  file = join(directory, REPORT_PAGE),
): Promise<string> {
  const learnt: LearntRow[] = [];
  for (const { what, runs } of report.rows) {
    if (what !== "gates" && what !== "random" && what !== "apart" && what !== "anew") continue;
    const measures = runs.map(async (_, seed) => {
      const metrics = await readMetrics(join(directory, `${what}-seed${seed}`));
      return metrics.map(({ testAccuracy, testR2 }) => testR2 ?? testAccuracy);
    });
    learnt.push({ what, runs: await Promise.all(measures) });
  }
  const figures = dissectionFigures(report, learnt);
  for (const figure of figures) {
    const path = join(dirname(file), "figures", figure.name);
    await makeFolder(dirname(path));
    await writeWhole(`${path}.vl.json`, `${JSON.stringify(figure.spec, undefined, 2)}\n`);
    await writeWhole(`${path}.svg`, await renderSvg(figure));
  }
  await writeWhole(file, await renderDissection(report, figures, gatewiseVersion()));
  return file;
}
