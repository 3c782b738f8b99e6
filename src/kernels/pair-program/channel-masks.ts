/**
 * Which channels of an example carry paths of equal weights at each position (theory 3.12), told from the network alone
 * and evaluated on examples: gates, what a max-pool chose, and both together. A max-pool behind a gate is one mask for each
 * place of its window: the channels that chose it.
 */
import { type PositionBits, packPositions } from "../pair/position-bits.ts";
import type { ExampleReading } from "../pair/readings.ts";

/** Where the positions of a map were in another: by own position, −1 for none. */
export interface PositionMap {
  /** Equal maps have equal names. */
  readonly key: string;
  readonly from: Int32Array;
}

export type ChannelMask = {
  /** Equal masks have equal names. */
  readonly key: string;
  readonly channels: number;
  readonly positions: number;
} & (
  | { readonly kind: "ones" }
  /** The gates of a node. */
  | { readonly kind: "gate"; readonly node: number }
  /** Where a max-pool chose the element at `place`. */
  | { readonly kind: "chosen"; readonly pool: number; readonly place: PositionMap }
  | { readonly kind: "both"; readonly masks: readonly [ChannelMask, ChannelMask] }
  /** Another mask's channels and positions in other places, 0 where there was none. */
  | {
      readonly kind: "moved";
      readonly mask: ChannelMask;
      readonly place: PositionMap | undefined;
      readonly from: Int32Array | undefined;
    }
);

export const ones = (channels: number, positions: number): ChannelMask => ({
  kind: "ones",
  key: "1",
  channels,
  positions,
});

export function both(a: ChannelMask, b: ChannelMask): ChannelMask {
  if (a.kind === "ones") return b;
  if (b.kind === "ones") return a;
  return { kind: "both", key: `(${a.key} & ${b.key})`, channels: a.channels, positions: a.positions, masks: [a, b] };
}

/** The mask at other positions; those that there were none are not read. */
export function placed(mask: ChannelMask, place: PositionMap | undefined): ChannelMask {
  if (place === undefined) return mask;
  if (mask.kind === "ones") return ones(mask.channels, place.from.length);
  const key = `${mask.key} at ${place.key}`;
  return { kind: "moved", key, channels: mask.channels, positions: place.from.length, mask, place, from: undefined };
}

/** The channels that were `from`, −1 for none. */
export function withChannels(mask: ChannelMask, from: Int32Array): ChannelMask {
  if (mask.kind === "ones" && !from.includes(-1)) return ones(from.length, mask.positions);
  if (from.length === mask.channels && from.every((was, c) => was === c)) return mask;
  const key = `${mask.key} of ${from.join()}`;
  return { kind: "moved", key, channels: from.length, positions: mask.positions, mask, place: undefined, from };
}

/** Channels side by side. */
export const sliced = (mask: ChannelMask, [start, end]: readonly [from: number, to: number]): ChannelMask =>
  withChannels(
    mask,
    Int32Array.from({ length: end - start }, (_, c) => start + c),
  );

/** Evaluates masks of one example, each once. */
export class ExampleMasks {
  private readonly known = new Map<string, PositionBits>();

  constructor(private readonly reading: ExampleReading) {}

  bits(mask: ChannelMask): PositionBits {
    const key = `${mask.channels} ${mask.positions} ${mask.key}`;
    const bits = this.known.get(key) ?? this.made(mask);
    this.known.set(key, bits);
    return bits;
  }

  private made(mask: ChannelMask): PositionBits {
    const { channels, positions } = mask;
    switch (mask.kind) {
      case "ones":
        return packPositions(channels, positions, () => true);
      case "gate": {
        const gates = this.reading.gates.get(mask.node);
        if (gates?.kind !== "bits") throw new Error(`unreachable: gates of node ${mask.node} that are no bits`);
        return gates.on;
      }
      case "chosen": {
        const selection = this.reading.selections.get(mask.pool);
        if (selection === undefined) throw new Error(`unreachable: no selection of node ${mask.pool}`);
        const { from } = mask.place;
        return packPositions(channels, positions, (index) => selection[index] === from[index % positions]);
      }
      case "both": {
        const [a, b] = [this.bits(mask.masks[0]), this.bits(mask.masks[1])];
        return { ...a, words: a.words.map((word, i) => word & b.words[i]!) };
      }
      case "moved":
        return movedBits(this.bits(mask.mask), mask.place, mask.from, positions);
    }
  }
}

function movedBits(
  bits: PositionBits,
  place: PositionMap | undefined,
  from: Int32Array | undefined,
  positions: number,
): PositionBits {
  const { wordsPerPosition: pitch, words } = bits;
  if (from !== undefined) {
    return packPositions(from.length, positions, (index) => {
      const was = from[Math.floor(index / positions)]!;
      return was >= 0 && ((words[(index % positions) * pitch + (was >>> 5)]! >>> (was & 31)) & 1) === 1;
    });
  }
  const moved = new Uint32Array(positions * pitch);
  for (let p = 0; p < positions; p++) {
    const was = place?.from[p] ?? p;
    if (was >= 0) for (let word = 0; word < pitch; word++) moved[p * pitch + word] = words[was * pitch + word]!;
  }
  return { ...bits, positions, words: moved };
}
