/** Where gates and selections flip: how far one example is from it, and all of them on the way to another (theory 1.1). */
import type { Inputs } from "../gates/index.ts";
import { sizeOf } from "../graph/index.ts";
import { Breaths } from "../kernels/index.ts";
import { checkCount, type GatedNetwork, inputShapeOf } from "../network/index.ts";
import {
  nearestFlips as distancesOf,
  type FlippingLayer,
  flippingLayers,
  flipsAlong,
  type LayerDistances,
} from "../paths/index.ts";
import { activeExample } from "./paths-of-example.ts";
import { type Asking, counter } from "./progress.ts";

/** How far one unit is from where it flips. */
export interface UnitDistance {
  /** Name of the gate layer or max-pool. */
  readonly layer: string;
  readonly kind: "gate" | "selection";
  /** In C order. */
  readonly unit: number;
  /** Euclidean length of the smallest change of the input behind which it flips, as long as nothing flips before. */
  readonly distance: number;
  /** Of a selection, the unit of the pool's input that it then passes; null of a gate. */
  readonly to: number | null;
}

/** The nearest flip of a layer. */
export interface LayerDistance {
  readonly layer: string;
  readonly kind: "gate" | "selection";
  readonly units: number;
  /** Its gates move with every input: told is where the bit flips that they are near. */
  readonly isSoft: boolean;
  /** Null where nothing moves any of its units. */
  readonly distance: number | null;
  readonly unit: number | null;
}

/** How far one example is from where gates and selections flip. */
export interface NearestFlips {
  /** The nearest units of all layers, nearest first: the first of them is the nearest flip there is. */
  readonly nearest: readonly UnitDistance[];
  /** Gate layers and max-pools, in the order of the network. */
  readonly layers: readonly LayerDistance[];
}

/** What is listed of the nearest flips. */
export interface NearestFlipsOptions extends Asking {
  /** How many units; 10 unless told otherwise. */
  readonly top?: number | undefined;
}

/** A gate that opens or shuts, or a max-pool that passes another element, between two inputs. */
export interface FlipBetween {
  /** Where: 0 at the first input, 1 at the other. */
  readonly at: number;
  readonly layer: string;
  readonly kind: "gate" | "selection";
  readonly unit: number;
  /** Of gates 0 or 1; of selections the unit of the pool's input. */
  readonly from: number;
  readonly to: number;
}

/** The flips of a layer between two inputs. */
export interface LayerFlips {
  readonly layer: string;
  readonly kind: "gate" | "selection";
  readonly units: number;
  readonly isSoft: boolean;
  readonly flips: number;
  /** Units that are not at the other input what they are at the first: the rest flips back. */
  readonly differing: number;
}

/** Every flip on the straight way between two examples. */
export interface FlipsBetween {
  /** In order. */
  readonly flips: readonly FlipBetween[];
  readonly layers: readonly LayerFlips[];
}

/**
 * @param example `[1, …inputShape]` or `[…inputShape]`
 * @throws GatewiseError if the example does not have the network's shape, or a soft gate decides further ones
 */
export async function nearestFlips(
  network: GatedNetwork,
  example: Inputs,
  { top = 10, ...asking }: NearestFlipsOptions = {},
): Promise<NearestFlips> {
  checkCount("top", top);
  const { active } = activeExample(network, example, undefined);
  const elements = sizeOf(inputShapeOf(network));
  const onProgress = counter(asking, "slopes", "elements");
  const breaths = new Breaths(asking.signal);
  const passes = distancesOf(active);
  for (;;) {
    const next = passes.next();
    if (next.done === true) return answerOf(network, next.value, top);
    onProgress(next.value, elements);
    await breaths.breathe();
  }
}

function answerOf(network: GatedNetwork, found: readonly LayerDistances[], top: number): NearestFlips {
  const layers = flippingLayers(network);
  const all = found.flatMap(({ distances, to }, i) =>
    Array.from(distances, (distance, unit) => ({
      ...{ layer: nameAt(network, layers[i]), kind: layers[i]?.kind ?? "gate", unit, distance },
      to: to?.[unit] ?? null,
    })).filter(({ distance }) => distance < Number.POSITIVE_INFINITY),
  );
  return {
    nearest: all.sort((a, b) => a.distance - b.distance).slice(0, top),
    layers: layers.map((layer, i) => {
      const distances = found[i]?.distances ?? new Float64Array();
      const distance = distances.reduce((least, far) => Math.min(least, far), Number.POSITIVE_INFINITY);
      const nearest = distance === Number.POSITIVE_INFINITY ? null : { distance, unit: distances.indexOf(distance) };
      return { ...toldLayer(network, layer), distance: nearest?.distance ?? null, unit: nearest?.unit ?? null };
    }),
  };
}

const nameAt = ({ nodes }: GatedNetwork, layer: FlippingLayer | undefined): string =>
  nodes[layer?.position ?? -1]?.name ?? "";

const toldLayer = (network: GatedNetwork, layer: FlippingLayer) => {
  const { kind, units, isSoft } = layer;
  return { layer: nameAt(network, layer), kind, units, isSoft };
};

/**
 * @param example `[1, …inputShape]` or `[…inputShape]`; `other` likewise
 * @throws GatewiseError if one does not have the network's shape, or a soft gate decides further ones
 */
export async function flipsBetween(
  network: GatedNetwork,
  example: Inputs,
  other: Inputs,
  asking: Asking = {},
): Promise<FlipsBetween> {
  const { active } = activeExample(network, example, undefined);
  // it has the network's shape
  activeExample(network, other, undefined);
  const onProgress = counter(asking, "flips", "thousandths of the way");
  const breaths = new Breaths(asking.signal);
  const layers = flippingLayers(network);
  const states = layers.map(() => new Map<number, { readonly from: number; readonly to: number }>());
  const counts = layers.map(() => 0);
  const flips: FlipBetween[] = [];
  for (const { at, flip } of flipsAlong(active, example.data, other.data)) {
    if (flip !== undefined) {
      const { position, ...told } = flip;
      const i = layers.findIndex((layer) => layer.position === position);
      flips.push({ ...told, layer: nameAt(network, layers[i]) });
      counts[i]! += 1;
      states[i]?.set(flip.unit, { from: states[i]?.get(flip.unit)?.from ?? flip.from, to: flip.to });
    }
    onProgress(Math.floor(1000 * at), 1000);
    await breaths.breathe();
  }
  return {
    flips,
    layers: layers.map((layer, i) => ({
      ...toldLayer(network, layer),
      flips: counts[i] ?? 0,
      differing: [...(states[i]?.values() ?? [])].filter(({ from, to }) => from !== to).length,
    })),
  };
}
