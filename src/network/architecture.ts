/** Whether a layer's outputs pass a gate. The last layer of a network has none (theory 1.2). */
export interface WeightLayer {
  readonly bias: boolean;
  readonly gated: boolean;
}

/** One layer of an architecture. Maps are `[channels, height, width]`. */
export type Layer =
  | ({ readonly kind: "dense"; readonly units: number } & WeightLayer)
  | ({
      readonly kind: "convolution";
      readonly channels: number;
      readonly kernel: number;
      readonly stride: number;
      readonly padding: "same" | "valid";
    } & WeightLayer)
  /** A gate of its own: where the activation does not follow a weight (pre-activation residual networks). */
  | { readonly kind: "gate" }
  /** The sum of two branches of one input, of one shape; a branch without layers passes the input on. */
  | { readonly kind: "residual"; readonly body: readonly Layer[]; readonly shortcut: readonly Layer[] }
  /** Windows that tile the maps. The network that makes the gates decides which element passes. */
  | { readonly kind: "max-pool"; readonly size: number }
  | { readonly kind: "average-pool"; readonly size: number }
  | { readonly kind: "global-average-pool" }
  | { readonly kind: "flatten" };

/** A network's shape as data: survives JSON and `postMessage`. */
export interface Architecture {
  /** Shape of one example. */
  readonly inputShape: readonly number[];
  readonly layers: readonly Layer[];
}

/** Whether a layer has weights of its own. */
export const isWeightLayer = (layer: Layer): layer is Extract<Layer, WeightLayer> =>
  layer.kind === "dense" || layer.kind === "convolution";

/** Whether what a layer gives has passed a gate of its own; residual sums hold theirs inside. */
export const isGated = (layer: Layer): boolean => layer.kind === "gate" || (isWeightLayer(layer) && layer.gated);
