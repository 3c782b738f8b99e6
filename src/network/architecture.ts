import type { MapWindow } from "./map-window.ts";

/** Whether a layer's outputs pass a gate. The last layer of a network has none (theory 1.2). */
export interface WeightLayer {
  readonly bias: boolean;
  readonly gated: boolean;
  /**
   * Batch normalization between its sums and its gate, a channel or unit each; see `batch-normalization.ts`. Its shift is the
   * layer's bias: one of its own would be taken out with the mean.
   */
  readonly batchNorm?: boolean | undefined;
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

/** A network's shape as data, layer behind layer: survives JSON and `postMessage`. */
export interface LayeredArchitecture {
  /** Shape of one example. */
  readonly inputShape: readonly number[];
  readonly layers: readonly Layer[];
}

/** A rule of gates without arrays, see `GateRule`: what an architecture can say of it. */
export type ArchitectureRule =
  | { readonly kind: "hard" }
  /** One slope for all channels, or one each. */
  | { readonly kind: "leaky"; readonly slopes: readonly number[] }
  | { readonly kind: "clipped"; readonly ceiling: number };

/** What each kind of node of an architecture is told: what `NodeFields` tells, without weights. */
export interface ArchitectureNodeFields {
  /** `x · factor + shift`: one number for all elements, one a channel (axis 0), or one each. */
  readonly normalize: { readonly input: number; readonly factor: readonly number[]; readonly shift: readonly number[] };
  readonly dense: { readonly input: number; readonly units: number; readonly bias: boolean };
  readonly convolution: {
    readonly input: number;
    readonly channels: number;
    readonly window: MapWindow;
    readonly groups: number;
    readonly bias: boolean;
  };
  readonly scale: { readonly input: number; readonly bias: boolean };
  readonly gate: { readonly input: number; readonly gatedBy: number; readonly rule: ArchitectureRule };
  readonly "max-pool": { readonly input: number; readonly selectedBy: number; readonly window: MapWindow };
  readonly "average-pool": { readonly input: number; readonly window: MapWindow; readonly countPadding: boolean };
  readonly sum: { readonly inputs: readonly number[] };
  readonly concat: { readonly inputs: readonly number[]; readonly axis: number };
  /** `from[i]` is the element of the input at place `i`, −1 a zero; the same order where it is left out. */
  readonly rearrange: {
    readonly input: number;
    readonly shape: readonly number[];
    readonly from?: readonly number[] | undefined;
  };
}

/** The name of a kind of node that an architecture may have. */
export type ArchitectureNodeKind = keyof ArchitectureNodeFields;

/** A node of these kinds, of any kind unless told otherwise. Its place is one more than its index: 0 is the input. */
export type ArchitectureNode<K extends ArchitectureNodeKind = ArchitectureNodeKind> = {
  [P in K]: { readonly kind: P; readonly name: string } & ArchitectureNodeFields[P];
}[K];

/** A network's shape as nodes, each behind those that it reads; the last gives the outputs. What a read model becomes. */
export interface NodeArchitecture {
  readonly inputShape: readonly number[];
  readonly nodes: readonly ArchitectureNode[];
}

/** A network's shape as data, in either form. */
export type Architecture = LayeredArchitecture | NodeArchitecture;

/** Whether an architecture is a list of layers. */
export const isLayered = (architecture: Architecture): architecture is LayeredArchitecture => "layers" in architecture;

/** Whether a layer has weights of its own. */
export const isWeightLayer = (layer: Layer): layer is Extract<Layer, WeightLayer> =>
  layer.kind === "dense" || layer.kind === "convolution";

/** Whether what a layer gives has passed a gate of its own; residual sums hold theirs inside. */
export const isGated = (layer: Layer): boolean => layer.kind === "gate" || (isWeightLayer(layer) && layer.gated);
