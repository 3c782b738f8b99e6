import type { DataPlaces } from "../../data/node/index.ts";
import { explainRun } from "../../runs/node/index.ts";
import type { ReportContent } from "../report-files.ts";

/** The same content, with what the decisions of one of its runs rest on. */
export async function withExplanation(content: ReportContent, places: DataPlaces | undefined): Promise<ReportContent> {
  if (content.kind !== "runs" || places === undefined) return content;
  const { explained } = content.told.runs;
  if (explained === undefined) return content;
  const found = await explainRun(explained.path, places);
  const told = found.kind === "told" ? found.explanation : { untold: found.reason };
  return { ...content, told: { ...content.told, explained: { id: explained.id, told } } };
}
