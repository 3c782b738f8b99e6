/** Training examples that helped an input and that hurt it, as pictures: a row a side, the control below. */

import { type InputLayout, inputLayout, inputPanel } from "./input-panel.ts";
import { INK } from "./palette.ts";
import { NEGATIVE, POSITIVE, svgOf, svgText, svgTitle } from "./svg-text.ts";

/** An example of a row: its picture, and what stands over it. */
export interface PicturedExample {
  readonly values: ArrayLike<number>;
  readonly words: string;
}

/** A row of examples, in the color of its side. */
export interface PicturedRow {
  readonly title: string;
  readonly helps: boolean;
  readonly examples: readonly PicturedExample[];
}

export interface InfluenceFigure {
  /** Of one input. */
  readonly shape: readonly number[];
  readonly title: string;
  readonly query: PicturedExample;
  readonly rows: readonly PicturedRow[];
}

const MARGIN = 24;
const QUERY = 150;
const SIZE = 84;
const ROW = SIZE + 46;
const GAP = 14;

/** The drawing as SVG, light on white. */
export function influenceSvg({ shape, title, query, rows }: InfluenceFigure): string {
  const layout = inputLayout(shape);
  const left = MARGIN + QUERY + 36;
  const columns = rows.reduce((most, { examples }) => Math.max(most, examples.length), 1);
  const width = Math.max(left + columns * (SIZE + GAP) + MARGIN, 480);
  const height = 58 + rows.length * ROW + MARGIN / 2;
  const drawn = rows.flatMap((row, i) => rowParts(row, layout, left, 58 + i * ROW));
  return svgOf(width, height, title, [
    svgTitle(MARGIN, 24, title),
    svgText(MARGIN, 40, "over an example its number, its label and 1000 × its score", "start", INK.muted.light),
    inputPanel({ layout, values: query.values, title: query.words }, { left: MARGIN, top: 58 + 14, size: QUERY }).svg,
    ...drawn,
  ]);
}

const rowParts = (
  { title, helps, examples }: PicturedRow,
  layout: InputLayout,
  left: number,
  top: number,
): string[] => [
  svgText(left, top + 4, title, "start", helps ? POSITIVE : NEGATIVE, ' font-weight="600"'),
  ...examples.map(
    ({ values, words }, i) =>
      inputPanel({ layout, values, title: words }, { left: left + i * (SIZE + GAP), top: top + 18, size: SIZE }).svg,
  ),
];
