import { float32, int64 } from "../../../../src/graph/index.ts";
import type { GatedNetwork } from "../../../../src/network/index.ts";
import { drawn, type ModelOf } from "../../../graph/onnx/model.ts";

export interface Case extends ModelOf {
  /** Kinds of the nodes that are expected, where that matters. */
  readonly kinds?: readonly GatedNetwork["nodes"][number]["kind"][];
  /** Whether the model's output is the softmax of the logits, or its logarithm. */
  readonly behind?: "softmax" | "log";
}

/** Cases of one op by title. */
export type Cases = Readonly<Record<string, Readonly<Record<string, Case>>>>;

export const ints = (...values: readonly number[]) => int64([values.length], values);
export const MAPS = [1, 2, 6, 5];
export const conv = { op: "Conv", inputs: ["x", "w", "b"], outputs: ["q"] };
export const convWeights = { w: drawn("w", 4, 2, 3, 3), b: drawn("b", 4) };
export const normal = {
  s: drawn("s", 4),
  t: drawn("t", 4),
  m: drawn("m", 4),
  v: float32([4], [0.5, 1.5, 0.1, 2]),
};
export const batchNorm = (from: string, outputs: readonly string[] = []) => ({
  op: "BatchNormalization",
  inputs: [from, "s", "t", "m", "v"],
  outputs,
});
export const flat = (from: string) => ({ op: "Flatten", inputs: [from] });
export const linear = { w: drawn("w", 4, 3), b: drawn("b", 3) };
export const channelsLast = (from: string, outputs: readonly string[]) => ({
  op: "Transpose",
  inputs: [from],
  outputs,
  attributes: { perm: [0, 2, 3, 1] },
});
export const channelsFirst = (from: string, outputs: readonly string[]) => ({
  ...channelsLast(from, outputs),
  attributes: { perm: [0, 3, 1, 2] },
});
