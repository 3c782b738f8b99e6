import type { GatedNetwork } from "../network/index.ts";

/** The linear network along which paths run: edges, and where paths start with which value. All float64. */
export interface PathGraph {
  readonly network: GatedNetwork;
  /** By position of a gate, its values by unit; all 1 where there are none. */
  readonly gates: ReadonlyMap<number, Float64Array>;
  /** By position of a max-pool, the unit of its input that passes, by unit, −1 for none; the whole window where there are none. */
  readonly selected: ReadonlyMap<number, Int32Array>;
  /**
   * By position, the value of the path that starts at each unit: elements of the input (behind its normalization),
   * biases, the ceiling of saturated units; 0 where none starts.
   */
  readonly starts: ReadonlyMap<number, Float64Array>;
}
