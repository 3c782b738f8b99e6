import { GatewiseError } from "../errors.ts";
import type { Architecture } from "./architecture.ts";
import { gatedLayers, shallowLayers } from "./parameter-specs.ts";
import { flatLayers, placeLayers } from "./placed-layers.ts";
import { REGIMES, type Regime, type RegimeName } from "./regimes.ts";

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
}

/**
 * The regime of a plan with what it changes.
 * @throws GatewiseError for a change that the regime has no place for
 */
export function regimeOf({ regime: name, variant = {} }: RegimeChoice): Regime {
  const regime: Regime = REGIMES[name];
  const { beta, valueInput, gateOrder } = variant;
  if (regime.kind === "own-gates") {
    if (beta !== undefined || valueInput === "ones" || gateOrder !== undefined) {
      throw noPlace(name, "gates of its own", "a regime of two networks for another value input, gate order or beta");
    }
    return regime;
  }
  if (beta !== undefined && regime.gating.kind === "hard")
    throw noPlace(name, "hard gates", "soft gates, if beta is given");
  const gating = beta === undefined || regime.gating.kind === "hard" ? regime.gating : { ...regime.gating, beta };
  return { ...regime, gating, valueInput: valueInput ?? regime.valueInput, gateOrder };
}

const noPlace = (name: RegimeName, has: string, expected: string): GatewiseError =>
  new GatewiseError({
    received: `regime "${name}", which has ${has}`,
    expected,
    next: "choose dlnpf, dlgn or dlgn-sf, or leave the option out",
  });

/**
 * Checks that a regime can be had of an architecture.
 * @throws GatewiseError if the gate order is no permutation of gates of one shape, a linear feature network would hold a
 * maximum, or shallow gates cannot read the input
 */
export function checkRegime(architecture: Architecture, regime: Regime): void {
  if (regime.kind === "own-gates") return;
  const pool = flatLayers(placeLayers(architecture)).some(({ layer }) => layer.kind === "max-pool");
  if (pool && regime.features !== "relu") {
    throw new GatewiseError({
      received: `regime ${regime.title} on an architecture with max-pool`,
      expected: "a feature network that is linear, in which every gate is a half-space of the input",
      next: "put average-pool in its place",
    });
  }
  if (regime.features === "shallow") shallowLayers(architecture);
  const { gateOrder } = regime;
  if (gateOrder === undefined) return;
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
