import { GatewiseError } from "../errors.ts";

/** Francis needed 2 to 3 a value; more than this is a matrix of NaN. */
const MAX_SWEEPS = 60;

export interface TridiagonalEigen {
  /** Ascending, `[n]`. */
  readonly values: Float64Array;
  /** First component of each eigenvector of length 1 (its sign means nothing), `[n]`: the weights of Gauss quadrature. */
  readonly firstComponents: Float64Array;
}

/**
 * Eigenvalues of a symmetric tridiagonal matrix by implicit QL with Wilkinson's shift (EISPACK `imtql2`, of whose
 * vectors only the first row is kept), O(n²).
 * @param diagonal `[n]`
 * @param offDiagonal `[n − 1]` or longer
 * @throws GatewiseError if it does not converge: an element is not finite
 */
export function tridiagonalEigen(diagonal: Float64Array, offDiagonal: Float64Array): TridiagonalEigen {
  const n = diagonal.length;
  // by a power of two, so that nothing is rounded, and squares do not overflow
  const scale = 2 ** -Math.floor(Math.log2(largestSize(diagonal, offDiagonal)));
  const d = diagonal.map((value) => value * scale);
  const e = new Float64Array(n);
  for (let i = 0; i < n - 1; i++) e[i] = offDiagonal[i]! * scale;
  const first = new Float64Array(n);
  if (n > 0) first[0] = 1;
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      const m = splitAfter(d, e, l);
      if (m === l) break;
      if (sweep === MAX_SWEEPS) {
        throw new GatewiseError({
          code: "numerical-failure",
          received: `eigenvalue ${l} that does not settle`,
          expected: "a matrix of finite numbers",
          next: "check how the kernel was made",
        });
      }
      sweepUp(d, e, first, l, m);
    }
  }
  const order = Int32Array.from(d, (_, i) => i).sort((a, b) => d[a]! - d[b]!);
  return {
    values: Float64Array.from(order, (i) => d[i]! / scale),
    firstComponents: Float64Array.from(order, (i) => first[i]!),
  };
}

/** The largest element in size, 1 if all are zero. */
function largestSize(...arrays: readonly Float64Array[]): number {
  let largest = 0;
  for (const array of arrays) for (const value of array) largest = Math.max(largest, Math.abs(value));
  return largest > 0 && largest < Number.POSITIVE_INFINITY ? largest : 1;
}

/** What is nothing beside the largest element, 1 to 2, however small its neighbors are: noise that would not settle. */
const NOTHING = Number.EPSILON ** 2;

/** The first row at or after `l` whose off-diagonal element is nothing beside its diagonal. */
function splitAfter(d: Float64Array, e: Float64Array, l: number): number {
  let m = l;
  while (m < d.length - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!)) + NOTHING) m++;
  return m;
}

/** One implicit QL sweep over rows `l` to `m`. */
function sweepUp(d: Float64Array, e: Float64Array, first: Float64Array, l: number, m: number): void {
  const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = Math.sqrt(half * half + 1);
  let g = d[m]! - d[l]! + e[l]! / (half + (half >= 0 ? root : -root));
  let [sine, cosine, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    const shifted = d[i + 1]! - p;
    const twice = (d[i]! - shifted) * sine + 2 * cosine * b;
    p = sine * twice;
    d[i + 1] = shifted + p;
    g = cosine * twice - b;
    const upper = first[i + 1]!;
    first[i + 1] = sine * first[i]! + cosine * upper;
    first[i] = cosine * first[i]! - sine * upper;
  }
  d[l]! -= p;
  e[l] = g;
  e[m] = 0;
}
