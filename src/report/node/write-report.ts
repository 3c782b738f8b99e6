import { dirname, join } from "node:path";
import { type DataPlaces, lockFile, makeFolder, writeGuarded } from "../../data/node/index.ts";
import { optionsIn } from "../../options.ts";
import { dissectionAt, type Place, placeAt } from "../../runs/index.ts";
import { describeMachine, folderStore, gatewiseVersion } from "../../runs/node/index.ts";
import { contentOf, REPORT_PAGE, type ReportMaking, reportContent, reportFiles } from "../report-files.ts";
import { withExplanation } from "./explained-run.ts";
import { writeDissectionReport } from "./write-dissection-report.ts";

/** Where a report goes, and who makes it when. */
export interface WriteReportOptions extends Pick<ReportMaking, "command" | "createdAt"> {
  /** The file to write; `report.html` in the folder, or here for several, unless told otherwise. */
  readonly out?: string | undefined;
  /** Where data are looked for: of one run it is then told what its decisions rest on, which takes some seconds. */
  readonly places?: DataPlaces | undefined;
}

/** Where the report of folders goes unless told otherwise. */
export const reportFile = ([only, ...others]: readonly string[]): string =>
  join(only === undefined || others.length > 0 ? "." : only, REPORT_PAGE);

/**
 * Writes the report over folders of runs and experiments, and its figures beside it as Vega-Lite specs and SVG: over one
 * experiment of any kind, of the papers or of one's own, complete or not, over one dissection that was answered, or over all
 * runs of several folders.
 * @returns the path of the report
 * @throws GatewiseError before anything is written, for a folder that holds neither, and an experiment of which nothing is
 * measured yet
 */
export async function writeReport(directories: readonly string[], options: WriteReportOptions): Promise<string> {
  optionsIn(options);
  const { out: file = reportFile(directories), command, createdAt, places } = options;
  const [only, ...others] = directories;
  if (only !== undefined && others.length === 0) {
    const dissection = await dissectionAt(folderStore(only));
    if (dissection !== undefined) return await writeDissectionReport(only, dissection, file);
  }
  const looked =
    only !== undefined && others.length === 0
      ? await reportContent([await placeAt(folderStore(only))])
      : await contentOf(placesOf(directories));
  const content = await withExplanation(looked, places);
  const folder = dirname(file);
  await makeFolder(folder);
  await using lock = await lockFile(file);
  const making = { command, createdAt, version: gatewiseVersion(), machine: describeMachine() };
  for await (const { path, text } of reportFiles(content, making)) {
    const to = path === REPORT_PAGE ? file : join(folder, path);
    await makeFolder(dirname(to));
    await writeGuarded(lock, to, text);
  }
  return file;
}

/** One after the other: thousands of folders are not held at once. */
async function* placesOf(directories: readonly string[]): AsyncGenerator<Place> {
  for (const directory of directories) yield await placeAt(folderStore(directory));
}
