import { GatewiseError } from "../../errors.ts";
import { arrayInFile, readPart } from "./own/npy-array.ts";

/** A matrix in a `.npy` file that is read by blocks of rows: no more of it is in memory. */
export interface NpyRows {
  readonly rows: number;
  readonly columns: number;
  /**
   * Rows `from` to `to − 1`, `[to − from, columns]`.
   * @throws GatewiseError for numbers that are not finite, or if the system refuses
   */
  read(from: number, to: number): Promise<Float64Array<ArrayBuffer>>;
}

const FLOATS: Readonly<Record<string, 4 | 8>> = { "<f4": 4, "<f8": 8 };

/**
 * Reads the header; the file is open only while a block is read.
 * @throws GatewiseError unless it is a matrix of float32 or float64 in C order
 */
export async function openNpyRows(path: string): Promise<NpyRows> {
  const { type, shape, isTurned, blocks } = await arrayInFile(path);
  const [rows, columns] = shape;
  const size = FLOATS[type.description];
  if (size === undefined || rows === undefined || columns === undefined || shape.length !== 2 || rows * columns === 0) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${path} of ${type.description} and shape [${shape.join(", ")}]`,
      expected: "a matrix of float32 or float64, a row an example",
      next: `reshape or convert it in NumPy: np.save("f.npy", f.reshape(len(f), -1).astype("float32"))`,
    });
  }
  if (isTurned || blocks === undefined) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${path} in Fortran order`,
      expected: "C order, whose rows can be read one after the other",
      next: `write it anew in NumPy: np.save("f.npy", np.ascontiguousarray(f))`,
    });
  }
  const { start } = blocks;
  return {
    rows,
    columns,
    async read(from, to) {
      const { buffer } = await readPart(path, start + from * columns * size, (to - from) * columns * size);
      const values = size === 4 ? Float64Array.from(new Float32Array(buffer)) : new Float64Array(buffer);
      for (let at = 0; at < values.length; at++) {
        if (!Number.isFinite(values[at]!))
          throw notFinite(path, values[at]!, from + Math.floor(at / columns), at % columns);
      }
      return values;
    },
  };
}

const notFinite = (path: string, value: number, row: number, column: number): GatewiseError =>
  new GatewiseError({
    received: `${path} with ${value} at [${row}, ${column}]`,
    expected: "finite numbers",
    next: "look for the example where the file was made",
  });
