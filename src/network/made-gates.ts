import type { GatedNode } from "./gated-network.ts";
import type { GateRule } from "./gating.ts";
import type { ParameterSpec } from "./parameter-spec.ts";

/** What decides the gates that are made: positions by the number of the gate or maximum, from 0. */
export interface FeaturePart {
  /** Node 0 is the input. */
  readonly nodes: readonly GatedNode<ParameterSpec>[];
  readonly preActivations: ReadonlyMap<number, { readonly position: number; readonly rule: GateRule }>;
  readonly maxima: ReadonlyMap<number, number>;
}

/** Numbers, from 0, of the gates and maxima that a network decides; all of them unless told otherwise. */
export interface Decided {
  readonly gates: ReadonlySet<number>;
  readonly maxima: ReadonlySet<number>;
}
