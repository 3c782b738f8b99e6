import { GatewiseError } from "../errors.ts";
import type { Architecture } from "./architecture.ts";
import { featureNetworks } from "./gate-plan.ts";
import { type GateChoice, gatingOf } from "./gate-source.ts";
import { gatedLayers } from "./parameter-specs.ts";
import { regimeSkeleton } from "./regime-skeleton.ts";
import { REGIMES, type Regime, type RegimeName } from "./regimes.ts";
import { skeletonOf } from "./skeleton.ts";

/** What a training may change of its regime; the duality papers' variants (theory 5.7). Data, part of a plan. */
export interface RegimeVariant {
  /** Steepness of soft gates, in place of the regime's 4. */
  readonly beta?: number | undefined;
  /** What the value network reads; the example unless told otherwise. */
  readonly valueInput?: "example" | "ones" | undefined;
  /** The feature network's gates, from 1, in the order in which they stand in the value network. */
  readonly gateOrder?: readonly number[] | undefined;
}

/** What is trained: an architecture in a regime, and what it changes of that. */
export interface RegimeChoice {
  readonly regime: RegimeName;
  readonly variant?: RegimeVariant | undefined;
  /** Where the gates come from, in place of the regime's: layer by layer, or one source for all. */
  readonly gates?: readonly GateChoice[] | undefined;
}

/**
 * The regime of a plan with what it changes.
 * @throws GatewiseError for a change that the regime has no place for
 */
export function regimeOf({ regime: name, variant = {}, gates }: RegimeChoice): Regime {
  const named: Regime = REGIMES[name];
  const regime = gates === undefined ? named : { ...named, gates };
  const { beta, valueInput, gateOrder } = variant;
  if (regime.gates.some(({ from }) => from === "own")) {
    if (beta !== undefined || valueInput === "ones" || gateOrder !== undefined) {
      throw noPlace(name, "gates of its own", "a regime of two networks for another value input, gate order or beta");
    }
    return regime;
  }
  const isSoft = (choice: GateChoice): boolean => gatingOf(choice).kind === "soft";
  if (beta !== undefined && !regime.gates.some(isSoft))
    throw noPlace(name, "hard gates", "soft gates, if beta is given");
  const steep = (choice: GateChoice): GateChoice => {
    const gating = gatingOf(choice);
    return beta === undefined || gating.kind === "hard" ? choice : { ...choice, gating: { ...gating, beta } };
  };
  return { ...regime, gates: regime.gates.map(steep), valueInput: valueInput ?? regime.valueInput, gateOrder };
}

const noPlace = (name: RegimeName, has: string, expected: string): GatewiseError =>
  new GatewiseError({
    received: `regime "${name}", which has ${has}`,
    expected,
    next: "choose dlnpf, dlgn or dlgn-sf, or leave the option out",
  });

/**
 * Checks that a regime can be had of an architecture.
 * @throws GatewiseError if a gate layer has no source or two, the gate order is no permutation of gates of one shape, a linear
 * feature network would hold a maximum, shallow gates cannot read the input, or a source's gates do not fit
 */
export function checkRegime(architecture: Architecture, regime: Regime): void {
  const networks = featureNetworks(regime);
  const pool = skeletonOf(architecture).nodes.some(({ kind }) => kind === "max-pool");
  if (pool && networks.some(({ features }) => features !== "relu")) {
    throw new GatewiseError({
      received: `regime ${regime.title} on an architecture with max-pool`,
      expected: "a feature network that is linear, in which every gate is a half-space of the input",
      next: "put average-pool in its place",
    });
  }
  const { gateOrder } = regime;
  if (gateOrder !== undefined) checkOrder(architecture, gateOrder);
  regimeSkeleton(architecture, regime);
}

function checkOrder(architecture: Architecture, gateOrder: readonly number[]): void {
  const gates = gatedLayers(architecture);
  const isPermutation = [...gateOrder].sort((a, b) => a - b).every((gate, i) => gate === i + 1);
  if (gateOrder.length !== gates.length || !isPermutation) {
    throw new GatewiseError({
      received: `gate order ${gateOrder.join(",")}`,
      expected: `each of the gates 1 to ${gates.length} once`,
      next: `for instance ${gates.map((_, i) => gates.length - i).join(",")}`,
    });
  }
  gateOrder.forEach((from, i) => {
    const [wanted, found] = [gates[i]?.shape.join("×"), gates[from - 1]?.shape.join("×")];
    if (wanted === found) return;
    throw new GatewiseError({
      received: `gate order ${gateOrder.join(",")}, which puts gate ${from} (${found}) in the place of gate ${i + 1} (${wanted})`,
      expected: "gates that change places with gates of their own shape",
      next: "choose another order, or layers of one shape",
    });
  });
}
