/**
 * The exact neural path kernel of any gated network (theory 3.5 to 3.12): convolutions, poolings, residual sums, concatenations,
 * hard, soft, leaky and clipped gates.
 */
import type { Engine } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import { checkInputs, type Inputs } from "../../gates/index.ts";
import { type DenseArray, float64, sizeOf } from "../../graph/index.ts";
import { checkWord, type GatedNetwork } from "../../network/index.ts";
import { kernelNumbers } from "../kernel-numbers.ts";
import { normalizedInputs } from "../packed/dense-chain.ts";
import { softChain, softChainKernel } from "../soft-chain.ts";
import { openBoxChains } from "./box-chain/chains-of-network.ts";
import { nodeAt } from "./maps.ts";
import { openMaskProducts } from "./mask-products.ts";
import { kernelOfPair, type Shortcuts } from "./one-pair.ts";
import type { Size } from "./pair-lines.ts";
import type { PairPlan } from "./plan.ts";
import { type ExampleReading, readPathExamples } from "./readings.ts";
import { ExampleSide } from "./side.ts";
import { checkPairCost, weighedPlan } from "./weighed-plan.ts";

/** The whole matrix, its diagonal, or the sum of that. */
const KERNEL_PARTS = ["full", "diagonal", "trace"] as const;
export type KernelPart = (typeof KERNEL_PARTS)[number];

export interface PairKernelOptions {
  readonly part?: KernelPart | undefined;
  /** Fast ways through parts of the network, where it has them; for comparisons they may be left out. */
  readonly shortcuts?: boolean | undefined;
  /** Makes the inner products of soft and leaky gates, if it has float64: 128 MiB of them, or one pair's if it has more. */
  readonly engine?: Engine | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Pairs of examples that are done. */
  readonly onProgress?: ((pairs: number, of: number) => void) | undefined;
}

/** Examples whose gates are unpacked at a time, on each side, unless that is more than {@link TILE_BYTES}. */
const TILE = 16;
const TILE_BYTES = 2 ** 27;

function tileOf(network: GatedNetwork, plan: PairPlan): number {
  const units = plan.positions.reduce((sum, position) => sum + sizeOf(nodeAt(network, position).shape), 0);
  return Math.max(1, Math.min(TILE, Math.floor(TILE_BYTES / (8 * units))));
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
  const { signal, part = "full", shortcuts = true } = options;
  const chain = shortcuts && part === "full" && engine.capabilities.float64 ? softChain(network) : undefined;
  // before the gates are made: they are large where the kernel is
  if (chain === undefined) checkPairCost(weighedPlan(network, shortcuts).cost);
  const rows = await readPathExamples(network, engine, inputs, { signal });
  const columns = inputs2 === undefined ? rows : await readPathExamples(network, engine, inputs2, { signal });
  if (chain !== undefined) {
    const left = { inputs: normalizedInputs(chain, inputs), readings: rows };
    const right = inputs2 === undefined ? left : { inputs: normalizedInputs(chain, inputs2), readings: columns };
    return await softChainKernel(chain, engine, left, right, options);
  }
  return await pairKernel(network, rows, columns, { engine, ...options });
}

/**
 * The kernel from readings; symmetric, and half the work, where both sides are the same readings. Yields to the event
 * loop between tiles, so that it can be aborted.
 */
export async function pairKernel(
  network: GatedNetwork,
  rows: readonly ExampleReading[],
  columns: readonly ExampleReading[] = rows,
  { part = "full", shortcuts: withShortcuts = true, engine, signal, onProgress }: PairKernelOptions = {},
): Promise<DenseArray<"float64">> {
  const { plan, chains, cost } = weighedPlan(network, withShortcuts);
  checkPairCost(cost);
  const tile = tileOf(network, plan);
  const shortcuts: Shortcuts = await openBoxChains(chains);
  const [first] = rows;
  await using maker =
    withShortcuts && engine?.capabilities.float64 === true && first !== undefined
      ? await openMaskProducts({ network, plan, shortcuts }, engine, new ExampleSide(network, first))
      : undefined;
  const expand = (readings: readonly ExampleReading[], from: number): readonly ExampleSide[] =>
    readings.slice(from, from + tile).map((reading) => new ExampleSide(network, reading));
  /** The kernel of pairs of these alone. */
  const kernelOf = async (left: readonly ExampleSide[], right: readonly ExampleSide[]) => {
    const products = await maker?.block(left, right);
    return (a: ExampleSide, b: ExampleSide): number =>
      kernelOfPair(network, plan, a, b, { shortcuts, products: products?.(a, b) });
  };
  if (part !== "full") {
    const diagonal = new Float64Array(rows.length);
    for (const [i, reading] of rows.entries()) {
      await breathe(signal);
      const side = new ExampleSide(network, reading);
      diagonal[i] = (await kernelOf([side], [side]))(side, side);
      onProgress?.(i + 1, rows.length);
    }
    if (part === "diagonal") return float64([rows.length], diagonal);
    return float64([], [diagonal.reduce((sum, value) => sum + value, 0)]);
  }
  const symmetric = columns === rows;
  const of = symmetric ? (rows.length * (rows.length + 1)) / 2 : rows.length * columns.length;
  const full = kernelNumbers(rows.length, columns.length);
  const [height, width] = maker?.blockSize(tile) ?? [tile, tile];
  let done = 0;
  for (let top = 0; top < rows.length; top += tile) {
    const left = expand(rows, top);
    for (let start = symmetric ? top : 0; start < columns.length; start += tile) {
      const right = symmetric && start === top ? left : expand(columns, start);
      for (const [row, column] of corners([left.length, right.length], [height, width])) {
        const [first, second] = [left.slice(row, row + height), right.slice(column, column + width)];
        const [from, to] = [top + row, start + column];
        if (symmetric && to + second.length <= from) continue;
        const kernel = await kernelOf(first, second);
        for (const [i, a] of first.entries()) {
          await breathe(signal);
          for (const [j, b] of second.entries()) {
            if (symmetric && to + j < from + i) continue;
            const value = kernel(a, b);
            full[(from + i) * columns.length + to + j] = value;
            if (symmetric) full[(to + j) * columns.length + from + i] = value;
            done += 1;
          }
          onProgress?.(done, of);
        }
      }
    }
  }
  return float64([rows.length, columns.length], full);
}

/** Where blocks of a size begin in a tile. */
const corners = ([rows, columns]: Size, [height, width]: Size): readonly Size[] =>
  Array.from({ length: Math.ceil(rows / height) }, (_, i) =>
    Array.from({ length: Math.ceil(columns / width) }, (__, j): Size => [i * height, j * width]),
  ).flat();

/** Lets timers and signals through between pieces of work. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise((resolve) => setTimeout(resolve, 0));
  signal?.throwIfAborted();
}
