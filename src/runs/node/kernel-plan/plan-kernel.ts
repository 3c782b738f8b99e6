/** Plans a kernel by tiles: what it is made of, and what it will take. */
import { createHash } from "node:crypto";
import { GatewiseError } from "../../../errors.ts";
import type { Inputs } from "../../../gates/index.ts";
import { BYTES, bytesOf } from "../../../graph/index.ts";
import { type Asking, type Model, networkDigest } from "../../../models/index.ts";
import { kernelPartsCost, openKernelParts, type PartedMatrix, partDType } from "../../../models/node/index.ts";
import { type KernelPlan, plannedShape, plannedTiles } from "./plan-file.ts";

/** What is planned, opened. */
export interface KernelToPlan {
  readonly model: Model;
  readonly inputs: Inputs;
  readonly inputs2: Inputs | undefined;
  readonly matrix: PartedMatrix;
  readonly tile: number;
  /** Where tasks find the model and the inputs again. */
  readonly places: {
    readonly model: Omit<KernelPlan["model"], "digest">;
    readonly inputs: string;
    readonly inputs2: string | undefined;
    readonly device: KernelPlan["device"];
  };
  /** Milliseconds of the processor from any fixed point. */
  readonly clock: () => number;
}

/** @throws GatewiseError where the whole kernel cannot be made either */
export async function planKernel(
  { model, inputs, inputs2, matrix, tile, places, clock }: KernelToPlan,
  asking: Asking = {},
): Promise<KernelPlan> {
  await using parts = await openKernelParts(model, matrix, { inputs, inputs2 }, 1, asking);
  const plan: KernelPlan = {
    format: 1,
    matrix,
    model: { ...places.model, digest: await networkDigest(model.network) },
    inputs: described(inputs, places.inputs),
    inputs2: inputs2 === undefined || places.inputs2 === undefined ? null : described(inputs2, places.inputs2),
    device: places.device,
    tile,
    exponent: parts.exponent,
    estimate: { tiles: 1, coreHours: 0, secondsPerTile: 0, memoryBytes: 0, diskBytes: 0 },
  };
  const ranges = plannedTiles(plan);
  const { seconds, memoryBytes } = await kernelPartsCost(model, {
    ...{ matrix, inputs, inputs2, ranges, clock },
    edge: parts.edge,
  });
  const [rows, columns] = plannedShape(plan);
  const numbers = ranges.reduce((sum, [a, b]) => sum + (a.to - a.from) * (b.to - b.from), 0);
  const estimate = {
    tiles: ranges.length,
    coreHours: seconds / 3600,
    secondsPerTile: seconds / ranges.length,
    memoryBytes: Math.ceil(memoryBytes),
    diskBytes: numbers * BYTES[partDType(matrix)] + rows * columns * BYTES[matrix.dtype],
  };
  return { ...plan, estimate };
}

const described = (inputs: Inputs, path: string): KernelPlan["inputs"] => ({
  path,
  digest: inputsDigest(inputs),
  examples: inputs.shape[0] ?? 0,
});

const inputsDigest = (inputs: Inputs): string =>
  createHash("sha256")
    .update(JSON.stringify([inputs.dtype, inputs.shape]))
    .update(bytesOf(inputs))
    .digest("hex");

/**
 * Refuses what is no longer what was planned.
 * @throws GatewiseError naming it
 */
export async function checkPlanned(
  { model, inputs, inputs2 }: KernelPlan,
  found: { readonly model: Model; readonly inputs: Inputs; readonly inputs2: Inputs | undefined },
): Promise<void> {
  const changed = (path: string): GatewiseError =>
    new GatewiseError({
      received: `${path}, which has changed since the kernel was planned`,
      expected: "the same model and the same inputs in every task",
      next: "put the old file back, or plan anew in another folder",
    });
  if ((await networkDigest(found.model.network)) !== model.digest) throw changed(model.path);
  if (inputsDigest(found.inputs) !== inputs.digest) throw changed(inputs.path);
  if (inputs2 !== null && found.inputs2 !== undefined && inputsDigest(found.inputs2) !== inputs2.digest) {
    throw changed(inputs2.path);
  }
}
