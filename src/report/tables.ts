import type { SummaryRow } from "../experiments/index.ts";
import { REGIMES, type RegimeName } from "../network/index.ts";
import type { RunRecord } from "../runs/index.ts";
import { counted, grouped, type Setting } from "./configuration.ts";
import { type GatheredInput, type ListedRun, MOST_LISTED, type RegimeGroup } from "./gathered-runs.ts";
import { type Html, html } from "./html.ts";
import { REGIME_ORDER } from "./report-input.ts";
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
export function regimeTable(rows: readonly SummaryRow[], input: GatheredInput): Html {
  const known = Object.keys(input.published).length > 0;
  const groups = input.runs.groups();
  const present = REGIME_ORDER.filter((regime) => groups.some((group) => group.regime === regime));
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

function noteOf({ comparable, publishedSource }: GatheredInput, known: boolean): Html {
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
    .filter(({ finished }) => finished.seconds.count > 0)
    .map(({ regime, finished: { secondsPerEpoch, seconds } }) => {
      const { count, mean, least, most } = secondsPerEpoch;
      const range = count < 2 ? "–" : `${significant(least)} – ${significant(most)}`;
      return html`<tr><th scope="row">${regimeName(regime)}</th><td class="number strong">${significant(mean)}</td><td class="number">${range}</td><td class="number">${durationWords(seconds.mean)}</td></tr>\n`;
    })}</tbody></table></div>`;

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

/** Every run, and those that should have been; of more than are listed, a row a setting. */
export const runsTable = ({ runs, missing }: GatheredInput): Html =>
  runs.count > MOST_LISTED ? html`${settingRunsTable(runs)}${missingNote(missing)}` : listTable(runs.listed, missing);

const listTable = (listed: readonly ListedRun[], missing: readonly string[]): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="Runs"><table>
<thead><tr><th scope="col">Run</th><th scope="col" class="number">Seed</th><th scope="col" class="number">Best, %</th><th scope="col" class="number">at epoch</th><th scope="col" class="number">Last, %</th><th scope="col" class="number">Epochs</th><th scope="col">State</th></tr></thead>
<tbody>${listed.map(runRow)}${missing
    .slice(0, MOST_LISTED)
    .map(
      (id) => html`<tr class="alert"><th scope="row">${id}</th><td colspan="5"></td><td>not run</td></tr>\n`,
    )}</tbody></table></div>`;

const missingNote = (missing: readonly string[]): Html =>
  missing.length === 0 ? html`` : html`<p class="note">${counted(missing.length, "run")} not started.</p>`;

function runRow({ id, seed, status, best, bestEpoch, last, epochs, of }: ListedRun): Html {
  return html`<tr${status === "completed" ? "" : html` class="alert"`}><th scope="row">${id}</th><td class="number">${seed}</td><td class="number">${
    best?.toFixed(2) ?? "–"
  }</td><td class="number">${bestEpoch ?? "–"}</td><td class="number">${last?.toFixed(2) ?? "–"}</td><td class="number">${
    epochs === of ? of : `${epochs} of ${of}`
  }</td><td>${STATUS_WORDS[status]}</td></tr>\n`;
}

/** Too many runs to be listed: those that differ in nothing but the seed in one row, the best rows first. */
function settingRunsTable(runs: GatheredInput["runs"]): Html {
  const differing = runs.configuration.differing();
  const settings = runs.bySetting();
  const shown = settings.slice(0, MOST_LISTED);
  const [all, some] = [grouped(settings.length), grouped(shown.length)];
  const words =
    shown.length === settings.length
      ? `${counted(runs.count, "run")} in ${counted(settings.length, "setting")}, the best first.`
      : `${counted(runs.count, "run")} in ${all} settings, the best ${some} of them.`;
  return html`<p>${words} A setting's runs differ in nothing but the seed.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Runs by setting"><table>
<thead><tr><th scope="col">Regime</th>${differing.map(({ name }) => html`<th scope="col">${name}</th>`)}<th scope="col" class="number">Best, %</th><th scope="col" class="number">Range</th><th scope="col" class="number">Finished</th><th scope="col" class="number">Runs</th></tr></thead>
<tbody>${shown.map(
    ({ regime, values, best, runs: count }) =>
      html`<tr${best.count === count ? "" : html` class="alert"`}><th scope="row">${regimeName(regime)}</th>${differing.map(
        ({ place }) => html`<td class="words">${values[place] ?? ""}</td>`,
      )}<td class="number strong">${
        best.count === 0 ? "–" : interval(best.mean, best.count > 1 ? best.deviation : undefined)
      }</td><td class="number">${
        best.count < 2 ? "–" : `${best.least.toFixed(2)} – ${best.most.toFixed(2)}`
      }</td><td class="number">${grouped(best.count)}</td><td class="number">${grouped(count)}</td></tr>\n`,
  )}</tbody></table></div>`;
}

/** Runs that did not end well, the first of them: how far each came, why, and what to do. */
export function troubleList({ unfinished, unfinishedCount }: GatheredInput["runs"], missing: readonly string[]): Html {
  if (unfinishedCount + missing.length === 0) return html``;
  const told = missing.slice(0, MOST_LISTED);
  const more = unfinishedCount - unfinished.length + missing.length - told.length;
  return html`<ul>${unfinished.map(
    ({ id, status, epochs, of, error }) =>
      html`<li><code>${id}</code> ${STATUS_WORDS[status]} after ${counted(epochs, "epoch")} of ${of}${
        error === null ? "." : html`: <span class="message">${error.message}</span>. Next: ${error.hint}.`
      }</li>\n`,
  )}${told.map((id) => html`<li><code>${id}</code> was not run.</li>\n`)}${
    more === 0 ? "" : html`<li>and ${grouped(more)} more</li>\n`
  }</ul>`;
}
