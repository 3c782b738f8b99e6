/**
 * Max-pools whose windows tile the maps, as slices: one for each place in a window, `[n, c, rows, columns]`. Elementwise
 * ops alone, which every device has; positions would need gathering and scattering.
 */
import { filled, int64 } from "../dense-array.ts";
import type { FloatDType, OnnxEmitter } from "../symbolic.ts";

type Pair = readonly [number, number];

/** Windows of maps, all of one size, side by side, none left out. */
export interface Tiling {
  readonly window: Pair;
  /** Rows and columns of windows. */
  readonly count: Pair;
}

/** Values of `from` where `x` is greatest in its window, at the first such place. */
export function emitTiledSelection(emit: OnnxEmitter, [x, from]: readonly [string, string], tiling: Tiling): string {
  const isGreatest = placesOfGreatest(emit, x, tiling);
  return places(emit, from, tiling).reduceRight((later, own, place) =>
    emit.node("Where", [at(isGreatest, place), own, later]),
  );
}

/** The gradient of each window at the place that {@link emitTiledSelection} passed, zeros elsewhere. */
export function emitTiledGradient(
  emit: OnnxEmitter,
  [x, dy]: readonly [string, string],
  tiling: Tiling,
  dtype: FloatDType,
): string {
  const none = emit.constant(filled(dtype, [], 0));
  const isGreatest = placesOfGreatest(emit, x, tiling);
  let rest = dy;
  const gradients = isGreatest.slice(0, -1).map((here) => {
    const own = emit.node("Where", [here, rest, none]);
    rest = emit.node("Where", [here, none, rest]);
    return own;
  });
  return interleaved(emit, [...gradients, rest], tiling);
}

function placesOfGreatest(emit: OnnxEmitter, x: string, tiling: Tiling): readonly string[] {
  const values = places(emit, x, tiling);
  const greatest = values.reduce((a, b) => emit.node("Max", [a, b]));
  return values.map((value) => emit.node("Equal", [value, greatest]));
}

/** For each place in a window, in row order, what stands there in all windows. */
function places(emit: OnnxEmitter, x: string, { window, count }: Tiling): readonly string[] {
  const [axes, steps, ends] = [[2, 3], window, window.map((size, axis) => size * at(count, axis))];
  return Array.from({ length: window[0] * window[1] }, (_, place) => {
    const starts = [Math.floor(place / window[1]), place % window[1]];
    return emit.node("Slice", [x, ...[starts, ends, axes, steps].map((values) => ints(emit, values))]);
  });
}

/** Maps of what stands at each place of their windows. */
function interleaved(emit: OnnxEmitter, values: readonly string[], { window, count }: Tiling): string {
  const [height, width] = window;
  const [rows, columns] = count;
  // 0 copies a dimension: batch and channels
  const reshape = (value: string, ...dimensions: readonly number[]): string =>
    emit.node("Reshape", [value, ints(emit, [0, 0, ...dimensions])]);
  const lines = Array.from({ length: height }, (_, i) => {
    const own = values.slice(i * width, (i + 1) * width).map((value) => reshape(value, rows, columns, 1));
    return reshape(joined(emit, own, 4), rows, 1, columns * width);
  });
  return reshape(joined(emit, lines, 3), rows * height, columns * width);
}

const joined = (emit: OnnxEmitter, values: readonly string[], axis: number): string =>
  emit.node("Concat", values, { axis: { int: axis } });

const ints = (emit: OnnxEmitter, values: readonly number[]): string => emit.constant(int64([values.length], values));

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new Error(`unreachable: no place ${index} in a window`);
  return value;
}
