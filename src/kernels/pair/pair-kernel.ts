/**
 * The exact neural path kernel of any gated network (theory 3.5 to 3.12): convolutions, poolings, residual sums, concatenations,
 * hard, soft, leaky and clipped gates.
 */

import type { Engine } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import { checkInputs, type Inputs } from "../../gates/index.ts";
import { type DenseArray, float64 } from "../../graph/index.ts";
import { checkWord, type GatedNetwork } from "../../network/index.ts";
import { optionsIn } from "../../options.ts";
import { kernelNumbers } from "../kernel-numbers.ts";
import { packExamples } from "../pair-program/packed-example.ts";
import { writeKernel } from "../tiles/tiled-kernel.ts";
import { type PairWay, pairWay } from "./pair-way.ts";
import { type OpenPairTiles, openPairTiles, type PairWork, pairDiagonal, readPairs, tiledPairs } from "./pair-work.ts";
import type { ExampleReading } from "./readings.ts";
import { checkPairCost } from "./weighed-plan.ts";

/** The whole matrix, its diagonal, or the sum of that. */
export type KernelPart = "full" | "diagonal" | "trace";
const KERNEL_PARTS: readonly KernelPart[] = ["full", "diagonal", "trace"];

/** What makes the tiles. */
export interface PairTileMakers {
  readonly pairs: OpenPairTiles;
  /** Memory that the makers' threads share. */
  readonly allocate: (bytes: number) => ArrayBuffer | SharedArrayBuffer;
}

/** How the kernel of one pair of examples after the other is computed. */
export interface PairKernelOptions {
  readonly part?: KernelPart | undefined;
  /** Fast ways through the network or parts of it, where it has them; for comparisons they may be left out. */
  readonly shortcuts?: boolean | undefined;
  /** Makes the inner products of soft and leaky gates, if it has float64: 128 MiB of them, or one pair's if it has more. */
  readonly engine?: Engine | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Examples of both sides whose gates are read. */
  readonly onReading?: ((examples: number, of: number) => void) | undefined;
  /** Pairs of examples that are done. */
  readonly onProgress?: ((pairs: number, of: number) => void) | undefined;
  /**
   * Make the tiles, this thread unless given.
   * @internal
   */
  readonly makers?: PairTileMakers | undefined;
  /**
   * How the kernel is made, where the caller has found that out.
   * @internal
   */
  readonly way?: PairWay | undefined;
}

/**
 * The kernel of inputs, or between two sets of inputs: one pass through the engine for the gates, then every pair.
 * @returns `[n, m]`, `[n]` of the diagonal, or `[]` of the trace
 * @throws GatewiseError if the inputs do not have the network's shape, `inputs2` are given for a part of the diagonal,
 * or the network has no kernel of this form
 */
export async function neuralPathKernelByPairs(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  inputs2?: Inputs,
  options: PairKernelOptions = {},
): Promise<DenseArray<"float64">> {
  optionsIn(options);
  checkInputs(network, inputs);
  if (inputs2 !== undefined) checkInputs(network, inputs2);
  checkWord("part", options.part ?? "full", KERNEL_PARTS);
  if (inputs2 !== undefined && options.part !== undefined && options.part !== "full") {
    throw new GatewiseError({
      received: `two sets of inputs with part "${options.part}"`,
      expected: "one set of inputs: two sets have no diagonal",
      next: "leave one of them out",
    });
  }
  const { signal, shortcuts = true, onReading, makers, way = pairWay(network, shortcuts) } = options;
  // before the gates are made: they are large where the kernel is
  checkPairCost(way.cost);
  const work = await readPairs(network, way, engine, inputs, inputs2, {
    signal,
    withShortcuts: shortcuts,
    onProgress: onReading,
    allocate: makers?.allocate,
  });
  return await kernelOfWork(network, work, way, { engine, ...options }, makers?.pairs);
}

/**
 * The kernel from readings; symmetric, and half the work, where both sides are the same readings. Yields to the event
 * loop, so that it can be aborted.
 */
export async function pairKernel(
  network: GatedNetwork,
  rows: readonly ExampleReading[],
  columns: readonly ExampleReading[] = rows,
  options: PairKernelOptions = {},
): Promise<DenseArray<"float64">> {
  optionsIn(options);
  const { shortcuts: withShortcuts = true } = options;
  const way = pairWay(network, withShortcuts);
  checkPairCost(way.cost);
  if (way.kind !== "program") {
    return await kernelOfWork(network, { kind: "nodes", network, withShortcuts, rows, columns }, way, options);
  }
  const { program } = way;
  const pack = (readings: readonly ExampleReading[]) =>
    packExamples(program, readings, { count: readings.length, dtype: "float64" });
  const left = await pack(rows);
  const right = columns === rows ? left : await pack(columns);
  return await kernelOfWork(network, { kind: "program", program, rows: left, columns: right }, way, options);
}

async function kernelOfWork(
  network: GatedNetwork,
  work: PairWork,
  way: PairWay,
  { part = "full", engine, signal, onProgress }: PairKernelOptions,
  open: OpenPairTiles = openPairTiles,
): Promise<DenseArray<"float64">> {
  if (part !== "full") {
    const diagonal = await pairDiagonal(work, engine, { signal, onProgress });
    if (part === "diagonal") return float64([diagonal.length], diagonal);
    return float64([], [diagonal.reduce((sum, value) => sum + value, 0)]);
  }
  const kernel = tiledPairs(network, work, way, () => open(work, engine, signal));
  const full = kernelNumbers(kernel.rows, kernel.columns);
  await writeKernel(kernel, full, { signal, onProgress });
  return float64([kernel.rows, kernel.columns], full);
}
