/** Which feature networks a regime has on an architecture, and which of them decides each gate and each maximum. */
import { GatewiseError } from "../errors.ts";
import { type FeatureKind, type GateChoice, type GateSource, gatingOf } from "./gate-source.ts";
import type { Gating } from "./gating.ts";
import { pathNodes } from "./network-nodes.ts";
import type { Regime } from "./regimes.ts";
import type { Skeleton } from "./skeleton.ts";
import type { FeatureName } from "./trial-parameters.ts";

/** A network that makes gates. */
export interface FeatureNetwork {
  /** In the order of the choices: `feature`, `feature-2`, …. */
  readonly name: FeatureName;
  readonly from: Exclude<GateSource, "own">;
  readonly trains: boolean;
  readonly features: FeatureKind;
  readonly gating: Gating;
}

/** Who decides: a feature network, or undefined for the value network itself. */
export interface GatePlan {
  readonly networks: readonly FeatureNetwork[];
  readonly gates: readonly (FeatureNetwork | undefined)[];
  readonly maxima: readonly (FeatureNetwork | undefined)[];
}

/** Choices of equal words share their network. */
export function featureNetworks({ gates }: Pick<Regime, "gates">): readonly FeatureNetwork[] {
  const networks = new Map<string, FeatureNetwork>();
  for (const choice of gates) {
    const { from, trains, features = "relu" } = choice;
    if (from === "own" || networks.has(keyOf(choice))) continue;
    const number = networks.size + 1;
    const name: FeatureName = number === 1 ? "feature" : `feature-${number}`;
    networks.set(keyOf(choice), { name, from, trains, features, gating: gatingOf(choice) });
  }
  return [...networks.values()];
}

const keyOf = (choice: GateChoice): string => {
  const { from, trains, features = "relu" } = choice;
  return JSON.stringify([
    typeof from === "string" ? from : { given: from.network },
    trains,
    features,
    gatingOf(choice),
  ]);
};

/**
 * A maximum is selected by the network that makes the gate before it, the first gate where none comes before.
 * @throws GatewiseError unless each gate layer has one source
 */
export function gatePlan(skeleton: Skeleton, regime: Regime): GatePlan {
  const networks = featureNetworks(regime);
  const ofChoice = ({ from }: GateChoice, key: string): FeatureNetwork | undefined =>
    from === "own" ? undefined : networks.find((one) => keyOf({ ...one, layer: "all" }) === key);
  const kinds = pathNodes(skeleton).map((position) => skeleton.nodes[position]?.kind);
  const count = kinds.filter((kind) => kind === "gate").length;
  const sources = sourcesOf(regime, count).map((choice) => ofChoice(choice, keyOf(choice)));
  const maxima: (FeatureNetwork | undefined)[] = [];
  let before = 0;
  for (const kind of kinds) {
    if (kind === "gate") before += 1;
    else if (kind === "max-pool") maxima.push(count === 0 ? networks[0] : sources[Math.max(before - 1, 0)]);
  }
  return { networks, gates: sources, maxima };
}

/** The choice for each of the gate layers. */
function sourcesOf({ gates, title }: Regime, count: number): readonly GateChoice[] {
  const [every] = gates.filter(({ layer }) => layer === "all");
  const named = gates.filter(({ layer }) => layer !== "all");
  const outside = named.find(({ layer }) => typeof layer === "number" && !(layer >= 1 && layer <= count));
  const twice = named.find(({ layer }, i) => named.some((other, j) => j < i && other.layer === layer));
  const wrong = outside ?? twice;
  if (wrong !== undefined) {
    throw new GatewiseError({
      received: `gates of layer ${wrong.layer}${outside === undefined ? " a second time" : ""}`,
      expected: count === 0 ? "none: the architecture has no gates" : `gate layers 1 to ${count}, each once`,
      next: "gate layers are counted from 1, from the input to the output",
    });
  }
  const own = named.find(({ from, trains }) => from === "own" && !trains);
  if (own !== undefined) {
    throw new GatewiseError({
      received: `own gates of layer ${own.layer} that do not train`,
      expected: "own gates that train: they are made by the weights that do",
      next: 'take them from "initial", the network before training, or from another source',
    });
  }
  const all = Array.from({ length: count }, (_, i) => named.find(({ layer }) => layer === i + 1) ?? every);
  const missing = all.indexOf(undefined);
  if (missing < 0) return all.flatMap((choice) => (choice === undefined ? [] : [choice]));
  throw new GatewiseError({
    received: `regime ${JSON.stringify(title)} without gates of layer ${missing + 1}`,
    expected: `a source for each of the gate layers 1 to ${count}, or one for all`,
    next: 'name them in `gates`, such as { layer: 1, from: "random", trains: false }',
  });
}
