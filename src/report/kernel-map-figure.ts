/**
 * Heat maps of kernels. Thousands of cells as Vega marks would be as many SVG elements; instead each of nine steps of
 * color is one path of horizontal strokes, all cells of at least that step, drawn one over the other.
 */
import type { DenseArray } from "../graph/index.ts";
import { REGIMES } from "../network/index.ts";
import type { KernelMeasurement } from "../runs/index.ts";
import { examplesOf, type MappedKernel } from "./drawn-kernels.ts";
import { type Figure, figureOf, textLayer } from "./figure.ts";
import type { RegimeGroup } from "./gathered-runs.ts";
import { kernelMoves } from "./kernel-moves.ts";
import { HEAT_RAMP, INK, REGIME_COLORS } from "./palette.ts";
import type { LayerSpec } from "./specification.ts";

/** Pixels of a map's side, and between two maps. */
const SIDE = 150;
const GAP = 20;
/** Cells of a side: more than this would show nothing at this size. */
const MOST_CELLS = 50;

/** `[cells, cells]`, 1 where an entry is as large as the mean of the diagonal. */
interface KernelMap {
  readonly title: string;
  readonly cells: number;
  readonly values: Float64Array;
}

interface RegimeMaps {
  readonly group: RegimeGroup;
  readonly measurement: KernelMeasurement;
  readonly seed: number;
  readonly maps: readonly KernelMap[];
}

/** One figure a regime: the kernel before and after training, of the first seed that was measured. */
export function kernelMapFigures(groups: readonly RegimeGroup[]): readonly Figure[] {
  const drawn = groups.flatMap((group): readonly RegimeMaps[] => {
    const { mapped } = group.drawn.kernels;
    return mapped === undefined
      ? []
      : [{ group, measurement: mapped.first, seed: mapped.seed, maps: mapsOf(group, mapped) }];
  });
  const steps = heatSteps(drawn.flatMap(({ maps }) => maps.flatMap(({ values }) => [...values])));
  return drawn.map(({ group, measurement, seed, maps }) => {
    const { title } = REGIMES[group.regime];
    return figureOf({
      name: `kernel-map-${group.regime}`,
      title: `Kernel, ${title}`,
      caption: `Path kernel of ${examplesOf(measurement)} training examples behind the gates of ${title}, seed ${seed}, sorted by class${kernelMoves(group) ? ", before and after training" : ""}; in units of its mean diagonal.`,
      margin: { top: 50, right: 2, bottom: 46, left: 18 },
      color: REGIME_COLORS[group.regime],
      panels: [
        {
          width: 2 * SIDE + GAP,
          height: SIDE,
          layer: [
            ...maps.flatMap((map, i) => mapLayers(map, steps, i * (SIDE + GAP))),
            ...maps.flatMap((_, i) => classLabels(measurement, i * (SIDE + GAP))),
            ...legend(steps),
          ],
        },
      ],
    });
  });
}

function mapsOf(group: RegimeGroup, { start, last, lastEpoch }: MappedKernel): readonly KernelMap[] {
  return [
    binned(start, kernelMoves(group) ? "before training" : "before and after training"),
    ...(last === undefined || lastEpoch === 0 ? [] : [binned(last, `after epoch ${lastEpoch}`)]),
  ];
}

/** The kernel in cells of a few examples each, means, in units of the mean diagonal. */
function binned({ shape: [n = 0], data }: DenseArray<"float64">, title: string): KernelMap {
  const size = Math.ceil(n / MOST_CELLS);
  const cells = Math.ceil(n / size);
  const [sums, counts] = [new Float64Array(cells * cells), new Float64Array(cells * cells)];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const cell = Math.floor(i / size) * cells + Math.floor(j / size);
      sums[cell]! += n * data[i * n + j]!;
      counts[cell]! += 1;
    }
  }
  return { title, cells, values: sums.map((sum, cell) => sum / counts[cell]!) };
}

/** Where a step of the ramp begins, but for the first: equal factors between the most of the values. */
function heatSteps(values: readonly number[]): readonly number[] {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 1;
  const [low, high] = [at(0.02), Math.max(at(0.995), at(0.02) * 1.01)];
  const count = HEAT_RAMP.length - 1;
  return Array.from({ length: count }, (_, i) => low * (high / low) ** ((i + 1) / (count + 1)));
}

function mapLayers({ title, cells, values }: KernelMap, steps: readonly number[], left: number): LayerSpec[] {
  const cell = SIDE / cells;
  const paths = [Number.NEGATIVE_INFINITY, ...steps].map((step) => runsPath(values, cells, cell, step));
  return [
    ...paths.flatMap((path, level) => (path === "" ? [] : [strokes(path, level, cell, left, cell / 2)])),
    textLayer(title, left, -12, { color: INK.muted.light }),
  ];
}

/** Horizontal strokes through the runs of cells that reach a value, the first row at 0. */
function runsPath(values: Float64Array, cells: number, cell: number, least: number): string {
  const strokes: string[] = [];
  for (let row = 0; row < cells; row++) {
    let start = -1;
    for (let column = 0; column <= cells; column++) {
      const inside = column < cells && values[row * cells + column]! >= least;
      if (inside && start < 0) start = column;
      if (inside || start < 0) continue;
      strokes.push(`M${short(start * cell)},${short(row * cell)}H${short(column * cell)}`);
      start = -1;
    }
  }
  return strokes.join("");
}

const short = (pixels: number): string => String(Math.round(10 * pixels) / 10);

/** A symbol of size 4 is drawn in pixels. */
const strokes = (path: string, level: number, width: number, x: number, y: number): LayerSpec => ({
  data: { values: [{}] },
  mark: {
    type: "point",
    shape: path,
    size: 4,
    filled: false,
    stroke: HEAT_RAMP[level]?.light ?? INK.ink.light,
    // a little more than a row: on a screen of other pixels no line shows between rows
    strokeWidth: width + 0.3,
    opacity: 1,
  },
  encoding: { x: { value: x }, y: { value: y } },
});

/** Names of the classes below a map, and beside the first; none where they would overlap. */
function classLabels(measurement: KernelMeasurement, left: number): LayerSpec[] {
  const { classes } = measurement;
  const pixel = SIDE / examplesOf(measurement);
  if (classes.some(({ examples, label }) => examples * pixel < 7 * String(label).length + 2)) return [];
  return classes.flatMap(({ label, examples }, i): LayerSpec[] => {
    const before = classes.slice(0, i).reduce((sum, one) => sum + one.examples, 0);
    const middle = Math.round((before + examples / 2) * pixel);
    const text = String(label);
    const style = { color: INK.muted.light };
    return [
      textLayer(text, left + middle - 3 * text.length, SIDE + 9, style),
      ...(left === 0 ? [textLayer(text, -6, middle, { ...style, align: "right" })] : []),
    ];
  });
}

/** The ramp with the values where its second and last step begin. */
function legend(steps: readonly number[]): LayerSpec[] {
  const [width, y] = [16, SIDE + 30];
  const text = (value: number | undefined): string => String(Number((value ?? 0).toPrecision(1)));
  const style = { color: INK.muted.light };
  const from = 40;
  return [
    ...HEAT_RAMP.map((_, level) => strokes(`M0,0H${width}`, level, 10, from + level * width, y)),
    textLayer(`< ${text(steps[0])}`, from - 6, y, { ...style, align: "right" }),
    textLayer(`> ${text(steps.at(-1))}`, from + HEAT_RAMP.length * width + 6, y, style),
  ];
}
