import { get, getBroadcast, type Nd, nd } from "./nd.ts";

/** The last two axes exchanged. */
export const swapped = (a: Nd): Nd =>
  nd([...a.shape.slice(0, -2), a.shape.at(-1) ?? 0, a.shape.at(-2) ?? 0], (index) =>
    get(a, [...index.slice(0, -2), index.at(-1) ?? 0, index.at(-2) ?? 0]),
  );

/** Matrix product of the last two axes, the leading ones broadcast. */
export function matMul(a: Nd, b: Nd): Nd {
  const rank = Math.max(a.shape.length, b.shape.length) - 2;
  const leading = Array.from({ length: rank }, (_, i) => {
    const size = ({ shape }: Nd): number => shape.slice(0, -2).at(i - rank) ?? 1;
    return Math.max(size(a), size(b));
  });
  const [rows = 0, inner = 0] = a.shape.slice(-2);
  const columns = b.shape.at(-1) ?? 0;
  return nd([...leading, rows, columns], (index) => {
    const [stack, [i = 0, j = 0]] = [index.slice(0, -2), index.slice(-2)];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += getBroadcast(a, [...stack, i, k]) * getBroadcast(b, [...stack, k, j]);
    return sum;
  });
}
