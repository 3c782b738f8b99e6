/** Lines of pairs of positions that are one step apart: the positions from which the step stays within the map, row by row. */
import type { Size, Step } from "../pair/pair-lines.ts";

export interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
}

/** Positions of which the one a step further is a position as well; none for a step that leaves the map. */
export function rectangleOf([height, width]: Size, [down, right]: Step): Rectangle {
  return {
    top: Math.max(0, -down),
    left: Math.max(0, -right),
    rows: Math.max(0, height - Math.abs(down)),
    columns: Math.max(0, width - Math.abs(right)),
  };
}

/** A number for each step of a map. */
export const stepKey = ([height, width]: Size, [down, right]: Step): number =>
  (down + height - 1) * (2 * width - 1) + right + width - 1;

export function stepOf([height, width]: Size, key: number): Step {
  const span = 2 * width - 1;
  return [Math.floor(key / span) - height + 1, (key % span) - width + 1];
}

export const staysWithin = ([height, width]: Size, [down, right]: Step): boolean =>
  Math.abs(down) < height && Math.abs(right) < width;
