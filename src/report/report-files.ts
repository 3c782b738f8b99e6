/** The report of places that hold runs or experiments, as files: of a folder, of the private files of a page, of a zip. */
import { GatewiseError } from "../errors.ts";
import type { ExperimentRecord, Machine, Place } from "../runs/index.ts";
import { atMost } from "./configuration.ts";
import { type ExperimentPage, renderExperimentPage } from "./experiment-page.ts";
import { decidedImages } from "./explained-section.ts";
import type { Figure } from "./figure.ts";
import { listOfFigures } from "./figures.ts";
import { findingsPage } from "./findings-page.ts";
import { type GatheredInput, GatheredRuns } from "./gathered-runs.ts";
import { renderSvg } from "./render-svg.ts";
import { renderGathered } from "./report.ts";

/** What a report tells, before anything is drawn. */
export type ReportContent =
  /** Of one experiment that has a page of its own. */
  | {
      readonly kind: "page";
      readonly page: ExperimentPage;
      readonly made: Pick<ExperimentRecord, "command" | "gatewise" | "machine">;
      readonly threads: number;
    }
  /** Of runs: those of a comparison of regimes, or of whatever places. */
  | {
      readonly kind: "runs";
      /** @internal */
      readonly told: Omit<GatheredInput, "command" | "createdAt" | "version">;
      readonly command: string | undefined;
    };

/** Who makes a report, where and when; nothing here reads a clock or a machine. */
export interface ReportMaking {
  /** Of a report over runs; that which made the experiment unless told otherwise. */
  readonly command?: string | undefined;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly version: string;
  /** Told of experiments that do not know their own. */
  readonly machine: Machine;
}

/** A file of a report, whole. */
export interface ReportFile {
  /** From the report's folder: `figures/accuracy.svg`. */
  readonly path: string;
  readonly text: string;
}

/** The path of the page itself, which comes last. */
export const REPORT_PAGE = "report.html";

/**
 * The report over places: over one experiment of any kind, complete or not, or over all runs of several places.
 * @throws GatewiseError for a place that holds neither, an experiment of which nothing is measured yet, and one without
 * runs among several
 */
export async function reportContent(places: readonly Place[]): Promise<ReportContent> {
  const [first] = places;
  if (places.length !== 1 || first?.results === undefined) return await contentOf(places);
  const { results } = first;
  const { record, findings } = results;
  if (findings.kind === "regimes") return { kind: "runs", told: await experimentTold(first), command: record.command };
  const threads =
    findings.kind === "trees" ? findings.experiment.networks.length : findings.kind === "influence" ? 2 : 1;
  return { kind: "page", page: findingsPage(findings), made: record, threads };
}

/**
 * The report over the runs of many places, each looked into when its turn comes, one run at a time.
 * @throws GatewiseError for a place that holds neither runs nor an experiment that has some
 */
export async function contentOf(places: Iterable<Place> | AsyncIterable<Place>): Promise<ReportContent> {
  const runs = new GatheredRuns();
  const names: string[] = [];
  for await (const { name, path, results, runs: trials } of places) {
    names.push(name);
    const kind = results?.findings.kind ?? "regimes";
    if (kind !== "regimes" && kind !== "arms") throw withoutTrials(path);
    for await (const trial of trials())
      runs.add(results === undefined ? trial : { ...trial, id: `${name}/${trial.id}` });
  }
  const told = {
    title: atMost(names, MOST_NAMES).join(", "),
    published: {},
    publishedSource: null,
    comparable: false,
    runs,
    missing: [],
  };
  return { kind: "runs", told, command: undefined };
}

/** Places that a title names. */
const MOST_NAMES = 20;

type Told = Extract<ReportContent, { readonly kind: "runs" }>["told"];

/** All trials of an experiment. */
async function experimentTold({ results, runs: trials }: Place): Promise<Told> {
  const { findings, record } = results ?? {};
  if (findings?.kind !== "regimes" || record === undefined) throw new Error("unreachable: no comparison of regimes");
  const { experiment, profile, states } = findings;
  const { epochs } = experiment.profiles.full;
  const runs = new GatheredRuns();
  for await (const trial of trials()) runs.add(trial);
  return {
    title: `${experiment.title} (${profile} profile)`,
    published: experiment.published,
    publishedSource: experiment.source,
    comparable: profile === "full" && (record.options.epochs ?? epochs) === epochs,
    runs,
    missing: states.flatMap(({ id, status }) => (status === "not-started" ? [id] : [])),
  };
}

const withoutTrials = (path: string): GatewiseError =>
  new GatewiseError({
    received: `${path}, an experiment without runs, among others`,
    expected: "runs, or folders of experiments that have some",
    next: `make a report of it alone: gatewise report ${path}`,
  });

/** The files of a report, one after the other as they are drawn: each figure as Vega-Lite and as SVG, then the page. */
export async function* reportFiles(content: ReportContent, making: ReportMaking): AsyncGenerator<ReportFile> {
  const { createdAt, version } = making;
  if (content.kind === "runs") {
    const input = { ...content.told, command: making.command ?? content.command ?? "", createdAt, version };
    yield* figureFiles(listOfFigures(input), "figures/");
    const { told } = input.explained ?? {};
    if (told !== undefined && "images" in told && told.images.length > 0) {
      yield { path: "figures/decides.svg", text: decidedImages(told.images) };
    }
    yield { path: REPORT_PAGE, text: await renderGathered(input) };
    return;
  }
  const { page, made, threads } = content;
  const { command, gatewise, machine } = made;
  yield* figureFiles(page.figures, "");
  const all = { command, createdAt, version: gatewise, threads, machine: machine ?? making.machine };
  yield { path: REPORT_PAGE, text: await renderExperimentPage(page, all) };
}

async function* figureFiles(figures: readonly Figure[], folder: string): AsyncGenerator<ReportFile> {
  for (const figure of figures) {
    yield { path: `${folder}${figure.name}.vl.json`, text: `${JSON.stringify(figure.spec, undefined, 2)}\n` };
    yield { path: `${folder}${figure.name}.svg`, text: await renderSvg(figure) };
  }
}
