/** Scores by the values of the last hidden layer, which compare an input with all training examples. */
import type { Engine } from "../../engine/index.ts";
import { factorInPlace, invertLower } from "../../fitting/index.ts";
import { type Inputs, layerTensors, readLayerValues } from "../../gates/index.ts";
import { float32, graph, input, matMul, smallestOf } from "../../graph/index.ts";
import type { GatedNetwork } from "../../network/index.ts";

/** Values of the last hidden layer, `[n, width]`. */
export interface Features {
  readonly width: number;
  readonly data: Float32Array;
}

export async function featuresOf(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  signal?: AbortSignal,
): Promise<Features> {
  const last = layerTensors(network, "all").findLast(({ kind }) => kind === "activations");
  if (last === undefined) throw new Error("unreachable: a network without gates");
  const [width = 0] = last.shape;
  const data = new Float32Array((inputs.shape[0] ?? 0) * width);
  const options = signal === undefined ? {} : { signal };
  for await (const { from, values } of readLayerValues(network, engine, inputs, [last], options)) {
    if (values[0] !== undefined) data.set(values[0].data, from * width);
  }
  return { width, data };
}

const BLOCK = 200;

/**
 * Distance to the `k`-th nearest training example, features at length 1 (Sun et al., ICML 2022).
 * @returns a larger number for a less familiar input
 */
export async function neighborDistances(
  engine: Engine,
  train: Features,
  asked: Features,
  k: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { width } = train;
  const [known, queries] = [unitRows(train), unitRows(asked)];
  const [n, m] = [known.length / width, queries.length / width];
  const a = input("a", "float32", ["queries", width]);
  const b = input("b", "float32", [n, width]);
  await using program = await engine.compile(graph({ c: matMul(a, b, { transposeB: true }) }));
  await using resident = await engine.upload(float32([n, width], known));
  const distances = new Float64Array(m);
  for (let from = 0; from < m; from += BLOCK) {
    signal?.throwIfAborted();
    const to = Math.min(from + BLOCK, m);
    const rows = float32([to - from, width], queries.slice(from * width, to * width));
    const { c } = (await program.run({ a: rows, b: resident })).fetched;
    if (c?.dtype !== "float32") throw new Error("unreachable: no products");
    for (let i = from; i < to; i++) {
      distances[i] = Math.sqrt(Math.max(0, 2 - 2 * largestOfRank(c.data, (i - from) * n, n, k)));
    }
  }
  return distances;
}

/** The `k`-th largest of some numbers. */
function largestOfRank(values: Float32Array, from: number, count: number, k: number): number {
  const best: number[] = [];
  for (let i = from; i < from + count; i++) {
    const value = values[i]!;
    if (best.length === k && value <= best[k - 1]!) continue;
    let at = best.length;
    for (; at > 0 && best[at - 1]! < value; at--);
    best.splice(at, 0, value);
    if (best.length > k) best.pop();
  }
  return best.at(-1) ?? Number.NEGATIVE_INFINITY;
}

function unitRows({ width, data }: Features): Float32Array {
  const rows = data.slice();
  for (let from = 0; from < rows.length; from += width) {
    let square = 0;
    for (let i = from; i < from + width; i++) square += rows[i]! ** 2;
    const factor = square === 0 ? 0 : 1 / Math.sqrt(square);
    for (let i = from; i < from + width; i++) rows[i]! *= factor;
  }
  return rows;
}

/** Keeps the covariance of units that never open from being singular. */
const JITTER = 1e-6;

/**
 * Mahalanobis distance to the nearest class mean, by the covariance that all classes share (Lee et al., NeurIPS 2018).
 * @param labels of the training examples
 */
export function mahalanobisDistances(
  { width, data }: Features,
  labels: ArrayLike<number>,
  classes: number,
  asked: Features,
): Float64Array {
  const n = data.length / width;
  const means = Array.from({ length: classes }, () => new Float64Array(width));
  const counts = new Float64Array(classes);
  for (let i = 0; i < n; i++) {
    const mean = means[labels[i]!]!;
    counts[labels[i]!]! += 1;
    for (let u = 0; u < width; u++) mean[u]! += data[i * width + u]!;
  }
  for (const [label, mean] of means.entries()) {
    for (let u = 0; u < width; u++) mean[u]! /= Math.max(1, counts[label]!);
  }
  const covariance = new Float64Array(width * width);
  const centered = new Float64Array(width);
  for (let i = 0; i < n; i++) {
    const mean = means[labels[i]!]!;
    for (let u = 0; u < width; u++) centered[u] = data[i * width + u]! - mean[u]!;
    for (let u = 0; u < width; u++) {
      const one = centered[u]! / n;
      if (one !== 0) for (let v = 0; v <= u; v++) covariance[u * width + v]! += one * centered[v]!;
    }
  }
  let trace = 0;
  for (let u = 0; u < width; u++) trace += covariance[u * width + u]!;
  for (let u = 0; u < width; u++) covariance[u * width + u]! += JITTER * trace;
  factorInPlace(covariance, width, new Float64Array(width));
  const whitening = invertLower(covariance, width);
  const white = (row: ArrayLike<number>, from: number): Float64Array =>
    Float64Array.from({ length: width }, (_, u) => {
      let sum = 0;
      for (let v = 0; v <= u; v++) sum += whitening[u * width + v]! * row[from + v]!;
      return sum;
    });
  const centers = means.map((mean) => white(mean, 0));
  return Float64Array.from({ length: asked.data.length / width }, (_, i) => {
    const own = white(asked.data, i * width);
    return smallestOf(centers.map((center) => center.reduce((sum, one, u) => sum + (one - own[u]!) ** 2, 0)));
  });
}
