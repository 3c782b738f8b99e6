import { largestOf, sizeOf } from "../../graph/index.ts";
import { type GatedNetwork, usedNodes } from "../../network/index.ts";
import { isProductLayer, parameterCount, tangentLayers } from "./factors.ts";

const BYTES = 8; // all of it is float64
/** What the kept factors of a tile may take, and what one run of the network may: a laptop has room for both. */
const TILE_BYTES = 256 * 2 ** 20;
const RUN_BYTES = 256 * 2 ** 20;
/** Examples in one run at most: products of 200 rows fill the engine, and a small network needs no more. */
const MAX_BATCH = 200;

/** How a tangent kernel is cut into blocks of examples, and what that takes beside the kernel itself. */
export interface TangentMemory {
  /** Examples whose factors are held while those after them stream by: more of them, fewer passes. */
  readonly tile: number;
  /** Examples in one run of the network. */
  readonly batch: number;
  /** About what both take at once. */
  readonly bytes: number;
}

/**
 * Memory of a tangent kernel's computation, known before it begins. The kernel itself takes 8 bytes an entry more.
 * @param tile examples whose factors are held; as many as 256 MiB hold unless told otherwise
 */
export function tangentKernelMemory(network: GatedNetwork, tile?: number): TangentMemory {
  const kept = keptBytes(network);
  const transient = transientBytes(network);
  const fitting = Math.min(MAX_BATCH, Math.max(1, Math.floor(RUN_BYTES / transient)));
  const held = tile ?? Math.max(fitting, Math.floor(TILE_BYTES / kept));
  const batch = Math.min(fitting, held);
  return { tile: held, batch, bytes: (held + batch) * kept + batch * transient };
}

/** Bytes of one example's factors. */
function keptBytes(network: GatedNetwork): number {
  const { value, feature } = tangentLayers(network);
  const numbers = [...value, ...feature].reduce((sum, layer) => {
    const { node } = layer;
    const size = sizeOf(node.shape) + sizeOf(network.nodes[node.input]?.shape ?? []);
    return sum + (isProductLayer(layer) ? size : parameterCount(layer));
  }, 0);
  return BYTES * Math.max(numbers, 1);
}

/** Bytes of one example's values and their gradients, and of the widest unrolled windows. */
function transientBytes(network: GatedNetwork): number {
  const nodes = usedNodes(network).flatMap((position) => network.nodes.slice(position, position + 1));
  const values = nodes.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const unrolled = nodes.map((node) =>
    node.kind === "convolution" ? sizeOf(node.weight.shape.slice(1)) * node.groups * sizeOf(node.shape.slice(1)) : 0,
  );
  return BYTES * (3 * values + 3 * largestOf(unrolled));
}
