/**
 * The active network of one example as a drawing: weight layers as columns of dots, dark where a path of the figure's
 * example may pass, and the strongest paths as lines, wide where they contribute much, in the color of their sign. For
 * images a panel beside it shows the input and the pixels that those paths start from.
 */
import { largestOf } from "../graph/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import { gatePositions, inputShapeOf, weightLayers } from "../network/index.ts";
import type { ActiveNetwork, Path, Unit } from "../paths/index.ts";
import { INK } from "./palette.ts";
import { hundredths, NEGATIVE, POSITIVE, svgOf, svgText, svgTitle } from "./svg-text.ts";

const WIDTH = 720;
const HEIGHT = 420;
const MARGIN = { top: 46, right: 28, bottom: 40, left: 28 } as const;
const IMAGE = 200;
/** More dots than these in a column would be a bar: units are drawn in so many bands, dark where one of a band is active. */
const MOST_DOTS = 64;

/** A column: the units of one layer by their places from the top. */
interface Column {
  readonly title: string;
  readonly units: number;
  readonly isActive: (unit: number) => boolean;
}

export interface ActiveNetworkFigure {
  readonly active: ActiveNetwork;
  readonly output: number;
  /** Largest first. */
  readonly top: readonly Path[];
  /** Behind the figure's name: which example of which file. */
  readonly title: string;
}

/**
 * The drawing as SVG, light on white, with texts in a font of the system. Maps are drawn by channel: a channel is dark
 * where it is active somewhere.
 */
export function activeNetworkSvg({ active, output, top, title }: ActiveNetworkFigure): string {
  const columns = columnsOf(active, output);
  const pixels = imageOf(active);
  const left = pixels === undefined ? MARGIN.left : MARGIN.left + IMAGE + 40;
  const [first, last] = [left + 20, WIDTH - MARGIN.right - 20];
  const x = (column: number): number => first + ((last - first) * column) / Math.max(1, columns.length - 1);
  const y = (column: number, unit: number): number => {
    const { units = 1 } = columns[column] ?? {};
    const dots = Math.min(units, MOST_DOTS);
    const dot = Math.floor((unit * dots) / units);
    return MARGIN.top + 16 + ((HEIGHT - MARGIN.top - MARGIN.bottom - 32) * (dot + 0.5)) / dots;
  };
  const largest = largestOf(top.map(({ log2Contribution }) => log2Contribution));
  const lines = [...top].reverse().map((path) => {
    const points = path.units.map((unit, i) => {
      const column = path.layers[i] ?? 0;
      return `${hundredths(x(column))},${hundredths(y(column, placeOf(unit)))}`;
    });
    const share = 2 ** (path.log2Contribution - largest);
    const color = path.contribution < 0 ? NEGATIVE : POSITIVE;
    const start = points[0]?.split(",") ?? [];
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${color}" stroke-width="${hundredths(0.6 + 4.4 * share)}" stroke-opacity="0.7" stroke-linejoin="round"/><circle cx="${start[0]}" cy="${start[1]}" r="4" fill="${color}"/>`;
  });
  const dots = columns.map((column, c) => columnDots(column, c, x, y));
  const titles = columns.map(({ title: name, units }, c) =>
    [
      svgText(x(c), HEIGHT - MARGIN.bottom + 12, name, "middle", INK.ink.light),
      svgText(x(c), HEIGHT - MARGIN.bottom + 26, String(units), "middle", INK.muted.light),
    ].join(""),
  );
  const legend = `${top.length} strongest paths to output ${output}: blue adds, orange takes away, width as |contribution|`;
  return svgOf(WIDTH, HEIGHT, `Active network, ${title}. ${legend}.`, [
    svgTitle(MARGIN.left, 18, `Active network, ${title}`),
    svgText(MARGIN.left, 34, legend, "start", INK.muted.light),
    ...dots,
    ...lines,
    ...titles,
    ...(pixels === undefined ? [] : [imagePanel(pixels, top)]),
  ]);
}

function columnDots(
  { units, isActive }: Column,
  column: number,
  x: (column: number) => number,
  y: (column: number, unit: number) => number,
): string {
  const dots = Math.min(units, MOST_DOTS);
  const lit = Array.from({ length: dots }, () => false);
  for (let unit = 0; unit < units; unit++) if (isActive(unit)) lit[Math.floor((unit * dots) / units)] = true;
  const radius = Math.max(1.4, Math.min(4, 120 / dots));
  return lit
    .map((on, dot) => {
      const fill = on ? INK.ink.light : INK.rule.light;
      return `<circle cx="${hundredths(x(column))}" cy="${hundredths(y(column, Math.ceil((dot * units) / dots)))}" r="${hundredths(radius)}" fill="${fill}"/>`;
    })
    .join("");
}

/** The input, each weight layer and which of its units (channels of maps) pass a gate behind them. */
function columnsOf(active: ActiveNetwork, output: number): readonly Column[] {
  const { network } = active;
  const shape = inputShapeOf(network);
  const values = active.values.get(0) ?? new Float64Array();
  const perUnit = shape.length === 3 ? values.length / (shape[0] ?? 1) : 1;
  const input: Column = {
    title: "input",
    units: values.length / perUnit,
    isActive: (unit) => values.subarray(unit * perUnit, (unit + 1) * perUnit).some((value) => value !== 0),
  };
  const layers = [...weightLayers(network)].map(([position, layer]): Column => {
    const node = network.nodes[position];
    const channels = node?.shape[0] ?? 1;
    const gates = gatesBehind(network, active, position);
    const isOutput = position === network.output;
    return {
      title: isOutput ? "output" : String(layer),
      units: channels,
      isActive(unit) {
        if (isOutput) return unit === output;
        if (gates === undefined) return true;
        const positions = gates.length / channels;
        return gates.subarray(unit * positions, (unit + 1) * positions).some((gate) => gate !== 0);
      },
    };
  });
  return [input, ...layers];
}

/** Values of the gate that reads the layer directly. */
function gatesBehind(network: GatedNetwork, active: ActiveNetwork, position: number): Float64Array | undefined {
  const gate = gatePositions(network).find((candidate) => {
    const node = network.nodes[candidate];
    return node?.kind === "gate" && node.input === position;
  });
  return gate === undefined ? undefined : active.gates.get(gate);
}

const placeOf = (unit: Unit): number => (typeof unit === "number" ? unit : unit[0]);

interface Pixels {
  readonly rows: number;
  readonly columns: number;
  /** Of each pixel, from 0 to 1: one value, or red, green and blue. */
  readonly shades: readonly (readonly number[])[];
}

/** The input as a picture: maps of 1 or 3 channels, or a matrix; others have none. */
function imageOf({ network, values }: ActiveNetwork): Pixels | undefined {
  const shape = inputShapeOf(network);
  const [channels = 0, rows = 0, columns = 0] = shape.length === 2 ? [1, ...shape] : shape;
  if ((shape.length !== 2 && shape.length !== 3) || (channels !== 1 && channels !== 3)) return undefined;
  // beyond this a rectangle for each pixel makes a file that viewers are slow with
  if (rows * columns > 128 * 128 || Math.min(rows, columns) < 2) return undefined;
  const data = values.get(0) ?? new Float64Array();
  const [low, high] = data.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [0, 1]);
  const shades = Array.from({ length: rows * columns }, (_, pixel) =>
    Array.from({ length: channels }, (_, c) => ((data[c * rows * columns + pixel] ?? 0) - low) / (high - low)),
  );
  return { rows, columns, shades };
}

function imagePanel({ rows, columns, shades }: Pixels, top: readonly Path[]): string {
  const size = IMAGE / Math.max(rows, columns);
  const [left, upper] = [MARGIN.left, (HEIGHT - size * rows) / 2];
  const at = (row: number, column: number): string =>
    `x="${hundredths(left + column * size)}" y="${hundredths(upper + row * size)}" width="${hundredths(size)}" height="${hundredths(size)}"`;
  const pixels = shades.map((shade, pixel) => {
    const [red = 0, green = red, blue = red] = shade.map((value) => Math.round(255 * value));
    return `<rect ${at(Math.floor(pixel / columns), pixel % columns)} fill="rgb(${red},${green},${blue})"/>`;
  });
  const marked = new Set<string>();
  const marks = top.flatMap(({ start, contribution }) => {
    if (start.kind !== "input") return [];
    const [row, column] =
      typeof start.unit === "number"
        ? [Math.floor(start.unit / columns), start.unit % columns]
        : [start.unit[1], start.unit[2]];
    const key = `${row},${column}`;
    if (marked.has(key)) return [];
    marked.add(key);
    const color = contribution < 0 ? NEGATIVE : POSITIVE;
    return [`<rect ${at(row, column)} fill="none" stroke="${color}" stroke-width="2"/>`];
  });
  const caption = marked.size === 0 ? "the paths start at biases" : "where the paths start";
  return [
    `<g shape-rendering="crispEdges">${pixels.join("")}</g>`,
    marks.join(""),
    svgText(left, upper + size * rows + 14, caption, "start", INK.muted.light),
  ].join("");
}
