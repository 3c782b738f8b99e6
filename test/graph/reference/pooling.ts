import { accumulate, get, type Index, indicesOf, type Nd, nd } from "./nd.ts";

export interface Pooling {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads?: readonly [number, number, number, number];
}

function pooledShape([n = 0, c = 0, height = 0, width = 0]: readonly number[], pooling: Pooling): readonly number[] {
  const { kernel, strides, pads = [0, 0, 0, 0] } = pooling;
  let [rows, columns] = [0, 0];
  while (rows * strides[0] + kernel[0] <= height + pads[0] + pads[2]) rows += 1;
  while (columns * strides[1] + kernel[1] <= width + pads[1] + pads[3]) columns += 1;
  return [n, c, rows, columns];
}

/** Indices that one window covers, in C order; some lie in the padding. */
const windowOf = ([n = 0, c = 0, p = 0, q = 0]: Index, { kernel, strides, pads = [0, 0, 0, 0] }: Pooling) =>
  indicesOf(kernel).map(([i = 0, j = 0]): Index => [n, c, p * strides[0] + i - pads[0], q * strides[1] + j - pads[1]]);

/** The first greatest position of each window. */
function selected(x: Nd, window: Index, pooling: Pooling): Index {
  const positions = windowOf(window, pooling);
  const values = positions.map((at) => get(x, at, Number.NEGATIVE_INFINITY));
  return positions[values.indexOf(Math.max(...values))] ?? [];
}

export const maxPool = (x: Nd, pooling: Pooling): Nd => maxPoolSelect(x, x, pooling);

export const maxPoolSelect = (x: Nd, from: Nd, pooling: Pooling): Nd =>
  nd(pooledShape(x.shape, pooling), (window) => get(from, selected(x, window, pooling)));

export const maxPoolGradient = (x: Nd, dy: Nd, pooling: Pooling): Nd =>
  accumulate(
    x.shape,
    indicesOf(pooledShape(x.shape, pooling)).map((window) => [selected(x, window, pooling), get(dy, window)] as const),
  );

export const averagePool = (x: Nd, pooling: Pooling): Nd =>
  nd(pooledShape(x.shape, pooling), (window) => {
    const values = windowOf(window, pooling).map((at) => get(x, at, 0));
    return values.reduce((a, b) => a + b, 0) / values.length;
  });
