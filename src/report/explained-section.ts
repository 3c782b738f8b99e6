/** What the decisions of one run's network rest on: images with their signed maps, deciding removals, a monitor on the errors. */
import type { ExplainedImage, NetworkExplanation } from "../experiments/index.ts";
import { largestOf } from "../graph/index.ts";
import { counted, grouped } from "./configuration.ts";
import { Html, html } from "./html.ts";
import { inputLayout, inputPanel } from "./input-panel.ts";
import { INK, recolored } from "./palette.ts";
import type { ExplainedRun } from "./report-input.ts";
import { svgOf, svgText } from "./svg-text.ts";

/** Pixels of an image, from image to image, and around all. */
const [SIZE, GAP, MARGIN] = [110, 16, 6];
const ACROSS = 3;
/** Below an image: what it is and what was said. */
const WORDS = 30;

/** The section, nothing where nobody has looked. */
export function explainedSection(explained: ExplainedRun | undefined): Html {
  if (explained === undefined) return html``;
  const { id, told } = explained;
  const body = "untold" in told ? html`<p class="note">Not told of ${id}: ${told.untold}.</p>` : bodyOf(id, told);
  return html`<section aria-labelledby="decides">
<h2 id="decides">What decides</h2>
${body}
</section>`;
}

function bodyOf(id: string, told: NetworkExplanation): Html {
  const { images } = told;
  const figure =
    images.length === 0
      ? html``
      : html`<figure id="figure-decides">${new Html(recolored(decidedImages(images), "page"))}<figcaption>${captionOf(images)}</figcaption></figure>\n`;
  const tables = [removalTable(told), monitorTable(told)].filter((one) => one !== undefined);
  return html`<p>Of ${id}, its best network, on its test examples.</p>
<div class="pair">${figure}<div>${tables}</div></div>
${notes(told)}`;
}

function captionOf(images: readonly ExplainedImage[]): string {
  const isImage = inputLayout(images[0]?.shape ?? []).kind === "image";
  const wrong = images.filter(({ label, decision }) => label !== decision).length;
  const kinds =
    wrong === 0 ? "" : wrong === images.length ? " All are answered wrong." : ` The first ${wrong} are answered wrong.`;
  return `What flows through each ${isImage ? "pixel" : "element"} (gradient × input) to the output that is chosen less the label's, or less the strongest other where the choice is right: blue speaks for the choice, orange against it.${kinds}`;
}

/** The images with their maps, three in a row; light on white. */
export function decidedImages(images: readonly ExplainedImage[]): string {
  const columns = Math.min(ACROSS, images.length);
  const panels = images.map((image, i) => {
    const layout = inputLayout(image.shape);
    const size = layout.kind === "image" ? SIZE : 2 * SIZE;
    const across = layout.kind === "image" ? columns : 1;
    return { image, layout, size, column: i % across, row: Math.floor(i / across) };
  });
  const drawn = panels.map(({ image, layout, size, column }) =>
    inputPanel(
      { layout, values: image.input, map: image.flow, title: titleOf(image) },
      { left: MARGIN + column * (size + GAP), top: 0, size },
    ),
  );
  const height =
    WORDS +
    largestOf(
      drawn.map((one) => one.height),
      0,
    );
  const size = panels[0]?.size ?? SIZE;
  const width =
    2 * MARGIN +
    (largestOf(
      panels.map(({ column }) => column),
      0,
    ) +
      1) *
      (size + GAP) -
    GAP;
  const rows =
    largestOf(
      panels.map(({ row }) => row),
      0,
    ) + 1;
  const parts = panels.flatMap(({ image, column, row }, i) => {
    const { svg, height: own } = drawn[i] ?? { svg: "", height: 0 };
    const left = MARGIN + column * (size + GAP);
    const words = `${image.decision} less ${image.against}: ${image.margin.toFixed(2)}`;
    return [
      `<g transform="translate(0 ${row * height + 8})">${svg}${svgText(left, own + 13, words, "start", INK.muted.light)}</g>`,
    ];
  });
  return svgOf(width, rows * height, "Test examples with what flows through their elements", parts);
}

const titleOf = ({ example, label, decision }: ExplainedImage): string =>
  label === decision ? `${example}: ${decision}, right` : `${example}: ${decision}, is ${label}`;

const percent = (value: number): string => value.toFixed(1);

function removalTable({ removal }: NetworkExplanation): Html | undefined {
  if (removal === null) return undefined;
  const rows = [
    ["largest flow first", removal.byFlow],
    ["at random", removal.atRandom],
  ] as const;
  return html`<h3>Units closed before a decision is another</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Units closed"><table>
<thead><tr><th scope="col">Order</th><th scope="col" class="number">Half of the examples</th><th scope="col" class="number">90 %</th></tr></thead>
<tbody>${rows.map(([name, { half, most }]) => html`<tr><th scope="row">${name}</th><td class="number">${percent(half)} %</td><td class="number">${percent(most)} %</td></tr>\n`)}</tbody></table></div>
<p class="note">Of the active units, over the first ${removal.examples} test examples; all other gates are decided anew.</p>`;
}

function monitorTable({ monitor }: NetworkExplanation): Html | undefined {
  if (monitor === null) return undefined;
  const { auroc, alarms, errors, right } = monitor;
  const rows = [
    ["largest softmax", auroc.softmax],
    ["gates: nearest training example", auroc.gates],
    ["the larger of both", auroc.larger],
  ] as const;
  return html`<h3>Errors that a monitor sees</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Monitor"><table>
<thead><tr><th scope="col">Score</th><th scope="col" class="number">AUROC</th></tr></thead>
<tbody>${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td class="number">${percent(value)} %</td></tr>\n`)}</tbody></table></div>
<p class="note">${counted(errors, "error")} among ${grouped(errors + right)} test examples against those that are right. Beyond 95 % of held-out training examples by the larger of both are ${percent(alarms.errors)} % of the errors and ${percent(alarms.right)} % of the others.</p>`;
}

function notes({ images, removal, monitor }: NetworkExplanation): Html {
  const left = [
    ...(images.length === 0 ? ["maps take too long for a report: gatewise flow draws one"] : []),
    ...(removal === null ? ["removals take too long for a report: gatewise subnetwork tells them of one example"] : []),
    ...(monitor === null ? ["a monitor needs hard gates and at least ten errors among the test examples"] : []),
  ];
  return left.length === 0 ? html`` : html`<p class="note">Left out: ${left.join("; ")}.</p>`;
}
