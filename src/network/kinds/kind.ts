import type { FloatDType, Tensor } from "../../graph/index.ts";
import type { GatedNode, NodeKindName, WeightKindName, Weights } from "../gated-network.ts";
import type { GateRule } from "../gating.ts";
import type { MapWindow } from "../map-window.ts";

/**
 * Receives an edge: which of the node's inputs it comes from, the unit there, the weight, and that weight's place in the node's
 * array of weights, {@link FIXED} where it is none of them. Edges of one place are of one weight: paths through them belong together
 * (theory 3.5), and what trains is the array.
 */
export type VisitInputEdge = (which: number, unit: number, weight: number, place: number) => void;

/** The place of a weight that nobody trains. */
export const FIXED = -1;

/**
 * A pattern of edges that walks know a faster way for than edge by edge, where a bench shows that they need it (many weights a
 * unit, large windows): each of them takes `edges` instead.
 */
export type EdgePattern =
  /** Paths start here: none comes through. */
  | { readonly kind: "none" }
  /** From every unit of the input, weight `[in, out]`. */
  | { readonly kind: "every"; readonly weight: Weights }
  /** From all channels of a group, weight `[out, in / groups, kernel…]`. */
  | {
      readonly kind: "convolution";
      readonly window: MapWindow;
      readonly groups: number;
      readonly weight: Weights;
    }
  /** From a window of the same channel, each of weight `1 / divisor` of the elements that the window holds. */
  | { readonly kind: "window"; readonly window: MapWindow; readonly divisor: (held: number) => number }
  /** From the same unit of each input, one edge; weights, if any, are one for each channel. */
  | { readonly kind: "unit" }
  /** Any other; `most` edges come into a unit, at most. */
  | { readonly kind: "edges"; readonly most: number };

/** What an example decides of a node's edges, and the node that decides. */
export type Decision =
  /** Each unit's edges are multiplied by its gate, the rule's of the same unit of `by`. */
  | { readonly kind: "gate"; readonly by: number; readonly rule: GateRule }
  /**
   * Of each unit's edges, which all weigh 1 and come from one input, one is there: that from the unit at which `by`, of the
   * input's shape, is greatest, the first at a tie.
   */
  | { readonly kind: "choice"; readonly by: number };

/** Where paths start at a node, and with which values. */
export type Starts =
  /** At every unit, with what the node makes of its inputs' values, an array each; without inputs of the example. */
  | { readonly kind: "example"; readonly values: (given: readonly Float64Array[]) => Float64Array }
  /** At every unit, with the bias of its channel (axis 0). */
  | { readonly kind: "bias"; readonly bias: Weights };

/** Positions of nodes in another network: of those that paths come through, and of those that decide. */
export interface Places {
  readonly input: (position: number) => number;
  readonly decider: (position: number) => number;
}

/** What a node's tensor form is made with. */
export interface ForwardTools<D extends FloatDType, W> {
  /** What an earlier node gives, `[batch, ...shape]`. */
  readonly at: (position: number) => Tensor<D>;
  readonly parameter: (kind: "weight" | "bias", weights: W) => Tensor<D>;
  /** Numbers that nobody trains, in the dtype of the pass. */
  readonly fixed: (numbers: Weights) => Tensor<D>;
  /** What a gate lets through of `z`. */
  readonly gated: (rule: GateRule, z: Tensor<D>, q: () => Tensor<D>) => Tensor<D>;
  /** Given in a pass over paths (theory 4.6): see {@link PathPower}. */
  readonly power: PathPower | undefined;
}

/** A pass of powers over paths (theory 4.6): parameters and gates are given raised, a node raises its fixed factors itself. */
export interface PathPower {
  readonly raise: (factor: number) => number;
  /** Whether nothing is decided: where an edge would be chosen, all of them are there. */
  readonly isOpen: boolean;
}

/** What a kind of node is to paths, and to the engine: all that walks know of it. */
export interface NodeKind<K extends NodeKindName> {
  /** Positions of the nodes whose values come into it. */
  readonly inputs: (node: GatedNode<unknown, K>) => readonly number[];
  /** The node in another place. */
  readonly placed: <W>(node: GatedNode<W, K>, places: Places) => GatedNode<W, K>;
  /** Undefined where nothing is decided: the node is linear, whatever the example. */
  readonly decision: (node: GatedNode<unknown, K>) => Decision | undefined;
  /** Undefined where no path starts, but for those of a gate's rule. */
  readonly starts: (node: GatedNode<Weights, K>) => Starts | undefined;
  /** Whether edges weigh 1, a number that is fixed by shapes, or what may train. */
  readonly weights: K extends WeightKindName ? "parameters" : "ones" | "fixed";
  readonly pattern: (node: GatedNode<Weights, K>) => EdgePattern;
  /**
   * Calls `visit` for every edge into a unit, as if nothing were decided, in the order of the units they come from.
   * @param shapes of the inputs
   */
  readonly edges: (
    node: GatedNode<Weights, K>,
    shapes: readonly (readonly number[])[],
    unit: number,
    visit: VisitInputEdge,
  ) => void;
  /** `[batch, ...shape]` of all examples: for each unit the sum over its edges, and what starts there. */
  readonly forward: <D extends FloatDType, W>(node: GatedNode<W, K>, tools: ForwardTools<D, W>) => Tensor<D>;
}

/** The pattern of kinds whose units come from the same units. */
export const UNIT: EdgePattern = { kind: "unit" };

/** Of kinds that decide nothing and at which no path starts. */
export const LINEAR = { decision: () => undefined, starts: () => undefined } as const;
