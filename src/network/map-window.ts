/** Windows that slide over maps `[channels, height, width]`: which elements each holds. */
export interface MapWindow {
  readonly kernel: readonly [height: number, width: number];
  readonly strides: readonly [number, number];
  /** Zeros at top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

/** Where a window lies. */
export interface WindowPlace {
  readonly window: MapWindow;
  /** Of the map under it. */
  readonly height: number;
  readonly width: number;
  /** Of the output, and the position there, rows one behind the other. */
  readonly columns: number;
  readonly position: number;
  /** Place of the map's first element. */
  readonly offset: number;
}

/** Calls `visit` with the place of each element that a window holds, padding left out, and with what is given of all their edges. */
export function visitWindow(
  { window: { kernel, strides, pads, dilations }, height, width, columns, position, offset }: WindowPlace,
  [weight, place]: readonly [weight: number, place: number],
  visit: (which: number, unit: number, weight: number, place: number) => void,
): void {
  const top = Math.floor(position / columns) * strides[0] - pads[0];
  const left = (position % columns) * strides[1] - pads[1];
  // a window may hang far over the map
  const firstRow = firstInside(top, dilations[0]);
  const endRow = endInside(top, dilations[0], kernel[0], height);
  const firstColumn = firstInside(left, dilations[1]);
  const endColumn = endInside(left, dilations[1], kernel[1], width);
  for (let ky = firstRow; ky < endRow; ky++) {
    const row = offset + (top + ky * dilations[0]) * width + left;
    for (let kx = firstColumn; kx < endColumn; kx++) visit(0, row + kx * dilations[1], weight, place);
  }
}

/** How many elements the window of an output position holds, padding left out. */
export function heldAt(
  { kernel, strides, pads, dilations }: MapWindow,
  [height, width]: readonly [height: number, width: number],
  columns: number,
  position: number,
): number {
  const top = Math.floor(position / columns) * strides[0] - pads[0];
  const left = (position % columns) * strides[1] - pads[1];
  const rows = endInside(top, dilations[0], kernel[0], height) - firstInside(top, dilations[0]);
  const held = endInside(left, dilations[1], kernel[1], width) - firstInside(left, dilations[1]);
  return Math.max(0, rows) * Math.max(0, held);
}

/** The first of a kernel's steps from `start` on that does not lie before the map, and the one behind the last within it. */
const firstInside = (start: number, dilation: number): number => Math.max(0, Math.ceil(-start / dilation));
const endInside = (start: number, dilation: number, kernel: number, size: number): number =>
  Math.min(kernel, Math.ceil((size - start) / dilation));
