/**
 * Central differences, the reference of every gradient: `(f(x + h) − f(x − h)) / 2h`, one element at a time, with `f`
 * run by an engine and the sum over its output taken here in float64.
 */
import type { Program } from "../../src/engine/index.ts";
import { type DenseArray, type FloatDType, float32, float64, sizeOf } from "../../src/graph/index.ts";

export interface Differences {
  readonly program: Program;
  readonly feeds: Readonly<Record<string, DenseArray>>;
  /** The feed to differentiate by. */
  readonly by: string;
  /** Outputs whose elements, times the weights, are summed to the scalar that is differentiated. */
  readonly of: readonly { readonly output: string; readonly weights?: DenseArray<FloatDType> }[];
  readonly step: number;
}

/** `∂ Σ weights · of / ∂ by`, of the shape of `by`: two runs an element. */
export async function finiteDifferences({ program, feeds, by, of, step }: Differences): Promise<DenseArray<"float64">> {
  const feed = feeds[by];
  if (feed?.dtype !== "float64" && feed?.dtype !== "float32") throw new Error(`no float feed "${by}"`);
  const gradient = new Float64Array(sizeOf(feed.shape));
  for (let i = 0; i < gradient.length; i++) {
    const above = changed(feed, i, step);
    const below = changed(feed, i, -step);
    const { fetched: plus } = await program.run({ ...feeds, [by]: above });
    const { fetched: minus } = await program.run({ ...feeds, [by]: below });
    let sum = 0;
    for (const { output, weights } of of) {
      const [high, low] = [plus[output]?.data ?? [], minus[output]?.data ?? []];
      for (let j = 0; j < high.length; j++) sum += (weights?.data[j] ?? 1) * (Number(high[j]) - Number(low[j]));
    }
    // the step as it was after rounding to the feed's dtype
    gradient[i] = sum / (above.data[i]! - below.data[i]!);
  }
  return float64(feed.shape, gradient);
}

function changed(array: DenseArray<FloatDType>, index: number, change: number): DenseArray<FloatDType> {
  const data = array.data.slice();
  data[index] = array.data[index]! + change;
  return array.dtype === "float32" ? float32(array.shape, data) : float64(array.shape, data);
}
