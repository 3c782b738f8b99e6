import { broadcastShape, getBroadcast, type Nd, nd } from "./nd.ts";

/** Applies a function of numbers to every element, with NumPy's broadcasting. */
export const elementwise =
  (apply: (...values: readonly number[]) => number) =>
  (...arrays: readonly Nd[]): Nd =>
    nd(broadcastShape(...arrays), (index) => apply(...arrays.map((array) => getBroadcast(array, index))));

export const bit = (truth: boolean): number => (truth ? 1 : 0);
