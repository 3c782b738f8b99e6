import { gatesMove, REGIMES } from "../network/index.ts";
import { bandWords, unfinishedWords } from "./accuracy-figures.ts";
import { answerOf, listed } from "./answer.ts";
import { counted, grouped } from "./configuration.ts";
import { explainedSection } from "./explained-section.ts";
import type { Figure } from "./figure.ts";
import { type ReportFigures, reportFigures } from "./figures.ts";
import { type GatheredInput, gathered, type RegimeGroup } from "./gathered-runs.ts";
import { type Html, html } from "./html.ts";
import { kernelWords } from "./kernel-words.ts";
import { figureOf, pageOf, svgOf } from "./page.ts";
import type { ReportInput } from "./report-input.ts";
import { regimeTable, runsTable, settingsTable, timeTable, troubleList } from "./tables.ts";

/**
 * The report as one HTML file that asks for nothing else: no script, no font, no image from outside (its content security
 * policy forbids them). The same input gives the same text.
 */
export const renderReport = (input: ReportInput): Promise<string> => renderGathered(gathered(input));

/** The same, of runs that were gathered. */
export async function renderGathered(input: GatheredInput): Promise<string> {
  const { runs, missing } = input;
  const rows = runs.rows(input.published);
  const groups = runs.groups();
  const figures = reportFigures(input);
  const pair = await Promise.all([...figures.results, ...figures.accuracy].map(figureOf));
  const main = html`<header>
<h1>${input.title}</h1>
<p class="question">A ReLU unit is a gate times its pre-activation, and the gates that are on pick the part of the network that makes the output. How much of what a network learns is stored in its gates?</p>
<p class="answer">${answerOf(rows)}</p>
${missingLine(input)}
</header>
<section aria-labelledby="regimes">
<h2 id="regimes">Regimes</h2>
${runs.count === 0 ? html`<p>There are no runs.</p>` : regimeTable(rows, input)}
<div class="pair">${pair}</div>
</section>
${await lossSection(figures, groups)}
${await gateSection(figures, groups)}
${await kernelSection(figures, groups)}
${explainedSection(input.explained)}
<section aria-labelledby="configuration">
<h2 id="configuration">Configuration</h2>
${configurationSection(input)}
</section>
${rows.length === 0 ? "" : html`<section aria-labelledby="time"><h2 id="time">Time</h2>\n${timeTable(groups)}</section>`}
<section aria-labelledby="runs">
<h2 id="runs">Runs</h2>
${troubleList(runs, missing)}
${runs.count + missing.length === 0 ? html`<p>There are none.</p>` : runsTable(input)}
</section>
<section aria-labelledby="command">
<h2 id="command">Made with</h2>
<pre><code>${shortened(input.command)}</code></pre>
</section>`;
  return pageOf({ ...input, main });
}

/** Figures side by side under one caption. */
const multiplesOf = async (figures: readonly Figure[], kind: "small" | "tall", caption: string): Promise<Html> =>
  html`<figure><div class="${kind}">${await Promise.all(figures.map(svgOf))}</div>
<figcaption>${caption}</figcaption></figure>`;

async function lossSection({ loss }: ReportFigures, groups: readonly RegimeGroup[]): Promise<Html> {
  if (loss.length === 0) return html``;
  const caption =
    "Solid: in training, the mean over the steps of an epoch. Dashed: on the test set." +
    ` Means over the runs; all axes are the same and logarithmic.${bandWords(groups)}${unfinishedWords(groups)}`;
  return html`<section aria-labelledby="loss">
<h2 id="loss">Loss</h2>
${await multiplesOf(loss, "small", caption)}
</section>`;
}

async function gateSection({ gates }: ReportFigures, groups: readonly RegimeGroup[]): Promise<Html> {
  if (gates.length === 0) return html``;
  const fixed = groups.map(({ regime }) => REGIMES[regime]).filter((regime) => !gatesMove(regime));
  const fixedWords =
    fixed.length === 0
      ? ""
      : `The gates of ${listed(fixed.map(({ title }) => title))} are fixed: none ever flips, and what they are after the last epoch they were before the first. `;
  const caption = `Gates on the first test examples, means over the runs. Layers are numbered from the input, from faint to strong; the panels of a row have the same axis.${bandWords(groups)}${unfinishedWords(groups)}`;
  return html`<section aria-labelledby="gates">
<h2 id="gates">Gates</h2>
<p>${fixedWords}A dead gate is off for every example; a flipped one differs from what it was before training.</p>
${await multiplesOf(gates, "tall", caption)}
</section>`;
}

async function kernelSection(
  { kernelMaps, kernels, spectra }: ReportFigures,
  groups: readonly RegimeGroup[],
): Promise<Html> {
  const { seen, notes, maps, spectrum } = kernelWords(groups);
  if (kernelMaps.length + kernels.length === 0 && notes === "") return html``;
  return html`<section aria-labelledby="kernel">
<h2 id="kernel">What the kernel of the gates knows</h2>
<p>The neural path kernel of two inputs is their inner product times the number of paths that are active for both: of a trained network it sees the gates and nothing else. Where it is large within a class and small between classes, the gates know the labels.</p>
${seen === "" ? "" : html`<p>${seen}</p>`}
${kernelMaps.length === 0 ? "" : await multiplesOf(kernelMaps, "tall", maps)}
${kernels.length === 0 ? "" : html`<div class="tall">${await Promise.all(kernels.map(figureOf))}</div>`}
${spectra.length === 0 ? "" : await multiplesOf(spectra, "small", spectrum)}
${notes === "" ? "" : html`<p class="note">${notes}</p>`}
</section>`;
}

function configurationSection({ runs }: GatheredInput): Html {
  if (runs.count === 0) return html`<p>Nothing is known of a run.</p>`;
  const settings = runs.configuration.told();
  const mixed = runs.configuration.differing().map(({ name }) => name.toLowerCase());
  const warning =
    mixed.length === 0
      ? ""
      : html`<p class="warning">These runs differ in more than regime and seed: ${listed(mixed)}. A mean over them mixes protocols.</p>`;
  return html`${warning}${settingsTable([...settings, { name: "Seeds", values: [seedWords(runs.seeds)] }], "Configuration")}
<h3>Machine</h3>
${settingsTable(runs.machine.told(), "Machine")}`;
}

/** Seeds that are listed one by one; more are told by their number and range. */
const MOST_SEEDS = 100;

const seedWords = (seeds: readonly number[]): string =>
  seeds.length <= MOST_SEEDS ? seeds.join(", ") : `${grouped(seeds.length)}, from ${seeds[0]} to ${seeds.at(-1)}`;

/** A command over thousands of folders is as long as their names. */
const MOST_CHARACTERS = 4000;

const shortened = (command: string): string =>
  command.length <= MOST_CHARACTERS
    ? command
    : `${command.slice(0, MOST_CHARACTERS)} … (${grouped(command.length - MOST_CHARACTERS)} characters more)`;

/** One line at the top if anything is missing, so nobody takes the figures for the whole. */
function missingLine({ runs, missing }: GatheredInput): Html {
  const unfinished = runs.unfinishedCount;
  const parts = [
    ...(unfinished === 0 ? [] : [`${counted(unfinished, "run")} did not finish`]),
    ...(missing.length === 0
      ? []
      : [`${counted(missing.length, "run")} ${missing.length === 1 ? "was" : "were"} not started`]),
  ];
  if (parts.length === 0) return html``;
  return html`<p class="warning">${listed(parts)}: see <a href="#runs">runs</a>. Means are over finished runs only.</p>`;
}
