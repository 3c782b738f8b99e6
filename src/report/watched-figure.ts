import type { Measurement, Watched } from "../experiments/index.ts";
import { pointOf } from "./curves.ts";
import { type Figure, figureOf } from "./figure.ts";
import { epochAxis, type Line, linePanel } from "./line-panel.ts";
import { INK, layerColor } from "./palette.ts";
import { fitted, logarithmic } from "./scales.ts";

/** Measurements to draw over the epochs, and how. */
export interface WatchedFigureParts {
  readonly name: string;
  readonly title: string;
  /** Names of the measured numbers that are drawn. */
  readonly shown: readonly string[];
  readonly axis: "linear" | "logarithmic";
  readonly rows: readonly Watched<Measurement>[];
}

const [WIDTH, HEIGHT] = [250, 200];

/** What was measured over the epochs: mean over the runs, and a band where there are several. */
export function watchedFigure({ name, title, shown, axis, rows }: WatchedFigureParts): Figure {
  const epochs = [...new Set(rows.map(({ epoch }) => epoch))].sort((a, b) => a - b);
  const lines = shown.map(
    (name, i): Line => ({
      label: measureWords(name),
      color: shown.length === 1 ? INK.ink : layerColor(i, shown.length),
      curve: epochs.map((at) =>
        pointOf(
          at,
          rows.flatMap(({ epoch, measured }) => (epoch === at ? [measured[name] ?? Number.NaN] : [])),
        ),
      ),
    }),
  );
  const values = lines.flatMap(({ curve }) => curve.flatMap(({ low, high }) => [low, high]));
  const scale = axis === "linear" ? fitted(values, HEIGHT) : logarithmic(values, HEIGHT);
  const runs = new Set(rows.map(({ seed }) => seed)).size;
  return figureOf({
    name,
    title,
    caption: `${axis === "linear" ? "" : "Logarithmic axis. "}${runs === 1 ? "One run." : `Mean over ${runs} runs; the band spans them.`}`,
    margin: { top: 34, right: 130, bottom: 36, left: 60 },
    panels: [
      linePanel({
        lines,
        width: WIDTH,
        height: HEIGHT,
        scale,
        vertical: axis,
        horizontal: epochAxis(lines, WIDTH),
      }),
    ],
  });
}

/** A measured number as figures and tables call it. */
export const measureWords = (name: string): string => (name === "nu" ? "ν" : name);
