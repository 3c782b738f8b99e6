import { GatewiseError } from "../errors.ts";
import { type ExperimentKind, summarizeArms } from "../experiments/index.ts";
import type { Findings, FindingsOf } from "../runs/index.ts";
import { comparisonPage } from "./comparison-page.ts";
import type { ExperimentPage } from "./experiment-page.ts";
import { explanationPage } from "./explanation-page.ts";
import { influencePage } from "./influence-page.ts";
import { monitorPage } from "./monitor-page.ts";
import { obliquePage } from "./oblique-page.ts";
import { theoremPage } from "./theorem-page.ts";
import { watchedPage } from "./watched-page.ts";

/** Kinds that have a page of their own; regimes have the report over runs, with all of their curves. */
type PageKind = Exclude<ExperimentKind, "regimes">;

const PAGES: { readonly [K in PageKind]: (found: FindingsOf<K>) => ExperimentPage } = {
  arms: ({ experiment, profile, states, missing, dataSource = "not read yet" }) =>
    comparisonPage({
      comparison: experiment,
      profileName: profile,
      rows: summarizeArms(experiment.profiles[profile].arms, states),
      missing,
      dataSource,
    }),
  watched: ({ experiment, profile, length, rows, missing }) =>
    watchedPage({ experiment, profile: length, profileName: profile, rows: measured(experiment, rows), missing }),
  monitor: ({ experiment, profile, length, runs, missing }) =>
    monitorPage({ experiment, length, profileName: profile, runs: measuredRuns(experiment, runs), missing }),
  trees: ({ experiment, profile, epochs, runs, missing }) =>
    obliquePage({ experiment, profileName: profile, epochs, runs: measured(experiment, runs), missing }),
  influence: ({ experiment, profile, length, trained, scores, missing }) => {
    measured(experiment, trained.flat());
    return influencePage({ experiment, profileName: profile, profile: length, trained, scores, missing });
  },
  explanation: ({ experiment, profile, length, runs, missing }) =>
    explanationPage({ experiment, length, profileName: profile, runs: measuredRuns(experiment, runs), missing }),
  theorem: ({ experiment, profile, series, missing }) =>
    theoremPage({ experiment, profileName: profile, findings: measured(experiment, series), missing }),
};

/**
 * The page of an experiment from what stands in its place, complete or not.
 * @throws GatewiseError if nothing is measured yet
 */
export function findingsPage(findings: Exclude<Findings, { readonly kind: "regimes" }>): ExperimentPage {
  return pageOfKind(findings.kind, findings);
}

const pageOfKind = <K extends PageKind>(kind: K, findings: FindingsOf<K>): ExperimentPage => PAGES[kind](findings);

/** Of seeds those of which something is measured. */
const measuredRuns = <T>(
  experiment: { readonly name: string },
  runs: readonly { readonly measured: readonly T[] }[],
): readonly (readonly T[])[] =>
  measured(
    experiment,
    runs.flatMap(({ measured: own }) => (own.length === 0 ? [] : [own])),
  );

function measured<T>({ name }: { readonly name: string }, found: readonly T[]): readonly T[] {
  if (found.length > 0) return found;
  throw new GatewiseError({
    received: `${name}, of which nothing is measured yet`,
    expected: "at least one measurement",
    next: "go on with it, then make the report",
  });
}
