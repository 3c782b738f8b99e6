import { largestOf, sizeOf } from "../../graph/index.ts";
import { checkCount, edgePattern, type GatedNetwork, isWeightNode, usedNodes } from "../../network/index.ts";
import { arraySize } from "./parameter-uses.ts";
import { type PartPlan, type TangentPlan, tangentPlan } from "./plan.ts";

const BYTES = 8; // all of it is float64
/**
 * What the kept factors of a tile may take, and what one run of the network may: a laptop has room for both. Factors that
 * do not fit are computed again, which takes long where gradients are formed.
 */
const TILE_BYTES = { factors: 256 * 2 ** 20, formed: 2 ** 30 };
const RUN_BYTES = 64 * 2 ** 20;
/** Gradients that are formed are long: fewer at once would be read from memory again and again. */
const BLOCK = 32;
/** Examples in one run at most: products of 200 rows fill the engine, and a small network needs no more. */
const MAX_BATCH = 200;

/** How a tangent kernel is cut into blocks of examples, and what that takes beside the kernel itself. */
export interface TangentMemory {
  /** Examples whose factors are held while those after them stream by: more of them, fewer passes. */
  readonly tile: number;
  /** Examples whose factors are multiplied at once. */
  readonly block: number;
  /** Examples in one run of the network. */
  readonly batch: number;
  /** About what both take at once. */
  readonly bytes: number;
}

/**
 * Memory of a tangent kernel's computation, known before it begins. The kernel itself takes 8 bytes an entry more.
 * @param tile examples whose factors are held; as many as 256 MiB hold, or 1 GiB where gradients are formed, unless told otherwise
 */
export function tangentKernelMemory(network: GatedNetwork, tile?: number): TangentMemory {
  return memoryOf(network, tangentPlan(network), tile);
}

/** Bytes of the computation for so many examples, beside the kernel. */
export function tangentWorkBytes(network: GatedNetwork, examples: number): number {
  const plan = tangentPlan(network);
  return memoryOf(network, plan, Math.min(Math.max(1, examples), memoryOf(network, plan, undefined).tile)).bytes;
}

export function memoryOf(network: GatedNetwork, plan: TangentPlan, tile: number | undefined): TangentMemory {
  if (tile !== undefined) checkCount("tile", tile);
  const kept = keptBytes(plan);
  const transient = transientBytes(network, plan);
  const fitting = Math.min(MAX_BATCH, Math.max(1, Math.floor(RUN_BYTES / transient)));
  const room = TILE_BYTES[plan.value.formed.length + plan.feature.formed.length > 0 ? "formed" : "factors"];
  const held = tile ?? Math.max(fitting, BLOCK, Math.floor(room / kept));
  const batch = Math.min(fitting, held);
  const block = Math.min(held, Math.max(batch, BLOCK));
  return { tile: held, block, batch, bytes: (held + 2 * block) * kept + batch * transient };
}

/** Bytes of one example's factors. */
function keptBytes({ value, feature }: TangentPlan): number {
  const numbers = [value, feature].reduce((sum, { outer, formed }) => {
    const factors = outer.reduce((all, { uses, rows, columns }) => all + uses.length * (rows + columns), 0);
    return sum + factors + formed.reduce((all, { size }) => all + size, 0);
  }, 0);
  return BYTES * Math.max(numbers, 1);
}

/** Bytes of one example's values and their gradients, of the widest unrolled windows, and of gradients on their way. */
function transientBytes(network: GatedNetwork, { value, feature }: TangentPlan): number {
  const nodes = usedNodes(network).flatMap((position) => network.nodes.slice(position, position + 1));
  const values = nodes.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const unrolled = nodes.map((node) => {
    const pattern = edgePattern(node);
    if (pattern.kind === "edges" && isWeightNode(node)) return 3 * pattern.most * sizeOf(node.shape);
    if (pattern.kind !== "convolution") return 0;
    return sizeOf(pattern.weight.shape.slice(1)) * pattern.groups * sizeOf(node.shape.slice(1));
  });
  const gathered = movedNumbers(network, value) + movedNumbers(network, feature);
  return BYTES * (3 * values + 3 * largestOf(unrolled) + 3 * gathered);
}

/** Numbers that are formed by an array's numbers before they are summed for each of a parameter. */
const movedNumbers = (network: GatedNetwork, { formed }: PartPlan): number =>
  formed.reduce(
    (sum, one) => sum + (one.kind === "array" ? 0 : one.uses.reduce((all, use) => all + arraySize(network, use), 0)),
    0,
  );
