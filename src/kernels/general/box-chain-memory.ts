/** The WebAssembly module of box chains: where everything lies in its memory. */
import { BOX_CHAIN_MODULE } from "../wasm/box-chain-module.ts";
import type { BoxChain } from "./box-chain.ts";
import { CHUNK, LANES, NIBBLES, type PackedSide, planesOf, type Sizes, sizesOf } from "./box-chain-side.ts";

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
    pitch: number,
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
    pitch: number,
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
const MOST_COUNTS = 2 ** 25;
const INT_END = 2 ** 31;

/**
 * An instance of the module with the memory for one pair of the chain.
 * @param mostCounts bytes of overlaps at a time, about: larger maps are done in bands of displacements
 */
export async function openBoxChain(chain: BoxChain, mostCounts = MOST_COUNTS): Promise<BoxChainKernel> {
  const bytes = Uint8Array.from(atob(BOX_CHAIN_MODULE), (letter) => letter.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const wasm = boxChainExports(instance.exports);
  const sizes = sizesOf(chain);
  const place = layOut(wasm, chain, sizes, mostCounts);
  const fits = fitsBytes(chain);
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
    new Uint8Array(buffer, place.nibbles).set(b.nibbles);
    return pairSum(wasm, chain, sizes, place, { areBytes, symmetric: a === b });
  };
}

/** Largest values that `W` of each layer can have: overlaps times nine values of the layer behind it. */
function boundsOf({ layers }: BoxChain): readonly number[] {
  let bound = 1 / 9;
  return layers
    .toReversed()
    .map(({ channels }) => {
      bound *= 9 * channels;
      return bound;
    })
    .reverse();
}

/** Whether box sums of such values leave 31 bits. */
const isReal = (bound: number): boolean => 9 * bound >= INT_END;

/**
 * Whether all sums up to the first layer's gates fit into 31 bits, and the first layer's kernel of bytes, in units of
 * 1 / 255², as well.
 */
function fitsBytes(chain: BoxChain): boolean {
  const { layers, channels } = chain;
  const [first, second] = layers;
  if (first === undefined || second === undefined || boundsOf(chain).slice(1).some(isReal)) return false;
  return first.channels * (9 * channels + 1) * 255 ** 2 < INT_END;
}

/** The border to the module, whose exports are known from its source. */
const boxChainExports = (exports: unknown): BoxChainExports => exports as BoxChainExports;

/** Addresses in the module's memory. */
interface Place {
  readonly leftValues: number;
  readonly rightValues: number;
  readonly offsets: number;
  readonly nibbles: number;
  readonly table: number;
  readonly layers: number;
  readonly parts: readonly PlacedPart[];
  readonly pitch: number;
  /** Displacements of a band, a multiple of the lanes. */
  readonly band: number;
  readonly maps: number;
  readonly sums: number;
  /** Of all overlaps, where `bands` of displacements need them. */
  readonly overlaps: { readonly from: number; readonly to: number };
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
  const all = 2 * Math.ceil(positions / LANES) * LANES;
  const band = Math.min(all, Math.max(LANES, Math.floor(mostCounts / (parts * positions * LANES)) * LANES));
  // rows of a band may overlap outside it; box sums read a row of the map and a vector beyond a whole matrix
  const pitch = Math.min(line + Math.ceil((row + 1 + LANES) / CHUNK) * CHUNK, band + 2 * CHUNK);
  const values = { leftValues: room(channels * valueLine * 8), rightValues: room(channels * valueLine * 8) };
  const gates = { offsets: room(positions * planes * NIBBLES * 2), nibbles: room(planes * NIBBLES * line) };
  const work = {
    table: room(NIBBLES * 16 * CHUNK),
    layers: room(layers.length * LAYER_BYTES),
    maps: room(4 * (positions + 2 * row + 2) * LANES * 8),
    sums: room(64),
  };
  const before = outside(sizes, pitch);
  const size = Math.ceil((positions * pitch + line + 2 * before) / 64) * 64;
  const counts = room(parts * size) + before;
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
  const place = {
    ...values,
    ...gates,
    ...work,
    parts: placed,
    pitch,
    band,
    overlaps: { from: counts - before, to: counts - before + parts * size },
  };
  writeLayers(new DataView(wasm.memory.buffer, place.layers), chain, counts, size);
  return place;
}

const partsOf = (channels: number): number => Math.ceil(planesOf(channels) / PART);

/** Bytes that box sums read before and behind the overlaps of a part: zeros. */
const outside = ({ row }: Sizes, pitch: number): number => Math.ceil(((row + 1) * (pitch + 1) + LANES) / 64) * 64;

function writeLayers(view: DataView, chain: BoxChain, counts: number, size: number): void {
  const bounds = boundsOf(chain);
  let part = 0;
  for (const [l, { channels, bias }] of chain.layers.entries()) {
    const at = l * LAYER_BYTES;
    const bound = bounds[l] ?? 0;
    view.setUint32(at, counts + part * size, true);
    view.setInt32(at + 4, partsOf(channels), true);
    view.setUint32(at + 8, size, true);
    view.setInt32(at + 12, isReal(bound) ? 1 : 0, true);
    view.setInt32(at + 16, Math.max(1, Math.min(INT_END - 1, Math.floor((INT_END - 1) / bound))), true);
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
  const { pitch, band, overlaps } = place;
  const end = Math.ceil(positions / LANES) * LANES;
  let sum = 0;
  for (let first = symmetric ? 0 : -end; first < end; first += band) {
    const last = Math.min(first + band, end);
    // what another band has left outside this one
    if (band < 2 * end) new Uint8Array(wasm.memory.buffer).fill(0, overlaps.from, overlaps.to);
    for (const part of place.parts) {
      wasm.countOverlaps(
        place.offsets + part.plane * NIBBLES * 2,
        place.nibbles + part.plane * NIBBLES * line,
        line,
        positions,
        part.planes,
        planes * NIBBLES * 2,
        part.counts,
        pitch,
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
      pitch,
      first,
      last,
      place.maps,
      place.sums,
      symmetric ? 1 : 0,
    );
  }
  return sum;
}
