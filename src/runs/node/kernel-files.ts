import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readNpy, writeNpy } from "../../data/index.ts";
import { appendText, readIfThere, writeWhole } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import type { DenseArray } from "../../graph/index.ts";
import { type KernelLine, type RunKernels, readKernelLine } from "../kernel-record.ts";

/**
 * What a run directory holds of the kernel of its gates: `kernels.jsonl`, one line a measurement, and the first and the
 * last matrix, divided by their traces, as `kernel-start.npy` and `kernel-last.npy`.
 */
export const KERNEL_MATRICES = ["start", "last"] as const;
export type KernelMatrixName = (typeof KERNEL_MATRICES)[number];

const linesFile = (directory: string): string => join(directory, "kernels.jsonl");
const matrixFile = (directory: string, name: KernelMatrixName): string => join(directory, `kernel-${name}.npy`);

/** The kernels of a run; undefined if it has none, as those of older versions. */
export async function readKernels(directory: string): Promise<RunKernels | undefined> {
  const lines = await readKernelLines(directory);
  if (lines.length === 0) return undefined;
  const measurements = lines.flatMap((line) => ("unmeasured" in line ? [] : [line]));
  const examples = measurements.at(-1)?.classes.reduce((sum, { examples }) => sum + examples, 0) ?? 0;
  return {
    measurements,
    unmeasured: [...new Set(lines.flatMap((line) => ("unmeasured" in line ? [line.unmeasured] : [])))],
    start: await readMatrix(matrixFile(directory, "start"), examples),
    last: await readMatrix(matrixFile(directory, "last"), examples),
  };
}

async function readMatrix(file: string, examples: number): Promise<DenseArray<"float64"> | undefined> {
  const bytes = await readIfThere(file);
  if (bytes === undefined) return undefined;
  const array = readNpy(bytes, file);
  if (array.dtype === "float64" && array.shape.join() === `${examples},${examples}`) return array;
  throw new GatewiseError({
    received: `${file}: ${array.dtype} of shape [${array.shape.join(", ")}]`,
    expected: `float64 of shape [${examples}, ${examples}], as kernels.jsonl beside it says`,
    next: "restore the two files, or delete both",
  });
}

/**
 * A last line that a kill cut short is left out.
 * @throws GatewiseError unless the epochs rise from line to line: others were written by two processes at once
 */
export async function readKernelLines(directory: string): Promise<readonly KernelLine[]> {
  const text = (await readIfThere(linesFile(directory)))?.toString() ?? "";
  const lines = text.split("\n").slice(0, -1);
  const place = (index: number): string => `${linesFile(directory)}, line ${index + 1}`;
  const kernels = lines.map((line, i) => readKernelLine(line, place(i)));
  const wrong = kernels.findIndex(({ epoch }, i) => epoch <= (kernels[i - 1]?.epoch ?? -1));
  if (wrong < 0) return kernels;
  throw new GatewiseError({
    received: `${place(wrong)}: epoch ${kernels[wrong]?.epoch}`,
    expected: `an epoch after ${kernels[wrong - 1]?.epoch}, that of the line before`,
    next: "restore the file, or start a new run: perhaps two processes have written it",
  });
}

export const appendKernelLine = (directory: string, line: KernelLine): Promise<void> =>
  appendText(linesFile(directory), textOf(line));

const textOf = (line: KernelLine): string => `${JSON.stringify(line)}\n`;

export const writeKernelMatrix = (
  directory: string,
  name: KernelMatrixName,
  kernel: DenseArray<"float64">,
): Promise<void> => writeWhole(matrixFile(directory, name), writeNpy(kernel));

/**
 * Drops the lines behind an epoch, which will be measured again, and with them the last matrix.
 * @param epoch −1 to drop all
 * @returns the lines that stay
 */
export async function keepKernels(directory: string, epoch: number): Promise<readonly KernelLine[]> {
  const lines = await readKernelLines(directory);
  const kept = lines.filter((line) => line.epoch <= epoch);
  if (lines.length > 0) await writeWhole(linesFile(directory), kept.map(textOf).join(""));
  if (kept.length < lines.length) await rm(matrixFile(directory, "last"), { force: true });
  return kept;
}
