/**
 * Winograd's F(4×4, 3×3): sixteen outputs of a 3×3 convolution from a 6×6 neighborhood with 36 multiplications in place
 * of 144 (Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016, section 4.2).
 *
 * In one dimension `y = Aᵀ[(G g) ⊙ (Bᵀ d)]`; in two dimensions the matrices are Kronecker products with themselves.
 */
import { type DenseArray, float32, float64 } from "../dense-array.ts";
import type { FloatDType, Tensor } from "../symbolic.ts";
import { constant } from "../tensor.ts";

/** Outputs of a tile along one axis. */
export const TILE = 4;
/** Inputs that a tile's outputs see along one axis. */
export const SEEN = 6;

type Matrix = readonly (readonly number[])[];

const INPUT: Matrix = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];
const KERNEL: Matrix = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];
const OUTPUT: Matrix = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];

/** The Kronecker product of a matrix with itself. */
function squared(matrix: Matrix): readonly (readonly number[])[] {
  return matrix.flatMap((a) => matrix.map((b) => a.flatMap((x) => b.map((y) => x * y))));
}

/** The three transforms as constants of a graph; made once a graph, so that each is written once. */
const transformsBy = <D extends FloatDType>(array: (shape: readonly number[], values: number[]) => DenseArray<D>) => {
  const made = (matrix: Matrix): Tensor<D> => {
    const rows = squared(matrix);
    return constant(array([rows.length, rows[0]?.length ?? 0], rows.flat()));
  };
  return {
    /** `[36, 36]`, of the 6×6 inputs that a tile sees. */
    input: made(INPUT),
    /** `[36, 9]`, of the taps. */
    kernel: made(KERNEL),
    /** `[16, 36]`, to the outputs of a tile. */
    output: made(OUTPUT),
  };
};

export const transforms = () => transformsBy(float32);
export const transforms64 = () => transformsBy(float64);
export type Transforms = ReturnType<typeof transforms>;
