/** Sums over 3×3 windows with zero padding: what a convolution does to covariances (theory 4.12). */

/**
 * `Σ_δ k(u + δ, u' + δ)`: both windows move together. Separable: first over rows, then over columns.
 * @param k `[positions, positions]`, positions in C order of `[height, width]`
 */
export function patchSums(k: Float64Array, height: number, width: number): Float64Array {
  const positions = height * width;
  const overRows = k.slice();
  for (let u = 0; u < positions; u++) {
    for (let v = 0; v < positions; v++) {
      const at = u * positions + v;
      const step = width * positions + width;
      if (u >= width && v >= width) overRows[at]! += k[at - step]!;
      if (u + width < positions && v + width < positions) overRows[at]! += k[at + step]!;
    }
  }
  const out = overRows.slice();
  for (let u = 0; u < positions; u++) {
    const column = u % width;
    for (let v = 0; v < positions; v++) {
      const at = u * positions + v;
      const other = v % width;
      if (column > 0 && other > 0) out[at]! += overRows[at - positions - 1]!;
      if (column + 1 < width && other + 1 < width) out[at]! += overRows[at + positions + 1]!;
    }
  }
  return out;
}

/**
 * `Σ_δ k(u + δ)`: the same for equal positions of one image.
 * @param k `[height, width]`
 */
export function diagonalWindows(k: Float64Array, height: number, width: number): Float64Array {
  return k.map((_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    let sum = 0;
    for (let r = Math.max(0, row - 1); r <= Math.min(height - 1, row + 1); r++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(width - 1, column + 1); c++) sum += k[r * width + c]!;
    }
    return sum;
  });
}
