/** Values of an example before any weight (theory 3.6): the input, normalized, gated, pooled, in another order. */
import { averaged, type Windows } from "../pair/averages.ts";
import { unpackPositions } from "../pair/position-bits.ts";
import type { ExampleReading } from "../pair/readings.ts";
import { addTo } from "../pair/terms.ts";

export type MapValues = {
  /** Equal values have equal names. */
  readonly key: string;
  readonly channels: number;
  readonly positions: number;
} & (
  | { readonly kind: "input" }
  | {
      readonly kind: "normalized";
      readonly of: MapValues;
      readonly factor: ArrayLike<number>;
      readonly shift: ArrayLike<number>;
    }
  | { readonly kind: "gated"; readonly of: MapValues; readonly node: number }
  | { readonly kind: "chosen"; readonly of: MapValues; readonly pool: number }
  | { readonly kind: "averaged"; readonly of: MapValues; readonly windows: Windows }
  /** Element `i` is element `from[i]`, 0 where that is −1. */
  | { readonly kind: "moved"; readonly of: MapValues; readonly from: Int32Array }
  | { readonly kind: "added"; readonly of: readonly MapValues[] }
);

/** @returns `[channels · positions]` */
export function valuesOfExample(values: MapValues, reading: ExampleReading): Float64Array {
  switch (values.kind) {
    case "input":
      return reading.input;
    case "normalized":
      return valuesOfExample(values.of, reading).map((x, i) => x * values.factor[i]! + values.shift[i]!);
    case "gated": {
      const gates = reading.gates.get(values.node);
      if (gates?.kind !== "bits") throw new Error(`unreachable: gates of node ${values.node} that are no bits`);
      const on = unpackPositions(gates.on);
      return valuesOfExample(values.of, reading).map((x, i) => x * on[i]!);
    }
    case "chosen": {
      const chosen = reading.selections.get(values.pool);
      if (chosen === undefined) throw new Error(`unreachable: no selection of node ${values.pool}`);
      const before = valuesOfExample(values.of, reading);
      return Float64Array.from(chosen, (u, i) => before[Math.floor(i / values.positions) * values.of.positions + u]!);
    }
    case "averaged": {
      const before = valuesOfExample(values.of, reading);
      const { channels, positions, of } = values;
      const means = new Float64Array(channels * positions);
      for (let c = 0; c < channels; c++) {
        means.set(averaged(before.subarray(c * of.positions, (c + 1) * of.positions), values.windows), c * positions);
      }
      return means;
    }
    case "moved": {
      const before = valuesOfExample(values.of, reading);
      return Float64Array.from(values.from, (was) => (was < 0 ? 0 : before[was]!));
    }
    case "added": {
      const sum = new Float64Array(values.channels * values.positions);
      for (const one of values.of) addTo(sum, valuesOfExample(one, reading));
      return sum;
    }
  }
}
