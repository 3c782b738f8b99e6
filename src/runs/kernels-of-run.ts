import { readNpy, writeNpy } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import type { DenseArray } from "../graph/index.ts";
import { readLines } from "./json-lines.ts";
import { type KernelLine, type RunKernels, readKernelLine } from "./kernel-record.ts";
import type { Store } from "./store.ts";

/**
 * What a run directory holds of the kernel of its gates: `kernels.jsonl`, one line a measurement, and the first and the
 * last matrix, divided by their traces, as `kernel-start.npy` and `kernel-last.npy`.
 */
export const KERNEL_MATRICES = ["start", "last"] as const;
export type KernelMatrixName = (typeof KERNEL_MATRICES)[number];

const LINES = "kernels.jsonl";
const matrixFile = (name: KernelMatrixName): string => `kernel-${name}.npy`;

/** The kernels of a run; undefined if it has none, as those of older versions. */
export async function kernelsOf(run: Store): Promise<RunKernels | undefined> {
  const lines = await readKernelLines(run);
  if (lines.length === 0) return undefined;
  const measurements = lines.flatMap((line) => ("unmeasured" in line ? [] : [line]));
  const examples = measurements.at(-1)?.classes.reduce((sum, { examples }) => sum + examples, 0) ?? 0;
  return {
    measurements,
    unmeasured: [...new Set(lines.flatMap((line) => ("unmeasured" in line ? [line.unmeasured] : [])))],
    start: await readMatrix(run, "start", examples),
    last: await readMatrix(run, "last", examples),
  };
}

async function readMatrix(
  run: Store,
  name: KernelMatrixName,
  examples: number,
): Promise<DenseArray<"float64"> | undefined> {
  const bytes = await run.read(matrixFile(name));
  if (bytes === undefined) return undefined;
  const file = run.nameOf(matrixFile(name));
  const array = readNpy(bytes, file);
  if (array.dtype === "float64" && array.shape.join() === `${examples},${examples}`) return array;
  throw new GatewiseError({
    code: "damaged-file",
    received: `${file}: ${array.dtype} of shape [${array.shape.join(", ")}]`,
    expected: `float64 of shape [${examples}, ${examples}], as kernels.jsonl beside it says`,
    next: "restore the two files, or delete both",
  });
}

/**
 * A last line that a kill cut short is left out.
 * @throws GatewiseError unless the epochs rise from line to line: others were written by two processes at once
 */
export async function readKernelLines(run: Store): Promise<readonly KernelLine[]> {
  const kernels = await readLines(run, LINES, readKernelLine);
  const wrong = kernels.findIndex(({ epoch }, i) => epoch <= (kernels[i - 1]?.epoch ?? -1));
  if (wrong < 0) return kernels;
  throw new GatewiseError({
    code: "damaged-file",
    received: `${run.nameOf(LINES)}, line ${wrong + 1}: epoch ${kernels[wrong]?.epoch}`,
    expected: `an epoch after ${kernels[wrong - 1]?.epoch}, that of the line before`,
    next: "restore the file, or start a new run: perhaps two processes have written it",
  });
}

export const appendKernelLines = async (run: Store, lines: readonly KernelLine[]): Promise<void> => {
  if (lines.length > 0) await run.append(LINES, lines.map(textOf).join(""));
};

const textOf = (line: KernelLine): string => `${JSON.stringify(line)}\n`;

export const writeKernelMatrix = (run: Store, name: KernelMatrixName, kernel: DenseArray<"float64">): Promise<void> =>
  run.write(matrixFile(name), writeNpy(kernel));

/**
 * Drops the lines behind an epoch, which will be measured again, and with them the last matrix.
 * @param epoch −1 to drop all
 * @returns the lines that stay
 */
export async function keepKernels(run: Store, epoch: number): Promise<readonly KernelLine[]> {
  const lines = await readKernelLines(run);
  const kept = lines.filter((line) => line.epoch <= epoch);
  // an empty file, too: one who was stopped before he could write adds to what is replaced
  if (lines.length > 0 || (await run.read(LINES)) !== undefined) await run.write(LINES, kept.map(textOf).join(""));
  if (kept.length < lines.length) await run.remove(matrixFile("last"));
  return kept;
}
