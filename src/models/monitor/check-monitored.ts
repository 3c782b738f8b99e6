import { GatewiseError } from "../../errors.ts";
import { type GatedNetwork, gatePositions, hasHardGates } from "../../network/index.ts";
import type { ModelSource } from "../model-options.ts";

/** @throws GatewiseError for a network without gates, or with gates that are no bits */
export function checkMonitored(network: GatedNetwork): void {
  if (gatePositions(network).length === 0) {
    throw new GatewiseError({
      code: "unsupported-model",
      received: "a network without gates",
      expected: "one with hidden layers of ReLU: the monitor compares which gates are open",
      next: "give another model, or another output of it",
    });
  }
  if (hasHardGates(network)) return;
  throw new GatewiseError({
    code: "unsupported-model",
    received: "a network with gates that are no bits, soft or leaky ones",
    expected: "hard gates: the monitor counts those that two inputs have open",
    next: "monitor a network of hard gates (relu, flnpf, frnpf-ii, frnpf-di)",
  });
}

/** @throws GatewiseError for a run that learnt real values */
export function refuseRegression(source: ModelSource): void {
  if (source.kind !== "run" || source.isRegression !== true) return;
  throw new GatewiseError({
    code: "unsupported-model",
    received: "a run that learnt real values",
    expected: "a network that tells classes: inputs are compared with examples of the class that it gives them",
    next: "look at the nearest examples instead, by `neighbors`",
  });
}
