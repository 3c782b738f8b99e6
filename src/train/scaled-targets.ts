import type { ExampleSet } from "../data/index.ts";
import { type DenseArray, float32 } from "../graph/index.ts";
import type { TargetScale } from "./plan.ts";

/** Mean and standard deviation of each output; 1 for one that does not vary. */
export function targetScale({ shape, data }: DenseArray<"float32">): TargetScale {
  const [examples = 0, outputs = 1] = shape;
  const columns = Array.from({ length: outputs }, (_, output) => {
    let [total, squares] = [0, 0];
    for (let i = output; i < data.length; i += outputs) total += data[i]!;
    const mean = total / examples;
    for (let i = output; i < data.length; i += outputs) squares += (data[i]! - mean) ** 2;
    return { mean, std: squares > 0 ? Math.sqrt(squares / examples) : 1 };
  });
  return { mean: columns.map(({ mean }) => mean), std: columns.map(({ std }) => std) };
}

/** The set as a network learns it: real values in their scale, `(y − mean) / std`; classes as they are. */
export function withScaledTargets(set: ExampleSet, scale: TargetScale | undefined): ExampleSet {
  const { labels } = set;
  if (scale === undefined || labels.dtype !== "float32") return set;
  const { mean, std } = scale;
  const outputs = mean.length;
  const scaled = Float32Array.from(labels.data, (y, i) => (y - (mean[i % outputs] ?? 0)) / (std[i % outputs] ?? 1));
  return { ...set, labels: float32(labels.shape, scaled) };
}
