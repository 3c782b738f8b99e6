/** The fast gradient sign method (Goodfellow et al., ICLR 2015): each pixel a step to where the loss rises, within 0 and 1. */
import type { Engine } from "../../engine/index.ts";
import { cast, type DenseArray, float32, input, oneHot, sizeOf } from "../../graph/index.ts";
import { type GatedNetwork, outputCount } from "../../network/index.ts";
import { exampleLosses } from "../../train/index.ts";
import { openInputSlopes } from "../input-slopes.ts";

const BATCH = 250;

/**
 * @param inputs `[n, …inputShape]`, from 0 to 1
 * @param labels their classes
 */
export async function gradientSign(
  network: GatedNetwork,
  engine: Engine,
  inputs: DenseArray<"float32">,
  labels: ArrayLike<number>,
  step: number,
  signal?: AbortSignal,
): Promise<DenseArray<"float32">> {
  const label = input("label", "int32", ["batch"]);
  const targets = cast(oneHot(label, outputCount(network)), "float32");
  await using losses = await openInputSlopes(network, engine, (y) =>
    exampleLosses("softmax-cross-entropy", y, targets),
  );
  const [count = 0, ...shape] = inputs.shape;
  const size = sizeOf(shape);
  const moved = new Float32Array(inputs.data.length);
  for (let from = 0; from < count; from += BATCH) {
    signal?.throwIfAborted();
    const to = Math.min(from + BATCH, count);
    const rows = inputs.data.slice(from * size, to * size);
    const given = Int32Array.from({ length: to - from }, (_, i) => labels[from + i]!);
    const slopes = await losses.at(float32([to - from, ...shape], rows), {
      label: { dtype: "int32", shape: [to - from], data: given },
    });
    slopes.forEach((one, i) => {
      moved[from * size + i] = Math.min(1, Math.max(0, rows[i]! + step * Math.sign(one)));
    });
  }
  return float32(inputs.shape, moved);
}
