/**
 * A small machine for the neural path kernel of pairs of examples (theory 3.6 to 3.12) in AssemblyScript: it runs what
 * kernels/pair-program compiles of a network. Compiled by scripts/build-wasm.ts, timed by bench/cnn-kernel.bench.ts.
 *
 * One example meets eight others at a time, the lanes of its vectors: every pair goes through the same instructions, so
 * strides, windows and orders of positions are addresses of the program and no shuffles. A number of a kernel is eight
 * float64, one a pair: 64 bytes, a line of the cache. Gates are bits, sixteen channels of the eight examples a vector.
 *
 * Instructions are 32-bit numbers one behind the other, told where they are read.
 */
import { boxSum } from "./pair-program/box-sum.as";
import { addProducts, addSum } from "./pair-program/leaves.as";
import { addNumber, addRuns, clear, divide } from "./pair-program/lines.as";
import { addCounts } from "./pair-program/overlaps.as";

/** Where the caller's data begin, behind the module's own. */
export function dataStart(): usize {
  return __heap_base;
}

/**
 * Runs the instructions from `code` up to `end`.
 * @param constants float64 that instructions name by their index
 * @param leftGates of the one example, `u16` by index; with `paired` eight examples' side by side, as on the right
 * @param rightGates of eight examples, 16 bytes by index
 * @param leftValues and `rightValues` alike: float64, and eight side by side
 * @param buffers numbers, 16 bytes by index; the first one is the sum of each pair, in float64
 */
export function run(
  code: usize,
  end: usize,
  constants: usize,
  leftGates: usize,
  rightGates: usize,
  leftValues: usize,
  rightValues: usize,
  buffers: usize,
  paired: i32,
): void {
  while (code < end) {
    switch (load<i32>(code)) {
      case 0:
        code = clear(code, buffers);
        break;
      case 1:
        code = addRuns(code, buffers);
        break;
      case 2:
        if (paired) code = addCounts(code, constants, leftGates, rightGates, buffers, true);
        else code = addCounts(code, constants, leftGates, rightGates, buffers, false);
        break;
      case 3:
        if (paired) code = addProducts(code, constants, leftValues, rightValues, buffers, true);
        else code = addProducts(code, constants, leftValues, rightValues, buffers, false);
        break;
      case 4:
        code = boxSum(code, buffers);
        break;
      case 5:
        code = divide(code, constants, buffers);
        break;
      case 6:
        code = addNumber(code, constants, buffers);
        break;
      case 7:
        code = addSum(code, constants, buffers);
        break;
      default:
        unreachable();
    }
  }
}
