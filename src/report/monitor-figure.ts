import { type MonitorRow, UNFAMILIAR_SETS, type UnfamiliarScore } from "../experiments/index.ts";
import { DOT_ROW, dotRows } from "./dot-rows.ts";
import { type Figure, figureOf, textLayer } from "./figure.ts";
import { INK, REGIME_COLORS, type Shade } from "./palette.ts";
import { fitted, type Scale } from "./scales.ts";
import type { PanelSpec } from "./specification.ts";

const WIDTH = 190;
const LABELS = 164;

/** Short, for a figure. */
const NAMES = {
  softmax: "largest softmax",
  neighbors: "k nearest, last layer",
  mahalanobis: "Mahalanobis",
  hamming: "Hamming of gates (NAP)",
  pixels: "pixels (control)",
  paths: "log path kernel",
  larger: "larger of it and softmax",
  covering: "it, 50 chosen a class",
  spread: "it, 50 in file order",
} as const satisfies Record<UnfamiliarScore, string>;

const colorOf = (score: UnfamiliarScore): Shade =>
  score === "paths" || score === "larger" ? REGIME_COLORS.relu : INK.muted;

/** The sets that a figure has room for: those of theory 8. */
const SHOWN: readonly MonitorRow["set"][] = ["fashion-mnist", "rotated", "fgsm", "misclassified"];

/** How well each score tells unfamiliar inputs and errors from clean inputs: a panel a set, a dot a seed. */
export function monitorFigure(name: string, rows: readonly MonitorRow[]): Figure {
  const shown = rows.filter(({ set }) => SHOWN.includes(set));
  const scale = fitted(
    shown.flatMap(({ runs, published }) => (published === null ? runs : [...runs, published[0]])),
    WIDTH,
  );
  const sets = SHOWN.filter((set) => shown.some((row) => row.set === set));
  const panels = sets.map((set) =>
    panelOf(
      shown.filter((row) => row.set === set),
      scale,
    ),
  );
  return figureOf({
    name,
    title: "AUROC against clean test images, %",
    caption: `From above: ${sets.map((set) => UNFAMILIAR_SETS[set]).join("; ")}. A dot each seed, a bar their mean; gray diamonds: theory 8. The log path kernel compares gates and pixels with training examples of the predicted class.`,
    margin: { top: 44, right: 14, bottom: 30, left: LABELS },
    panels,
    spacing: 44,
  });
}

function panelOf(rows: readonly MonitorRow[], scale: Scale): PanelSpec {
  const [first] = rows;
  const title =
    first === undefined ? [] : [textLayer(UNFAMILIAR_SETS[first.set], -LABELS, -8, { color: INK.ink.light })];
  const dots = dotRows(
    rows.map(({ score, mean, runs, published }) => ({
      ...{ name: NAMES[score], color: colorOf(score), mean, runs },
      published: published === null ? null : published[0],
    })),
    scale,
  );
  return { width: WIDTH, height: DOT_ROW * rows.length, layer: [...dots, ...title] };
}
