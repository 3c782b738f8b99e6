/**
 * What a node's kernel is between two examples, told from the network alone: a sum of terms, each a kernel of pairs of
 * positions times the channels on in both (theory 3.12).
 */
import { both, type ChannelMask, sliced } from "./channel-masks.ts";
import { itself, type KernelNode, type KernelPart, type KernelPlace, type Range } from "./kernel-nodes.ts";
import type { MapValues } from "./map-values.ts";

/** Paths of the same weights at the channels of a range, none at others. */
export interface KernelTerm {
  readonly kind: "kernel";
  /** Which weights end these paths: of equal sources those of a channel are equal. */
  readonly source: string;
  /** Sources that went into this one, in whatever channels. */
  readonly roots: ReadonlySet<string>;
  readonly kernel: KernelNode;
  readonly channels: Range;
  /** Masks are of the range's channels. */
  readonly places: readonly (KernelPlace & { readonly mask: ChannelMask })[];
}

export type ProgramTerm =
  | KernelTerm
  /** Values that met no weight. */
  | { readonly kind: "values"; readonly values: MapValues }
  /** Already summed over the channels. */
  | { readonly kind: "summed"; readonly kernel: KernelNode };

/** The terms as parts of their sum over the channels of a range. */
export const contracted = (terms: readonly ProgramTerm[], channels: Range): readonly KernelPart[] =>
  terms.flatMap((term) => partOf(term, channels) ?? []);

function partOf(term: ProgramTerm, [from, to]: Range): KernelPart | undefined {
  switch (term.kind) {
    case "values":
      return { kind: "values", values: term.values, channels: [from, to] };
    case "summed":
      return itself(term.kernel);
    case "kernel": {
      const [start, end] = [Math.max(from, term.channels[0]), Math.min(to, term.channels[1])];
      if (start >= end) return undefined;
      const own = (mask: ChannelMask): ChannelMask => sliced(mask, [start - term.channels[0], end - term.channels[0]]);
      const places = term.places.map((place) => ({ ...place, mask: own(place.mask) }));
      return { kind: "places", kernel: term.kernel, places };
    }
  }
}

/** Terms behind gates, or behind any mask of all channels. */
export const masked = (term: KernelTerm, mask: ChannelMask): KernelTerm => ({
  ...term,
  places: term.places.map((place) => ({ ...place, mask: both(sliced(mask, term.channels), place.mask) })),
});

/** Terms of the same channels, masks and positions are one, of the sum of their kernels: their weights differ. */
export function merged(terms: readonly ProgramTerm[]): readonly ProgramTerm[] {
  const groups = new Map<string | ProgramTerm, ProgramTerm[]>();
  for (const term of terms) {
    const key =
      term.kind === "kernel" && term.places.every(({ weights }) => weights === undefined) ? keyOf(term) : term;
    groups.set(key, [...(groups.get(key) ?? []), term]);
  }
  return [...groups.values()].flatMap((group) => {
    const kernels = group.filter((term) => term.kind === "kernel");
    const [first] = kernels;
    if (first === undefined || kernels.length === 1) return group;
    const parts = kernels.map(({ kernel }) => itself(kernel));
    return [
      {
        ...first,
        source: kernels.map(({ source }) => source).join(" + "),
        roots: new Set(kernels.flatMap(({ roots }) => [...roots])),
        kernel: { kind: "gather", size: first.kernel.size, parts, divisors: undefined, bias: 0 },
      },
    ];
  });
}

const keyOf = ({ kernel, channels, places }: KernelTerm): string =>
  [kernel.size, channels, ...places.map(({ map, mask }) => [map?.key, mask.channels, mask.key])].join(" | ");

/**
 * The terms of a sum; undefined where paths of the same weights meet again in another way than side by side, with gates
 * alone between.
 */
export function summed(inputs: readonly (readonly ProgramTerm[])[]): readonly ProgramTerm[] | undefined {
  let sum: readonly ProgramTerm[] = [];
  for (const terms of inputs) {
    const next = [...sum];
    const met = new Set<number>();
    for (const term of terms) {
      if (term.kind === "summed") return undefined;
      const others = sum.flatMap((known, index) => (meets(known, term) ? [index] : []));
      const [index] = others;
      if (index === undefined) next.push(term);
      else {
        const together = others.length === 1 && !met.has(index) ? joined(sum[index], term) : undefined;
        if (together === undefined) return undefined;
        next[index] = together;
        met.add(index);
      }
    }
    sum = next;
  }
  return merged(sum);
}

function meets(a: ProgramTerm, b: ProgramTerm): boolean {
  if (a.kind === "values" || b.kind === "values") return a.kind === b.kind;
  return a.kind === "kernel" && b.kind === "kernel" && [...a.roots].some((root) => b.roots.has(root));
}

/** Both terms of the same weights: their features add before they multiply. */
function joined(a: ProgramTerm | undefined, b: ProgramTerm): ProgramTerm | undefined {
  if (a?.kind === "values" && b.kind === "values") return { kind: "values", values: added(a.values, b.values) };
  if (a?.kind !== "kernel" || b.kind !== "kernel") return undefined;
  const alike = a.source === b.source && a.kernel === b.kernel && String(a.channels) === String(b.channels);
  const plain = [...a.places, ...b.places].every(({ map, weights }) => map === undefined && weights === undefined);
  return alike && plain ? { ...a, places: [...a.places, ...b.places] } : undefined;
}

export const added = (a: MapValues, b: MapValues): MapValues => ({
  kind: "added",
  key: `(${a.key} + ${b.key})`,
  channels: a.channels,
  positions: a.positions,
  of: [a, b],
});
