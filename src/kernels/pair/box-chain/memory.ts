/** The WebAssembly module of box chains: where everything lies in its memory. */
import { BOX_CHAIN_MODULE } from "../../wasm/box-chain-module.ts";
import { layerBounds, summableProducts } from "./bounds.ts";
import type { BoxChain } from "./box-chain.ts";
import { GROUPS, LANES, type PackedSide, planesOf, type Sizes, SPAN, sizesOf, TABLE_LINE } from "./packed-side.ts";

interface BoxChainExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  dataStart(): number;
  countOverlaps(
    left: number,
    right: number,
    line: number,
    positions: number,
    planes: number,
    leftStride: number,
    counts: number,
    blockSize: number,
    halo: number,
    first: number,
    last: number,
    table: number,
  ): void;
  boxChainBand(
    leftValues: number,
    rightValues: number,
    channels: number,
    valueLine: number,
    areBytes: number,
    positions: number,
    row: number,
    layers: number,
    count: number,
    blockSize: number,
    first: number,
    last: number,
    maps: number,
    sums: number,
    symmetric: number,
  ): number;
}

/** `Σ K(u, u')` over all pairs of positions behind the last gates; half the work for an example with itself. */
export type BoxChainKernel = (a: PackedSide, b: PackedSide) => number;

const PAGE = 65_536;
/** {counts, parts, part size, is real, summable, padding, bias f64} */
const LAYER_BYTES = 32;
/** Planes of 64 channels whose count is below 256. */
const PART = 3;
/** Displacements of a block of overlaps. */
const BLOCK = 16;
/** With fewer, tables are made too often; more leave the second cache. */
const MOST_COUNTS = 2 ** 21;

/**
 * An instance of the module with the memory for one pair of the chain.
 * @param mostCounts bytes of overlaps at a time, about: they are done in bands of displacements
 */
export async function openBoxChain(chain: BoxChain, mostCounts = MOST_COUNTS): Promise<BoxChainKernel> {
  const bytes = Uint8Array.from(atob(BOX_CHAIN_MODULE), (letter) => letter.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const wasm = boxChainExports(instance.exports);
  const sizes = sizesOf(chain);
  const place = layOut(wasm, chain, sizes, mostCounts);
  const fits = summableProducts(chain) !== undefined;
  const last = chain.layers.length > 1 ? chain.layers.at(-1) : undefined;
  return (a, b) => {
    const { buffer } = wasm.memory;
    const areBytes = fits && a.bytes !== undefined && b.bytes !== undefined;
    if (areBytes) {
      new Int16Array(buffer, place.leftValues).set(a.bytes);
      new Int16Array(buffer, place.rightValues).set(b.bytes);
    } else {
      new Float64Array(buffer, place.leftValues).set(a.values);
      new Float64Array(buffer, place.rightValues).set(b.values);
    }
    new Uint16Array(buffer, place.offsets).set(a.offsets);
    new Uint8Array(buffer, place.groups).set(b.groups);
    const sum = pairSum(wasm, chain, sizes, place, { areBytes, symmetric: a === b });
    return last?.bias === 1 ? sum + lastOverlaps(a, b) : sum;
  };
}

/** The last layer's overlaps of all pairs of positions: a sum over its channels. */
const lastOverlaps = (a: PackedSide, b: PackedSide): number =>
  a.lastOn.reduce((sum, on, channel) => sum + on * b.lastOn[channel]!, 0);

/** The border to the module, whose exports are known from its source. */
const boxChainExports = (exports: unknown): BoxChainExports => exports as BoxChainExports;

/** Addresses in the module's memory. */
interface Place {
  readonly leftValues: number;
  readonly rightValues: number;
  readonly offsets: number;
  readonly groups: number;
  readonly table: number;
  readonly layers: number;
  readonly parts: readonly PlacedPart[];
  /** Bytes of a block of overlaps, with zeros around the positions. */
  readonly blockSize: number;
  /** Displacements of a band, a multiple of the span. */
  readonly band: number;
  readonly maps: number;
  readonly sums: number;
}

/** Up to {@link PART} planes of a layer: where the overlap of the first position with itself is counted. */
interface PlacedPart {
  readonly counts: number;
  readonly plane: number;
  readonly planes: number;
}

function layOut(wasm: BoxChainExports, chain: BoxChain, sizes: Sizes, mostCounts: number): Place {
  const { layers, channels } = chain;
  const { row, positions, line, valueLine, planes } = sizes;
  let end = wasm.dataStart();
  const room = (bytes: number): number => {
    const start = Math.ceil(end / 64) * 64;
    end = start + bytes;
    return start;
  };
  const parts = layers.reduce((sum, layer) => sum + partsOf(layer.channels), 0);
  // rows of box sums before and behind the positions are zeros
  const rows = positions + 2 * (row + 1);
  const all = 2 * Math.ceil(positions / SPAN) * SPAN;
  const band = Math.min(all, Math.max(SPAN, Math.floor(mostCounts / (parts * rows * SPAN)) * SPAN));
  const values = { leftValues: room(channels * valueLine * 8), rightValues: room(channels * valueLine * 8) };
  const gates = { offsets: room(positions * planes * GROUPS * 2), groups: room(planes * GROUPS * line) };
  const work = {
    table: room(GROUPS * 32 * TABLE_LINE),
    layers: room(layers.length * LAYER_BYTES),
    maps: room(6 * rows * LANES * 4),
    sums: room(64),
  };
  const blockSize = rows * BLOCK;
  const size = Math.ceil(((band / BLOCK) * blockSize) / 64) * 64;
  const counts = room(parts * size) + (row + 1) * BLOCK;
  const missing = end - wasm.memory.buffer.byteLength;
  if (missing > 0) wasm.memory.grow(Math.ceil(missing / PAGE));
  const placed: PlacedPart[] = [];
  let plane = 0;
  for (const layer of layers) {
    const last = plane + planesOf(layer.channels);
    for (; plane < last; plane = Math.min(plane + PART, last)) {
      placed.push({ counts: counts + placed.length * size, plane, planes: Math.min(PART, last - plane) });
    }
  }
  writeLayers(new DataView(wasm.memory.buffer, work.layers), chain, counts, size);
  return { ...values, ...gates, ...work, parts: placed, blockSize, band };
}

const partsOf = (channels: number): number => Math.ceil(planesOf(channels) / PART);

function writeLayers(view: DataView, chain: BoxChain, counts: number, size: number): void {
  const bounds = layerBounds(chain);
  const products = summableProducts(chain);
  let part = 0;
  for (const [l, { channels, bias }] of chain.layers.entries()) {
    const at = l * LAYER_BYTES;
    const { isReal = false, summable = 1 } = bounds[l] ?? {};
    view.setUint32(at, counts + part * size, true);
    view.setInt32(at + 4, partsOf(channels), true);
    view.setUint32(at + 8, size, true);
    view.setInt32(at + 12, isReal ? 1 : 0, true);
    view.setInt32(at + 16, l === 0 ? (products ?? 1) : summable, true);
    view.setFloat64(at + 24, bias, true);
    part += partsOf(channels);
  }
}

function pairSum(
  wasm: BoxChainExports,
  chain: BoxChain,
  sizes: Sizes,
  place: Place,
  { areBytes, symmetric }: { readonly areBytes: boolean; readonly symmetric: boolean },
): number {
  const { row, positions, line, valueLine, planes } = sizes;
  const { blockSize, band } = place;
  const end = Math.ceil(positions / SPAN) * SPAN;
  let sum = 0;
  for (let first = symmetric ? 0 : -end; first < end; first += band) {
    const last = Math.min(first + band, end);
    for (const part of place.parts) {
      wasm.countOverlaps(
        place.offsets + part.plane * GROUPS * 2,
        place.groups + part.plane * GROUPS * line + SPAN,
        line,
        positions,
        part.planes,
        planes * GROUPS * 2,
        part.counts,
        blockSize,
        row + 1,
        first,
        last,
        place.table,
      );
    }
    sum += wasm.boxChainBand(
      place.leftValues + LANES * (areBytes ? 4 : 8),
      place.rightValues + LANES * (areBytes ? 4 : 8),
      chain.channels,
      valueLine,
      areBytes ? 1 : 0,
      positions,
      row,
      place.layers,
      chain.layers.length,
      blockSize,
      first,
      last,
      place.maps,
      place.sums,
      symmetric ? 1 : 0,
    );
  }
  return sum;
}
