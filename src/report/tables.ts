import type { SummaryRow } from "../experiments/index.ts";
import { largestOf, smallestOf } from "../graph/index.ts";
import { REGIMES, type RegimeName } from "../network/index.ts";
import type { RunRecord } from "../runs/index.ts";
import { counted, type Setting } from "./configuration.ts";
import { type Html, html } from "./html.ts";
import { REGIME_ORDER, type RegimeGroup, type ReportInput, type ReportTrial } from "./report-input.ts";
import { hundredths } from "./summary-rows.ts";

/** What makes a regime, in a few words (theory 5.4). */
const REGIME_WORDS = {
  "frnpf-ii": { gates: "random and fixed, of an independent network", trains: "values" },
  "frnpf-di": { gates: "random and fixed, of a copy of the initial values", trains: "values" },
  flnpf: { gates: "learnt by a ReLU network, then fixed", trains: "values, from a fresh start" },
  dlnpf: { gates: "soft, of a second network", trains: "gates and values, apart" },
  dlgn: { gates: "soft, of a deep linear network", trains: "gates and values, apart" },
  "dlgn-sf": { gates: "soft, each layer's from the input", trains: "gates and values, apart" },
  relu: { gates: "its own", trains: "gates and values, together" },
  "by-layer": { gates: "each layer's from a source of its own", trains: "values, and gates where told" },
} as const satisfies Record<RegimeName, { readonly gates: string; readonly trains: string }>;

/** A regime's name in its color. */
export const regimeName = (regime: RegimeName): Html =>
  html`<span class="regime" style="color: var(--${regime})">${REGIMES[regime].title}</span>`;

const MINUS = "\u2212";

/** `96.42 ± 0.13`; without a deviation for one run. */
const interval = (mean: number, std: number | undefined): Html =>
  std === undefined ? html`${mean.toFixed(2)}` : html`${mean.toFixed(2)} <span class="std">± ${std.toFixed(2)}</span>`;

/** The difference of the two figures as they are shown: `+0.40`. */
export function differenceWords(mean: number, published: number): string {
  const difference = hundredths(mean) - hundredths(published);
  const sign = difference > 0 ? "+" : difference < 0 ? MINUS : "";
  return `${sign}${(Math.abs(difference) / 100).toFixed(2)}`;
}

/** The regimes against the published figures. */
export function regimeTable(rows: readonly SummaryRow[], input: ReportInput): Html {
  const known = Object.keys(input.published).length > 0;
  const present = REGIME_ORDER.filter(
    (regime) => rows.some((row) => row.regime === regime) || input.trials.some(({ run }) => run.plan.regime === regime),
  );
  const withDifference = known && input.comparable;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Regimes"><table aria-describedby="regimes-note">
<thead><tr><th scope="col">Regime</th><th scope="col" class="number">Best test accuracy, %</th>${
    known ? html`<th scope="col" class="number">Published, %</th>` : ""
  }${withDifference ? html`<th scope="col" class="number">Difference</th>` : ""}<th scope="col" class="number">Runs</th><th scope="col">Gates</th><th scope="col">What trains</th></tr></thead>
<tbody>${present.map((regime) => {
    const row = rows.find((candidate) => candidate.regime === regime);
    const published = input.published[regime];
    const { gates, trains } = REGIME_WORDS[regime];
    return html`<tr><th scope="row">${regimeName(regime)}</th><td class="number strong">${
      row ? interval(row.mean, row.runs.length > 1 ? row.std : undefined) : "–"
    }</td>${known ? html`<td class="number">${published ? interval(published[0], published[1]) : "–"}</td>` : ""}${
      withDifference
        ? html`<td class="number">${row && published ? differenceWords(row.mean, published[0]) : "–"}</td>`
        : ""
    }<td class="number">${row?.runs.length ?? 0}</td><td class="words">${gates}</td><td class="words">${trains}</td></tr>\n`;
  })}</tbody></table></div>
<p class="note" id="regimes-note">${noteOf(input, known)}</p>`;
}

function noteOf({ comparable, publishedSource }: ReportInput, known: boolean): Html {
  const ours = "Best test accuracy over the epochs of each run, mean ± standard deviation over runs.";
  if (!known) return html`${ours}`;
  const source = publishedSource === null ? "" : ` Published: ${publishedSource}.`;
  return comparable
    ? html`${ours}${source}`
    : html`${ours}${source} <strong>Not the published protocol</strong>: another network, other data or fewer epochs, so the published figures are here for reference only and are not subtracted. What can be compared is the order of the regimes.`;
}

/** Names and values. */
export const settingsTable = (settings: readonly Setting[], label: string): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table class="settings"><tbody>${settings.map(
    ({ name, values }) =>
      html`<tr><th scope="row">${name}</th><td>${values.map((value) => html`<div>${value}</div>`)}</td></tr>\n`,
  )}</tbody></table></div>`;

/** Seconds an epoch of each regime with a finished run. */
export const timeTable = (groups: readonly RegimeGroup[]): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="Time"><table>
<thead><tr><th scope="col">Regime</th><th scope="col" class="number">Seconds an epoch</th><th scope="col" class="number">Range</th><th scope="col" class="number">Training a run</th></tr></thead>
<tbody>${groups
    .filter(({ finished }) => finished.length > 0)
    .map(({ regime, finished }) => {
      const seconds = finished.map(({ result }) => result.secondsPerEpoch);
      const whole = finished.map(({ run, result }) => result.secondsPerEpoch * (result.epochs ?? run.plan.epochs));
      const range =
        seconds.length < 2 ? "–" : `${significant(smallestOf(seconds))} – ${significant(largestOf(seconds))}`;
      return html`<tr><th scope="row">${regimeName(regime)}</th><td class="number strong">${significant(mean(seconds))}</td><td class="number">${range}</td><td class="number">${durationWords(mean(whole))}</td></tr>\n`;
    })}</tbody></table></div>`;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const significant = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

export function durationWords(seconds: number): string {
  if (seconds < 100) return `${significant(seconds)} s`;
  if (seconds < 6000) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

const STATUS_WORDS = {
  completed: "completed",
  failed: "failed",
  interrupted: "interrupted",
  running: "not ended",
} as const satisfies Record<RunRecord["status"], string>;

/** Every run, and those that should have been. */
export const runsTable = ({ trials, missing }: ReportInput): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="Runs"><table>
<thead><tr><th scope="col">Run</th><th scope="col" class="number">Seed</th><th scope="col" class="number">Best, %</th><th scope="col" class="number">at epoch</th><th scope="col" class="number">Last, %</th><th scope="col" class="number">Epochs</th><th scope="col">State</th></tr></thead>
<tbody>${trials.map(runRow)}${missing.map(
    (id) => html`<tr class="alert"><th scope="row">${id}</th><td colspan="5"></td><td>not run</td></tr>\n`,
  )}</tbody></table></div>`;

function runRow({ id, run, metrics }: ReportTrial): Html {
  const { plan, result, status } = run;
  const best = result?.bestTestAccuracy ?? largestOf(metrics.map(({ testAccuracy }) => testAccuracy));
  const at = result?.bestEpoch ?? metrics.find(({ testAccuracy }) => testAccuracy === best)?.epoch;
  const last = result?.lastTestAccuracy ?? metrics.at(-1)?.testAccuracy;
  return html`<tr${status === "completed" ? "" : html` class="alert"`}><th scope="row">${id}</th><td class="number">${plan.seed}</td><td class="number">${
    Number.isFinite(best) ? best.toFixed(2) : "–"
  }</td><td class="number">${at ?? "–"}</td><td class="number">${last?.toFixed(2) ?? "–"}</td><td class="number">${
    metrics.length === plan.epochs ? plan.epochs : `${metrics.length} of ${plan.epochs}`
  }</td><td>${STATUS_WORDS[status]}</td></tr>\n`;
}

/** Runs that did not end well: how far each came, why, and what to do. */
export const troubleList = (unfinished: readonly ReportTrial[], missing: readonly string[]): Html =>
  unfinished.length + missing.length === 0
    ? html``
    : html`<ul>${unfinished.map(
        ({ id, run, metrics }) =>
          html`<li><code>${id}</code> ${STATUS_WORDS[run.status]} after ${counted(metrics.length, "epoch")} of ${run.plan.epochs}${
            run.error === null
              ? "."
              : html`: <span class="message">${run.error.message}</span>. Next: ${run.error.hint}.`
          }</li>\n`,
      )}${missing.map((id) => html`<li><code>${id}</code> was not run.</li>\n`)}</ul>`;
