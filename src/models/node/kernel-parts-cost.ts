/** What the parts of a kernel take, told before they are made. */
import { examplesAtOnce, type Inputs } from "../../gates/index.ts";
import { BYTES, largestOf, sizeOf } from "../../graph/index.ts";
import {
  coveringTiles,
  examplesIn,
  type TiledShape,
  type TileRanges,
  tangentKernelProducts,
  tangentWorkBytes,
  tilePairs,
} from "../../kernels/index.ts";
import { gatePositions, hasHardGates, inputShapeOf } from "../../network/index.ts";
import { featureSeconds } from "../feature-timing.ts";
import { timeNeuralPathKernel } from "../kernel-timing.ts";
import type { Model } from "../model.ts";
import { neuralPathKernelWay } from "../neural-path-kernel-way.ts";
import type { PartedInputs, PartedMatrix } from "./kernel-parts.ts";

/** What all parts together take. */
export interface KernelPartsCost {
  /** In one thread. */
  readonly seconds: number;
  /** Of a process that makes one part after the other in one thread, about. */
  readonly memoryBytes: number;
}

/** What the cost of parts is told by. */
export interface KernelPartsPlan extends PartedInputs {
  readonly matrix: PartedMatrix;
  readonly ranges: readonly TileRanges[];
  /** Rows and columns that are made together. */
  readonly edge: number;
  /** Milliseconds of the processor from any fixed point: a few pairs are timed by it. */
  readonly clock: () => number;
}

/** What a process takes before it works, with its engine (measured). */
const PROCESS_BYTES = 350e6;

export async function kernelPartsCost(model: Model, plan: KernelPartsPlan): Promise<KernelPartsCost> {
  const { inputs, inputs2, ranges } = plan;
  const given = [inputs, ...(inputs2 === undefined ? [] : [inputs2])];
  const numbers = ranges.map(([rows, columns]) => (rows.to - rows.from) * (columns.to - columns.from));
  // a part is there once as numbers, once as the bytes of its file; inputs likewise
  const read = 2 * given.reduce((sum, { data }) => sum + data.byteLength, 0);
  const held = PROCESS_BYTES + read + 2 * BYTES.float64 * largestOf(numbers, 0);
  const [seconds, work] = await Promise.all([secondsOf(model, plan), workBytes(model, plan)]);
  return { seconds, memoryBytes: held + work };
}

async function secondsOf(model: Model, plan: KernelPartsPlan): Promise<number> {
  const { matrix, inputs, inputs2, ranges, clock } = plan;
  const { network } = model;
  const all = inputs.shape[0] ?? 0;
  if (matrix.kind === "features") return all * featureSeconds(network, matrix.features, all);
  const made = ranges.flatMap((one) => coveringTiles(shapeOf(plan), one));
  if (matrix.kind === "ntk") {
    const work = ([rows, columns]: TileRanges): number => {
      const isOwn = inputs2 === undefined && rows.from === columns.from;
      return tangentKernelProducts(network, rows.to - rows.from, isOwn ? undefined : columns.to - columns.from);
    };
    return (await secondsPerProduct(model, matrix, inputs, clock)) * made.reduce((sum, one) => sum + work(one), 0);
  }
  const timing = await timeNeuralPathKernel(
    network,
    () => model.engine(),
    clock,
    () => model.pairWay(),
  );
  if (timing.by === "random features only") return Number.NaN;
  const pairs = made.reduce((sum, one) => sum + tilePairs({ ...shapeOf(plan), edge: 1 }, one), 0);
  // each part reads the gates of its own examples, unless gates of all take little
  const read = timing.by === "packed bits" ? 0 : ranges.reduce((sum, [a, b]) => sum + a.to - a.from + b.to - b.from, 0);
  return timing.secondsPerPair * pairs + read * featureSeconds(network, 1, all);
}

const shapeOf = ({ inputs, inputs2, edge }: KernelPartsPlan): TiledShape => ({
  rows: inputs.shape[0] ?? 0,
  columns: (inputs2 ?? inputs).shape[0] ?? 0,
  symmetric: inputs2 === undefined,
  edge,
});

/** Examples of a tangent kernel that is timed: more where few take no time, most of which is the engine's for a call. */
const TIMED_EXAMPLES = [64, 512];
const ENOUGH_SECONDS = 0.3;

async function secondsPerProduct(
  model: Model,
  { output, part }: Extract<PartedMatrix, { readonly kind: "ntk" }>,
  inputs: Inputs,
  clock: () => number,
): Promise<number> {
  let perProduct = 0;
  for (const most of TIMED_EXAMPLES) {
    const examples = Math.min(most, inputs.shape[0] ?? 0);
    const sample = examplesIn(inputs, { from: 0, to: examples });
    // the first time the engine gets ready
    await model.tangentKernel(sample, { output, part });
    const start = clock();
    await model.tangentKernel(sample, { output, part });
    const seconds = (clock() - start) / 1000;
    perProduct = seconds / tangentKernelProducts(model.network, examples);
    if (seconds >= ENOUGH_SECONDS || examples < most) break;
  }
  return perProduct;
}

async function workBytes(model: Model, { matrix, inputs, inputs2, ranges, edge }: KernelPartsPlan): Promise<number> {
  const { network } = model;
  const units = gatePositions(network).reduce((sum, position) => sum + sizeOf(network.nodes[position]?.shape ?? []), 0);
  const gateBytes = units * (hasHardGates(network) ? 1 / 8 : BYTES.float32);
  const inputBytes = BYTES.float64 * sizeOf(inputShapeOf(network));
  const batch = examplesAtOnce(network);
  // values of a run of the engine: its own, those that it gives, and those of runs before that are not collected yet (measured)
  const pass = 5 * batch * (units * BYTES.float32 + inputBytes);
  if (matrix.kind === "features") return pass;
  if (matrix.kind === "ntk") return tangentWorkBytes(network, Math.min(edge, inputs.shape[0] ?? 0));
  if (neuralPathKernelWay(network).kind === "packed bits") {
    return pass + gateBytes * ((inputs.shape[0] ?? 0) + (inputs2?.shape[0] ?? 0));
  }
  const both = ranges.map(([rows, columns]) => rows.to - rows.from + columns.to - columns.from);
  const { bytes } = (await model.pairWay()).cost;
  return pass + bytes + (largestOf(both, 0) + 2 * (batch + edge)) * (gateBytes + inputBytes);
}
