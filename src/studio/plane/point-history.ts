/** How the gates of a point went from epoch to epoch. */
import type { LayerPart, PointPart } from "./topics.ts";

export interface PointHistory {
  readonly rows: number;
  readonly units: number;
  /** Gates that are open at the end. */
  readonly open: number;
  /** Gates that are not what they were an epoch before, summed over the epochs. */
  readonly flips: number;
  readonly byLayer: readonly number[];
  /** By moment; the first has none. */
  readonly flipsAt: readonly number[];
  /** Different sets of gates that it had. */
  readonly regions: number;
}

export function pointHistory({ gates, units }: PointPart, layers: readonly LayerPart[]): PointHistory {
  const rows = units === 0 ? 1 : gates.length / units;
  const ofUnit = layers.flatMap(({ units: own }, layer) => Array<number>(own).fill(layer));
  const byLayer = layers.map(() => 0);
  const flipsAt = Array<number>(rows).fill(0);
  const seen = new Set<string>();
  for (let row = 0; row < rows; row++) {
    seen.add(gates.subarray(row * units, (row + 1) * units).join(""));
    if (row === 0) continue;
    for (let unit = 0; unit < units; unit++) {
      if (gates[row * units + unit] === gates[(row - 1) * units + unit]) continue;
      flipsAt[row]! += 1;
      byLayer[ofUnit[unit] ?? 0]! += 1;
    }
  }
  const open = gates.subarray((rows - 1) * units).reduce((sum, gate) => sum + gate, 0);
  return { rows, units, open, flips: flipsAt.reduce((a, b) => a + b, 0), byLayer, flipsAt, regions: seen.size };
}
