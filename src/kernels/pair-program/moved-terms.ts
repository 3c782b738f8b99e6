/** Terms of maps in another order, and of maps one behind the other (theory 3.11). */
import type { GatedNetwork, GatedNode } from "../../network/index.ts";
import { mapsOf, nodeAt } from "../pair/maps.ts";
import { uniformMove } from "../pair/rearranged.ts";
import { type PositionMap, placed, withChannels } from "./channel-masks.ts";
import { composed } from "./pooled-terms.ts";
import { added, type KernelTerm, merged, type ProgramTerm } from "./terms.ts";

export function rearrangedTerms(
  node: Extract<GatedNode, { readonly kind: "rearrange" }>,
  position: number,
  input: GatedNode,
  terms: readonly ProgramTerm[],
): readonly ProgramTerm[] | undefined {
  const [before, after] = [mapsOf(input), mapsOf(node)];
  const isSame = node.from === undefined && before.channels === after.channels && before.positions === after.positions;
  if (isSame) return terms;
  const from = node.from ?? Int32Array.from({ length: before.channels * before.positions }, (_, i) => i);
  const move = terms.some(({ kind }) => kind !== "values") ? moveOf(from, before, after, position) : undefined;
  const moved: ProgramTerm[] = [];
  for (const term of terms) {
    if (term.kind === "values") {
      const key = `${term.values.key} moved ${position}`;
      moved.push({ kind: "values", values: { kind: "moved", key, ...after, of: term.values, from } });
    } else {
      const own = term.kind === "kernel" && move !== undefined ? movedTerm(term, move) : undefined;
      if (own === undefined) return undefined;
      moved.push(own);
    }
  }
  return moved;
}

/** Maps that move as wholes. */
interface Move {
  readonly positions: PositionMap | undefined;
  /** By channel the one that it was, −1 for zeros; undefined where each stays. */
  readonly channels: Int32Array | undefined;
  readonly part: string;
}

interface Maps {
  readonly channels: number;
  readonly positions: number;
}

function moveOf(from: Int32Array, before: Maps, after: Maps, position: number): Move | undefined {
  const move = uniformMove(from, { ...before, pairs: "all" }, { ...after, pairs: "all" });
  if (move === undefined) return undefined;
  const channels = Int32Array.from({ length: after.channels }, (_, c) => {
    const own = from.subarray(c * after.positions, (c + 1) * after.positions).find((was) => was >= 0);
    return own === undefined ? -1 : Math.floor(own / before.positions);
  });
  const stay = after.channels === before.channels && channels.every((was, c) => was === c);
  return {
    positions: move.isIdentity ? undefined : { key: `m${position}`, from: move.positions },
    channels: stay ? undefined : channels,
    part: String(position),
  };
}

function movedTerm(term: KernelTerm, { positions, channels, part }: Move): KernelTerm {
  const [start, end] = term.channels;
  const own = channels?.map((was) => (was >= start && was < end ? was - start : -1));
  const places = term.places.map((place) => ({
    map: positions === undefined ? place.map : composed(positions, place.map),
    mask: placed(own === undefined ? place.mask : withChannels(place.mask, own), positions),
    weights:
      positions === undefined || place.weights === undefined
        ? place.weights
        : Float64Array.from(positions.from, (u) => (u < 0 ? 0 : (place.weights?.[u] ?? 1))),
  }));
  return {
    ...term,
    source: channels === undefined ? term.source : `${term.source}@${part}`,
    channels: channels === undefined ? term.channels : [0, channels.length],
    places,
  };
}

/** Channels one behind the other; other axes are left to pair.ts. */
export function joinedTerms(
  network: GatedNetwork,
  node: Extract<GatedNode, { readonly kind: "concat" }>,
  position: number,
  inputs: readonly (readonly ProgramTerm[])[],
): readonly ProgramTerm[] | undefined {
  if (node.axis !== 0) return undefined;
  const whole = mapsOf(node);
  const joined: ProgramTerm[] = [];
  let values: Extract<ProgramTerm, { readonly kind: "values" }>["values"] | undefined;
  let start = 0;
  for (const [index, terms] of inputs.entries()) {
    const { channels, positions } = mapsOf(nodeAt(network, node.inputs[index] ?? 0));
    for (const term of terms) {
      if (term.kind === "summed") return undefined;
      if (term.kind === "kernel") {
        const [from, to] = term.channels;
        joined.push({ ...term, source: `${term.source}@${position}.${index}`, channels: [from + start, to + start] });
        continue;
      }
      const offset = start * positions;
      const from = Int32Array.from({ length: whole.channels * positions }, (_, i) =>
        i >= offset && i < offset + channels * positions ? i - offset : -1,
      );
      const key = `${term.values.key} part ${position}.${index}`;
      const part = { kind: "moved", key, ...whole, of: term.values, from } as const;
      values = values === undefined ? part : added(values, part);
    }
    start += channels;
  }
  return merged(values === undefined ? joined : [...joined, { kind: "values", values }]);
}
