/** Transposed copies of parts of large matrices. */

/** Rows of a block: as many numbers of a row of the copy are written at a time, its rows lie far apart. */
const HEIGHT = 64;
/** Columns of a block: numbers of a cache line, all of them read while it is there. */
const WIDTH = 8;

/** A part of a matrix: its first number, and the numbers from row to row. */
export interface MatrixPart {
  readonly data: Float32Array | Float64Array;
  readonly start: number;
  readonly stride: number;
}

/** Writes `from` `[height, width]` transposed to `to`. */
export function mirror(from: MatrixPart, height: number, width: number, to: MatrixPart): void {
  const [values, out] = [from.data, to.data];
  for (let top = 0; top < height; top += HEIGHT) {
    const bottom = Math.min(top + HEIGHT, height);
    for (let left = 0; left < width; left += WIDTH) {
      const right = Math.min(left + WIDTH, width);
      for (let j = left; j < right; j++) {
        let [read, at] = [from.start + top * from.stride + j, to.start + j * to.stride + top];
        for (const end = at + bottom - top; at < end; at++, read += from.stride) out[at] = values[read]!;
      }
    }
  }
}

/** Copies what is above the diagonal to below it. */
export function symmetrize({ data, start, stride }: MatrixPart, size: number): void {
  for (let i = 1; i < size; i++) {
    for (let j = 0; j < i; j++) data[start + i * stride + j] = data[start + j * stride + i]!;
  }
}

/** Copies rows of `width` numbers. */
export function copyRows(from: MatrixPart, height: number, width: number, to: MatrixPart): void {
  for (let row = 0, read = from.start, at = to.start; row < height; row++, read += from.stride, at += to.stride) {
    to.data.set(from.data.subarray(read, read + width), at);
  }
}
