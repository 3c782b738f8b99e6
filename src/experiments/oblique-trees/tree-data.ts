import type { LabeledExamples } from "../../data/index.ts";
import { type DenseArray, denseArray, float64 } from "../../graph/index.ts";
import { numpyNormals } from "./numpy-normals.ts";

/** A complete tree that goes right where `w · x > 0`; what it is drawn from. */
export interface TreeTask {
  readonly seed: number;
  readonly dimension: number;
  /** Levels of inner nodes: `2^levels − 1` of them. */
  readonly levels: number;
  /** Points of each part, in the order in which they are drawn. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export interface TreeData {
  /** `[nodes, dimension]`: of each inner node in breadth-first order, of length 1. */
  readonly normals: DenseArray<"float64">;
  readonly train: LabeledExamples;
  readonly validation: LabeledExamples;
  readonly test: LabeledExamples;
}

/**
 * Points on the unit sphere and their labels by a random oblique tree (theory 6.7): a leaf's label is its number mod 2, nodes
 * numbered breadth-first from 0.
 */
export function drawTree({ seed, dimension, levels, ...parts }: TreeTask): TreeData {
  const draw = numpyNormals(seed);
  const unitRows = (rows: number): Float64Array => scaledRows(draw(rows * dimension), dimension);
  const nodes = 2 ** levels - 1;
  const normals = unitRows(nodes);
  const points = unitRows(parts.train + parts.validation + parts.test);
  const part = (from: number, count: number): LabeledExamples => {
    const rows = points.subarray(from * dimension, (from + count) * dimension);
    return {
      inputs: denseArray("float32", [count, dimension], Float32Array.from(rows)),
      labels: denseArray(
        "uint8",
        [count],
        Uint8Array.from({ length: count }, (_, i) => {
          const point = rows.subarray(i * dimension, (i + 1) * dimension);
          return leafOf(point, normals, levels) % 2;
        }),
      ),
    };
  };
  return {
    normals: float64([nodes, dimension], normals),
    train: part(0, parts.train),
    validation: part(parts.train, parts.validation),
    test: part(parts.train + parts.validation, parts.test),
  };
}

/** Number of the leaf that a point falls into. */
function leafOf(point: Float64Array, normals: Float64Array, levels: number): number {
  let node = 0;
  for (let level = 0; level < levels; level++) {
    let product = 0;
    for (let i = 0; i < point.length; i++) product += point[i]! * normals[node * point.length + i]!;
    node = 2 * node + (product > 0 ? 2 : 1);
  }
  return node;
}

function scaledRows(values: Float64Array, columns: number): Float64Array {
  for (let start = 0; start < values.length; start += columns) {
    const row = values.subarray(start, start + columns);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    row.forEach((value, i) => {
      row[i] = value / length;
    });
  }
  return values;
}
