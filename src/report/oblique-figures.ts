import { byLevel, meanCosines, type ObliqueRun } from "../experiments/index.ts";
import { REGIMES } from "../network/index.ts";
import { pointOf, shortened } from "./curves.ts";
import { type Figure, figureOf } from "./figure.ts";
import { epochAxis, type Line, linePanel } from "./line-panel.ts";
import { layerColor, REGIME_COLORS } from "./palette.ts";
import { fromZero } from "./scales.ts";
import type { LayerSpec } from "./specification.ts";

const [WIDTH, HEIGHT] = [250, 200];

/**
 * The largest `|cos|` between the gates' normals and each of the tree's over the epochs (theory 6.7): a thin line a node,
 * in the color of its level, and a strong one for the mean of the level.
 * @param runs of one network, at least one
 */
export function obliqueFigure(runs: readonly ObliqueRun[]): Figure {
  const { regime } = runs[0] ?? { regime: "dlgn" };
  const seen = meanCosines(runs).map(({ epoch, cosines }) => ({ epoch, levels: byLevel(cosines) }));
  const levels = seen[0]?.levels ?? [];
  const means = levels.map(
    (nodes, level): Line => ({
      label: `level ${level + 1}, ${nodes.length === 1 ? "1 node" : `${nodes.length} nodes`}`,
      // the faintest of the ramp are too faint for text
      color: layerColor(level + 1, levels.length + 1),
      curve: seen.map(({ epoch, levels }) => {
        const own = levels[level] ?? [];
        return pointOf(epoch, [own.reduce((sum, cosine) => sum + cosine, 0) / own.length]);
      }),
    }),
  );
  const scale = fromZero([1], HEIGHT);
  const horizontal = epochAxis(means, WIDTH);
  const panel = linePanel({ lines: means, width: WIDTH, height: HEIGHT, scale, vertical: "linear", horizontal });
  const [strong] = panel.layer;
  const thin = levels.flatMap((nodes, level): LayerSpec[] =>
    nodes.length === 1 || strong === undefined
      ? []
      : nodes.map((_, node) => ({
          // the axes of the strong lines: other ones would be laid over them
          ...strong,
          data: {
            values: seen.map(({ epoch, levels }) => ({
              epoch,
              mean: shortened(levels[level]?.[node] ?? Number.NaN),
            })),
          },
          mark: { type: "line", color: means[level]?.color.light ?? "", strokeWidth: 1, opacity: 0.45 },
        })),
  );
  return figureOf({
    name: `normals-${regime}`,
    title: `${REGIMES[regime].title}: how near gates come to the tree`,
    caption: `Largest |cos| between a gate's normal and that of each of the tree's ${
      levels.flat().length
    } nodes: thin, a node; strong, the mean of its level, counted from the root. ${
      runs.length === 1 ? "One run." : `Mean over ${runs.length} runs.`
    }`,
    margin: { top: 34, right: 112, bottom: 36, left: 36 },
    panels: [{ ...panel, layer: [...thin, ...panel.layer] }],
    color: REGIME_COLORS[regime],
  });
}
