import type { Machine } from "../runs/index.ts";
import { counted, type Setting } from "./configuration.ts";
import type { Figure } from "./figure.ts";
import { type Html, html } from "./html.ts";
import { figureOf, pageOf } from "./page.ts";
import { settingsTable } from "./tables.ts";

/** A table of texts: the first cell of a row names it, the others are figures. */
export interface PageTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly note: string;
}

/** What the page of an experiment says that is no table of regimes: the theorem, and the watched trainings (theory 6.4, 6.5, 6.8). */
export interface ExperimentPage {
  /** `Tangent kernel against path kernel over the width (quick profile)`. */
  readonly title: string;
  /** What came out, in one sentence. */
  readonly answer: string;
  readonly question: string;
  /** What keeps these figures from being those of the paper. */
  readonly caution?: string;
  readonly figures: readonly Figure[];
  readonly measured: readonly PageTable[];
  /** Published or expected figures beside the measured ones. */
  readonly expected: PageTable;
  /** What was run. */
  readonly protocol: readonly Setting[];
  /** Where question, protocol and published figures stand. */
  readonly source: string;
}

/** The caution of a page whose experiment is not done. */
export const incomplete = (missing: readonly string[]): readonly string[] =>
  missing.length === 0 ? [] : [`Not complete: ${missing.join("; ")}.`];

/** How an experiment was made; nothing here reads a clock or a machine. */
export interface ExperimentMaking {
  readonly command: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly version: string;
  readonly machine: Machine;
  /** Of the engine. */
  readonly threads: number;
}

/**
 * The page of an experiment as one HTML file that asks for nothing else, as the report of runs is one. The same input
 * gives the same text.
 */
export async function renderExperimentPage(page: ExperimentPage, making: ExperimentMaking): Promise<string> {
  const { title, answer, question, caution, measured, expected, protocol, source } = page;
  const figures = await Promise.all(page.figures.map(figureOf));
  const main = html`<header>
<h1>${answer}</h1>
<p class="question">${title}. ${question}</p>
${caution === undefined ? "" : html`<p class="warning">${caution}</p>`}
</header>
<div class="pair">${figures}</div>
<section aria-labelledby="measured">
<h2 id="measured">Measured</h2>
${measured.map((table, i) => tableOf(table, `measured-note-${i + 1}`, measured.length > 1))}
</section>
<section aria-labelledby="expected">
<h2 id="expected">${expected.title}</h2>
${tableOf(expected, "expected-note", false)}
</section>
<section aria-labelledby="made">
<h2 id="made">How it was made</h2>
<pre><code>${making.command}</code></pre>
${settingsTable([...protocol, ...makingSettings(making)], "How it was made")}
</section>
<section aria-labelledby="source">
<h2 id="source">Source</h2>
<p>${source}</p>
</section>`;
  return pageOf({ title, ...making, main });
}

/** A table under its note. */
export const tableOf = (
  { title, head: [first = "", ...others], rows, note }: PageTable,
  id: string,
  titled: boolean,
): Html =>
  html`${titled ? html`<h3>${title}</h3>\n` : ""}<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table aria-describedby="${id}">
<thead><tr><th scope="col">${first}</th>${others.map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([name = "", ...cells]) =>
      html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td class="number">${cell}</td>`)}</tr>\n`,
  )}</tbody></table></div>
<p class="note" id="${id}">${note}</p>`;

function makingSettings({ machine, threads, version }: ExperimentMaking): readonly Setting[] {
  const { processor, cores, memoryGiB, platform, node, onnxruntime } = machine;
  return [
    {
      name: "Machine",
      values: [`${processor}, ${counted(cores, "core")} of which ${threads} worked, ${memoryGiB} GiB, ${platform}`],
    },
    { name: "Versions", values: [`Gatewise ${version}, Node ${node}, ONNX Runtime ${onnxruntime}`] },
  ];
}
