import type { MapWindow } from "../network/index.ts";

type Size = readonly [height: number, width: number];

/**
 * Sums of a map over windows, exact, in time linear in both maps: along columns, then along rows, each a difference of
 * sums from the border on.
 * @param map `[height, width]`
 * @returns `[rows, columns]`
 */
export function windowSums(
  map: readonly bigint[],
  [height, width]: Size,
  [rows, columns]: Size,
  window: MapWindow,
): bigint[] {
  const between = new Array<bigint>(rows * width);
  for (let x = 0; x < width; x++) {
    const column = Array.from({ length: height }, (_, y) => map[y * width + x] ?? 0n);
    for (const [row, sum] of lineSums(column, rows, window, 0).entries()) between[row * width + x] = sum;
  }
  return Array.from({ length: rows }, (_, row) =>
    lineSums(between.slice(row * width, (row + 1) * width), columns, window, 1),
  ).flat();
}

function lineSums(
  line: readonly bigint[],
  outputs: number,
  { kernel, strides, pads, dilations }: MapWindow,
  axis: 0 | 1,
): bigint[] {
  const dilation = dilations[axis];
  // up to each element, over those that are whole dilations before it
  const sums: bigint[] = [];
  for (const [i, value] of line.entries()) sums.push(value + (sums[i - dilation] ?? 0n));
  return Array.from({ length: outputs }, (_, output) => {
    const start = output * strides[axis] - pads[axis];
    // the first and the last element of the window within the line
    const first = start < 0 ? start + Math.ceil(-start / dilation) * dilation : start;
    const end = start + (kernel[axis] - 1) * dilation;
    const last = end < line.length ? end : end - Math.ceil((end - line.length + 1) / dilation) * dilation;
    return last < first ? 0n : (sums[last] ?? 0n) - (sums[first - dilation] ?? 0n);
  });
}
