/**
 * Kernels of chains so deep that their numbers leave float64: a layer multiplies by the units that are open, and two
 * thousand layers of two open units each come to 2²⁰⁰⁰. Divided by its trace such a kernel is as good as any other.
 */
import { type PackedGates, popcount } from "../../gates/index.ts";
import { checkKernelNumbers, kernelBeyond } from "../kernel-numbers.ts";
import { squaredNorms } from "./input-gram.ts";
import { type PackedKernel, packedKernelDiagonal } from "./packed-kernel.ts";

/** Running kernels up to this, and down to one over it, are left as they are. */
const FAR = 2 ** 400;
const NEXT = "normalize by the trace, which kernels of any size can be divided by";

/**
 * The kernel as it can be computed: itself, or, where it is to be divided by its trace and leaves float64, with the powers of
 * two that keep it within.
 * @param isDivided whether a common factor of all numbers does not matter
 * @throws GatewiseError if numbers leave float64 and the factor matters
 */
export function kernelInRange(kernel: PackedKernel, isDivided: boolean): PackedKernel {
  const exponents = layerExponents(kernel);
  if (isDivided && exponents.some((exponent) => exponent !== 0)) return { ...kernel, exponents };
  const { rows, columns = rows } = kernel;
  for (const side of new Set([rows, columns])) {
    const plain = packedKernelDiagonal({ ...kernel, rows: side });
    checkKernelNumbers(plain, "a neural path kernel", NEXT);
    const lost = packedKernelDiagonal({ ...kernel, rows: side, exponents }).findIndex((one, i) => one > plain[i]!);
    if (exponents.some((exponent) => exponent > 0) && lost >= 0 && plain[lost] === 0) {
      throw kernelBeyond("a neural path kernel with numbers above 0 and below 1e-323", NEXT);
    }
  }
  return kernel;
}

/** Powers of two by which each gated layer brings the largest number of the running kernel's diagonals near to 1. */
function layerExponents(kernel: PackedKernel): readonly number[] {
  const { rows, columns = rows, biases, normalize } = kernel;
  const sides = [...new Set([rows, columns])].map(({ inputs, gates }) => ({ gates, diagonal: squaredNorms(inputs) }));
  let before = 0;
  return rows.gates.layers.map(({ units }, index) => {
    const bias = biases[index] === true ? 2 ** before : 0;
    let largest = 0;
    for (const { gates, diagonal } of sides) {
      for (let example = 0; example < diagonal.length; example++) {
        const share = openUnits(gates, index, example) * (normalize === "width" ? 1 / units : 1);
        diagonal[example] = share * (diagonal[example]! + bias);
        largest = Math.max(largest, diagonal[example]!);
      }
    }
    // beside the 1 that a bias adds later, what is so small is nothing
    const isNothing = largest < 1 && biases.slice(index + 1).includes(true);
    if (largest === 0 || (largest < FAR && largest > 1 / FAR) || isNothing) return 0;
    const exponent = -Math.floor(Math.log2(largest));
    for (const { diagonal } of sides) for (let i = 0; i < diagonal.length; i++) diagonal[i]! *= 2 ** exponent;
    before += exponent;
    return exponent;
  });
}

function openUnits({ layers }: PackedGates, index: number, example: number): number {
  const { words, wordsPerExample } = layers[index]!;
  let open = 0;
  for (let word = example * wordsPerExample; word < (example + 1) * wordsPerExample; word++)
    open += popcount(words[word]!);
  return open;
}
