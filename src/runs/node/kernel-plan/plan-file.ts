/** A kernel that many processes make by tiles: what stands in its directory. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { type Lock, lockDirectory, makeFolder, readIfThere, writeGuarded } from "../../../data/node/index.ts";
import { GatewiseError } from "../../../errors.ts";
import { type TileRanges, tileAt, tileCount } from "../../../kernels/index.ts";
import { NORMALIZATIONS } from "../../../models/index.ts";
import { KERNEL_DTYPES } from "../../../models/node/index.ts";
import { parseJson } from "../../parse-json.ts";

const count = z.int().min(1);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const dtype = z.enum(KERNEL_DTYPES);
const Inputs = z.strictObject({ path: z.string(), digest, examples: count });

const PlanFile = z.strictObject({
  /** Of the form of this file. */
  format: z.literal(1),
  matrix: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("npk"), normalize: z.enum(NORMALIZATIONS), dtype }),
    z.strictObject({
      kind: z.literal("ntk"),
      output: z.int().min(0),
      part: z.enum(["all", "value", "feature"]),
      dtype,
    }),
    z.strictObject({ kind: z.literal("features"), features: count, seed: z.int().min(0), dtype }),
  ]),
  model: z.strictObject({
    path: z.string(),
    choice: z.strictObject({
      output: z.string().optional(),
      input: z.string().optional(),
      inputShape: z.array(count).optional(),
    }),
    set: z.record(z.string(), z.union([z.number(), z.string()])),
    digest,
  }),
  inputs: Inputs,
  /** Of the columns, where they are others. */
  inputs2: Inputs.nullable(),
  device: z.enum(["cpu", "webgpu"]),
  /** Rows and columns of a tile; of features, rows. */
  tile: count,
  /** The power of two that the numbers of a kernel beyond float64 are multiplied by. */
  exponent: z.int(),
  estimate: z.strictObject({
    tiles: count,
    coreHours: z.number().min(0),
    /** In one thread. */
    secondsPerTile: z.number().min(0),
    /** Of a task. */
    memoryBytes: z.number().min(0),
    /** Of the tiles, and of the file that they are gathered into. */
    diskBytes: z.number().min(0),
  }),
});
/** A kernel by tiles: of which model and inputs, cut how, and what it will take. */
export type KernelPlan = z.infer<typeof PlanFile>;

const FILE = "plan.json";
/** Bytes of a plan, generously. */
const LONGEST = 2 ** 20;

/**
 * What decides the numbers of the tiles: not where files are, nor what was estimated.
 * @returns SHA-256 in hexadecimal digits
 */
export function planDigest({ matrix, model, inputs, inputs2, device, tile }: KernelPlan): string {
  const all = [matrix, model.digest, inputs.digest, inputs2?.digest ?? null, device, tile];
  return createHash("sha256").update(JSON.stringify(all)).digest("hex");
}

/**
 * Writes a plan. Where the same one is there already, its tiles stay.
 * @throws GatewiseError if another plan is there
 */
export async function writePlan(directory: string, plan: KernelPlan): Promise<void> {
  await makeFolder(directory);
  await using lock: Lock = await lockDirectory(directory, { patienceMs: 1000 });
  const there = await planIn(directory);
  if (there !== undefined && planDigest(there) !== planDigest(plan)) {
    throw new GatewiseError({
      code: "already-exists",
      received: `${directory}, which holds the plan of another kernel`,
      expected: "a new folder, or the same model, inputs and options as at first",
      next: "choose another folder, or delete this one",
    });
  }
  await makeFolder(join(directory, TILES));
  await writeGuarded(lock, join(directory, FILE), `${JSON.stringify(plan, undefined, 2)}\n`);
}

/** @throws GatewiseError unless there is one */
export async function readPlan(directory: string): Promise<KernelPlan> {
  const plan = await planIn(directory);
  if (plan !== undefined) return plan;
  throw new GatewiseError({
    received: `${directory} without ${FILE}`,
    expected: "the folder of a planned kernel",
    next: "plan it first: gatewise npk or ntk with `plan` and `tile`",
  });
}

async function planIn(directory: string): Promise<KernelPlan | undefined> {
  const file = join(directory, FILE);
  const text = await readIfThere(file, LONGEST);
  return text && parseJson(PlanFile, text.toString(), file);
}

const TILES = "tiles";

export const tilePath = (directory: string, tile: number): string =>
  join(directory, TILES, `tile-${String(tile).padStart(6, "0")}.npy`);

/** The shape of the whole. */
export const plannedShape = ({ matrix, inputs, inputs2 }: KernelPlan): readonly [rows: number, columns: number] => [
  inputs.examples,
  matrix.kind === "features" ? matrix.features : (inputs2 ?? inputs).examples,
];

/** Whether the whole is the kernel of inputs with themselves: then tiles below the diagonal are left out. */
export const isSymmetric = ({ matrix, inputs2 }: Pick<KernelPlan, "matrix" | "inputs2">): boolean =>
  matrix.kind !== "features" && inputs2 === null;

/** Rows and columns of all tiles, by number. */
export function plannedTiles(plan: KernelPlan): readonly TileRanges[] {
  const [rows, columns] = plannedShape(plan);
  const { matrix, tile: edge } = plan;
  if (matrix.kind === "features") {
    const shape = { rows, columns: 1, symmetric: false, edge };
    return Array.from({ length: tileCount(shape) }, (_, i) => [tileAt(shape, i)[0], { from: 0, to: columns }] as const);
  }
  const shape = { rows, columns, symmetric: isSymmetric(plan), edge };
  return Array.from({ length: tileCount(shape) }, (_, i) => tileAt(shape, i));
}
