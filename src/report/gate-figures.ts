import { largestOf, smallestOf } from "../graph/index.ts";
import { gatesMove, REGIMES, type RegimeName } from "../network/index.ts";
import { bandWords, unfinishedWords } from "./accuracy-figures.ts";
import type { GateStatistic } from "./drawn-runs.ts";
import { type Figure, type FigureParts, figureOf } from "./figure.ts";
import type { RegimeGroup } from "./gathered-runs.ts";
import { epochAxis, type Line, type LinePanelParts, linePanel } from "./line-panel.ts";
import { INK, layerColor, REGIME_COLORS } from "./palette.ts";
import { fitted, fromZero } from "./scales.ts";

/** The statistics, in percent, top to bottom in every figure; the last where runs were watched. */
const STATISTICS = [
  { name: "on", title: "gates on, %", scaleOf: fitted },
  { name: "dead", title: "dead gates, %", scaleOf: fromZero },
  { name: "flipped", title: "flipped since initialization, %", scaleOf: fromZero },
  { name: "flippedInEpoch", title: "flipped in the epoch, %", scaleOf: fromZero },
] as const;

const HEIGHT = 110;
const SPACING = 52;
/** Of a whole figure: all are equally wide, so that they have one scale on the page. */
const WIDTH = 320;
const LEFT = 32;
/** Room for labels: numbers of layers, names of regimes. */
const RIGHT = { layers: 30, regimes: 80 } as const;

/**
 * Gate statistics: over the epochs, one figure for each regime whose gates move, and by layer after the last epoch for all
 * regimes. All share their vertical axes, so they can be compared across.
 */
export function gateFigures(groups: readonly RegimeGroup[]): readonly Figure[] {
  const drawn = groups.filter(({ drawn }) => drawn.gatedLayers("ever").length > 0);
  if (drawn.length === 0) return [];
  const moving = drawn.filter(({ regime }) => gatesMove(REGIMES[regime]));
  const isTold = ({ drawn }: RegimeGroup): boolean =>
    drawn.gatedLayers("after the last epoch").every((layer) => drawn.gates(layer).afterLast.flippedInEpoch.count > 0);
  const told = STATISTICS.filter(({ name }) => name !== "flippedInEpoch" || drawn.every(isTold));
  const rows = told.map(({ name, title, scaleOf }) => {
    const overEpochs = moving.map((group) => ({ regime: group.regime, lines: linesByLayer(group, name) }));
    const overLayers = drawn.map((group) => lineAcrossLayers(group, name));
    const lines = [...overEpochs.flatMap((figure) => figure.lines), ...overLayers];
    const values = lines.flatMap(({ curve }) => curve.flatMap(({ low, high }) => [low, high]));
    return { title, overEpochs, overLayers, scale: scaleOf(values, HEIGHT) };
  });
  type Row = (typeof rows)[number];
  const stack = (
    linesOf: (row: Row) => readonly Line[],
    right: number,
    horizontal: LinePanelParts["horizontal"],
  ): Pick<FigureParts, "margin" | "panels" | "spacing"> => ({
    margin: { top: 52, right, bottom: 36, left: LEFT },
    spacing: SPACING,
    panels: rows.map((row, i) =>
      linePanel({
        lines: linesOf(row),
        width: WIDTH - LEFT - right,
        height: HEIGHT,
        title: row.title,
        scale: row.scale,
        vertical: "linear",
        horizontal,
        titled: i === rows.length - 1,
        labelRoom: 14,
      }),
    ),
  });
  const epochs = epochAxis(
    rows.flatMap(({ overEpochs }) => overEpochs.flatMap(({ lines }) => lines)),
    WIDTH - LEFT - RIGHT.layers,
  );
  const layers = inOrder(drawn.flatMap(({ drawn }) => drawn.gatedLayers("after the last epoch")));
  const own = (regime: RegimeName) => (row: Row) =>
    row.overEpochs.filter((figure) => figure.regime === regime).flatMap(({ lines }) => lines);
  return [
    ...moving.map((group) =>
      figureOf({
        name: `gates-${group.regime}`,
        title: `${REGIMES[group.regime].title}, layer by layer`,
        caption: `Gates of ${REGIMES[group.regime].title} on the first test examples after each epoch, one line a layer (numbered from the input), mean over the runs.${bandWords([group])}${unfinishedWords([group])}`,
        ...stack(own(group.regime), RIGHT.layers, epochs),
        color: REGIME_COLORS[group.regime],
      }),
    ),
    figureOf({
      name: "gates-by-layer",
      title: "All regimes, after the last epoch",
      caption: `Gates of each layer after the last epoch, one line a regime, mean over the runs.${bandWords(drawn)}${unfinishedWords(drawn)}`,
      ...stack(({ overLayers }) => overLayers, RIGHT.regimes, {
        title: "layer",
        domain: domainOf(layers),
        ticks: layers,
      }),
    }),
  ];
}

const domainOf = (layers: readonly number[]): readonly [number, number] =>
  layers.length < 2 ? [(layers[0] ?? 1) - 0.5, (layers[0] ?? 1) + 0.5] : [smallestOf(layers), largestOf(layers)];

function linesByLayer({ drawn }: RegimeGroup, name: GateStatistic): readonly Line[] {
  const layers = drawn.gatedLayers("ever");
  return layers.map((layer, place) => ({
    label: String(layer),
    color: layerColor(place, layers.length),
    labelColor: INK.ink,
    curve: drawn.gates(layer).overEpochs[name].curve(),
  }));
}

/** A regime's line over the layers. */
function lineAcrossLayers({ regime, drawn }: RegimeGroup, name: GateStatistic): Line {
  const layers = drawn.gatedLayers("after the last epoch");
  const curve = layers.map((layer) => drawn.gates(layer).afterLast[name].point(layer));
  return { label: REGIMES[regime].title, color: REGIME_COLORS[regime], curve };
}

const inOrder = (layers: readonly number[]): readonly number[] => [...new Set(layers)].sort((a, b) => a - b);
