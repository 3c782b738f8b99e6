import {
  type ExplanationMeasurement,
  type ExplanationRow,
  PIXEL_MAPS,
  type PixelMapName,
  REMOVAL_ORDERS,
  type RemovalOrderName,
} from "../experiments/index.ts";
import { largestOf } from "../graph/index.ts";
import { pointOf } from "./curves.ts";
import { DOT_ROW, dotRows } from "./dot-rows.ts";
import { type Figure, figureOf } from "./figure.ts";
import { type Line, linePanel } from "./line-panel.ts";
import { INK, REGIME_COLORS, type Shade } from "./palette.ts";
import { fitted } from "./scales.ts";

/** Flow in the color of a network's own gates, everywhere; what it is compared with is gray or the color of chance. */
const ORDER_COLORS = {
  flow: REGIME_COLORS.relu,
  activation: INK.published,
  random: REGIME_COLORS["frnpf-ii"],
} as const satisfies Record<RemovalOrderName, Shade>;
const MAP_COLORS = {
  flow: REGIME_COLORS.relu,
  smooth: INK.muted,
  integrated: INK.muted,
  mass: INK.muted,
  random: REGIME_COLORS["frnpf-ii"],
} as const satisfies Record<PixelMapName, Shade>;
/** Short, for a figure. */
const MAP_NAMES = { ...PIXEL_MAPS, flow: "signed flow" } as const;

const [WIDTH, HEIGHT] = [230, 190];

/** How many decisions are others once a share of the active units is closed, in each order. */
export function removalFigure(runs: readonly (readonly ExplanationMeasurement[])[]): readonly Figure[] {
  const removals = runs.flatMap((run) => run.flatMap((one) => (one.part === "removal" ? [one.shares] : [])));
  if (removals.length === 0) return [];
  const shares = removals.flatMap(({ random }) => random.map((share) => share ?? 100));
  const most = Math.min(100, 10 * Math.ceil(largestOf(shares, 10) / 10));
  const places = Array.from({ length: 101 }, (_, i) => (i * most) / 100);
  const lines = (["flow", "activation", "random"] as const).map((order): Line => {
    const changed = (at: number) => (own: readonly (number | null)[]) =>
      (100 * own.filter((share) => share !== null && share <= at).length) / Math.max(1, own.length);
    return {
      label: REMOVAL_ORDERS[order],
      color: ORDER_COLORS[order],
      ...(order === "activation" ? { labelColor: INK.muted } : {}),
      curve: places.map((at) =>
        pointOf(
          at,
          removals.map((own) => changed(at)(own[order])),
        ),
      ),
    };
  });
  const step = most > 50 ? 20 : 10;
  return [
    figureOf({
      name: "removal",
      title: "Decisions that removal changes",
      caption: `Percent of the images whose decision is another once that share of their active units is closed, all other gates decided anew. ${
        removals.length === 1 ? "One network." : `Mean over ${removals.length} networks; the band spans them.`
      }`,
      margin: { top: 34, right: 112, bottom: 36, left: 34 },
      panels: [
        linePanel({
          lines,
          width: WIDTH,
          height: HEIGHT,
          scale: fitted([0, 100], HEIGHT, 20),
          vertical: "linear",
          horizontal: {
            title: "units closed, %",
            domain: [0, most],
            ticks: Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step),
          },
        }),
      ],
    }),
  ];
}

/** How much of a decision the pixels carry that each map names first. */
export function mapFigure(rows: readonly ExplanationRow[]): readonly Figure[] {
  const areas = rows.flatMap(({ figure, name, mean, runs, published }) =>
    figure === "area" && isMap(name) ? [{ name, mean, runs, published: published === null ? null : published[0] }] : [],
  );
  if (areas.length === 0) return [];
  const values = areas.flatMap(({ runs, published }) => (published === null ? runs : [...runs, published]));
  return [
    figureOf({
      name: "pixel-maps",
      title: "Pixels by a map: insertion less deletion",
      caption:
        "Area under the probability of the class while pixels are put into a blank image in the order of the map, less the same while they are taken out. A dot each network, a bar their mean; gray diamonds: theory 7.10.",
      margin: { top: 34, right: 20, bottom: 30, left: 136 },
      panels: [
        {
          width: 200,
          height: DOT_ROW * areas.length,
          layer: [
            ...dotRows(
              areas.map((area) => ({ ...area, name: MAP_NAMES[area.name], color: MAP_COLORS[area.name] })),
              fitted([0, 1, ...values], 160),
            ),
          ],
        },
      ],
    }),
  ];
}

const isMap = (name: string): name is PixelMapName => name in PIXEL_MAPS;
