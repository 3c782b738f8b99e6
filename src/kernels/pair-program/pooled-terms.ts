/** Terms behind pools (theory 3.10): the kernel before the pool, seen from each place of its windows. */
import type { GatedNetwork, GatedNode, MapWindow } from "../../network/index.ts";
import { mapsOf, nodeAt, sizeOfMaps } from "../pair/maps.ts";
import type { Size } from "../pair/pair-lines.ts";
import type { PairPlan } from "../pair/plan.ts";
import { both, type ChannelMask, type PositionMap, placed, sliced } from "./channel-masks.ts";
import type { KernelNode, KernelPlace } from "./kernel-nodes.ts";
import { contracted, type KernelTerm, type ProgramTerm } from "./terms.ts";

type Pool<K extends GatedNode["kind"]> = Extract<GatedNode, { readonly kind: K }>;

/** Places of all windows together: their pairs are counted one by one. */
const MOST_PLACES = 256;

export function chosenTerms(
  network: GatedNetwork,
  node: Pool<"max-pool">,
  position: number,
  terms: readonly ProgramTerm[],
): readonly ProgramTerm[] | undefined {
  const maps = mapsOf(node);
  const places = placesOf(node, position, sizeOfMaps(nodeAt(network, node.input)));
  return every(terms, (term) => {
    if (term.kind === "summed") throw new Error(`unreachable: a max-pool of a sum over channels at ${position}`);
    if (term.kind === "values") {
      const key = `${term.values.key} chosen ${position}`;
      return { kind: "values", values: { kind: "chosen", key, ...maps, of: term.values, pool: position } };
    }
    return seenFrom(term, places, (place) => ({
      kind: "chosen",
      key: `c${place.key}`,
      ...maps,
      pool: position,
      place,
    }));
  });
}

/** Means of windows: where the channels are only read summed, of their sum. */
export function averagedTerms(
  network: GatedNetwork,
  plan: PairPlan,
  node: Pool<"average-pool">,
  position: number,
  terms: readonly ProgramTerm[],
): readonly ProgramTerm[] | undefined {
  const windows = plan.windows.get(position);
  if (windows === undefined) throw new Error(`unreachable: node ${position} is no average pool`);
  const input = nodeAt(network, node.input);
  const before = sizeOfMaps(input);
  const [size, { divisors }] = [sizeOfMaps(node), windows];
  // the windows of means are of neighbors, whatever the dilation (averages.ts)
  const window: MapWindow = { ...node.window, dilations: [1, 1] };
  const isWhole = divisors.length === 1 && coversAll(window, before);
  if (plan.summed.has(position)) {
    const parts = contracted(terms, [0, mapsOf(input).channels]);
    const kernel: KernelNode = { kind: "gather", size: before, parts, divisors: undefined, bias: 0 };
    if (isWhole) {
      return [
        { kind: "summed", kernel: { kind: "gather", size, parts: [{ kind: "all", kernel }], divisors, bias: 0 } },
      ];
    }
    if (window.kernel[0] * window.kernel[1] > MOST_PLACES) return undefined;
    const places = placesOf({ ...node, window }, position, before);
    const seen = places.map((map): KernelPlace => ({ map, mask: undefined, weights: undefined }));
    const means: KernelNode = {
      kind: "gather",
      size,
      parts: [{ kind: "places", kernel, places: seen }],
      divisors,
      bias: 0,
    };
    return [{ kind: "summed", kernel: means }];
  }
  if (window.kernel[0] * window.kernel[1] > MOST_PLACES) return undefined;
  const places = placesOf({ ...node, window }, position, before);
  return every(terms, (term) => {
    if (term.kind === "summed") throw new Error(`unreachable: a pool of a sum over channels at ${position}`);
    if (term.kind === "values") {
      const key = `${term.values.key} averaged ${position}`;
      return { kind: "values", values: { kind: "averaged", key, ...mapsOf(node), of: term.values, windows } };
    }
    return seenFrom(term, places, undefined, divisors);
  });
}

function every(
  terms: readonly ProgramTerm[],
  make: (term: ProgramTerm) => ProgramTerm | undefined,
): readonly ProgramTerm[] | undefined {
  const made = terms.flatMap((term) => make(term) ?? []);
  return made.length === terms.length ? made : undefined;
}

/** A term's places seen from each place of a window, where `maskOf` the window's place lets them through. */
function seenFrom(
  term: KernelTerm,
  windowPlaces: readonly PositionMap[],
  maskOf: ((place: PositionMap) => ChannelMask) | undefined,
  divisors?: Float64Array,
): KernelTerm | undefined {
  if (term.places.length * windowPlaces.length > MOST_PLACES) return undefined;
  const places = windowPlaces.flatMap((place) => {
    const own = maskOf === undefined ? undefined : sliced(maskOf(place), term.channels);
    return term.places.map((inner) => {
      const mask = placed(inner.mask, place);
      const weights =
        divisors === undefined && inner.weights === undefined
          ? undefined
          : Float64Array.from(place.from, (u, p) => (u < 0 ? 0 : (inner.weights?.[u] ?? 1) / (divisors?.[p] ?? 1)));
      return { map: composed(place, inner.map), mask: own === undefined ? mask : both(own, mask), weights };
    });
  });
  return { ...term, places };
}

export function composed(outer: PositionMap, inner: PositionMap | undefined): PositionMap {
  if (inner === undefined) return outer;
  const from = outer.from.map((u) => (u < 0 ? -1 : inner.from[u]!));
  return { key: `${inner.key} at ${outer.key}`, from };
}

/** The element of each window at each place of the window. */
function placesOf(
  node: GatedNode & { readonly window: MapWindow },
  position: number,
  before: Size,
): readonly PositionMap[] {
  const { kernel, strides, pads, dilations } = node.window;
  const [rows, columns] = sizeOfMaps(node);
  return Array.from({ length: kernel[0] * kernel[1] }, (_, index) => {
    const [a, b] = [Math.floor(index / kernel[1]), index % kernel[1]];
    const from = Int32Array.from({ length: rows * columns }, (__, p) => {
      const row = Math.floor(p / columns) * strides[0] - pads[0] + a * dilations[0];
      const column = (p % columns) * strides[1] - pads[1] + b * dilations[1];
      return row < 0 || row >= before[0] || column < 0 || column >= before[1] ? -1 : row * before[1] + column;
    });
    return { key: `${position}:${index}`, from };
  });
}

/** Whether a window at the first position holds every element. */
const coversAll = ({ kernel, pads }: MapWindow, [height, width]: Size): boolean =>
  kernel[0] - pads[0] >= height && kernel[1] - pads[1] >= width;
