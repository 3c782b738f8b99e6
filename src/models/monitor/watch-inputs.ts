/** What a monitor says of inputs: how unusual each is, which raise an alarm, and whether all together have drifted. */
import type { Engine } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import { checkInputs, type Inputs } from "../../gates/index.ts";
import { sizeOf } from "../../graph/index.ts";
import { type GatedNetwork, gatePositions, inputShapeOf, outputCount } from "../../network/index.ts";
import type { Asking } from "../progress.ts";
import { checkMonitored } from "./check-monitored.ts";
import { type Drift, driftOf } from "./drift.ts";
import { closedRates, countOpen } from "./gate-rates.ts";
import type { Monitor } from "./monitor.ts";
import { networkDigest } from "./network-digest.ts";
import { thresholdOf, unfamiliarity } from "./quantiles.ts";
import { scoredInputs } from "./scored-inputs.ts";

/** When an input raises an alarm. */
export interface WatchOptions extends Asking {
  /** Share of clean inputs that raise none; 0.95 unless told otherwise. */
  readonly level?: number | undefined;
}

/** One input. Quantiles are of unfamiliarity among clean inputs, 0 to 1: near 1 hardly any is as unusual. */
export interface WatchedInput {
  /** The class that the network gives it. */
  readonly predicted: number;
  /** The log path kernel to the nearest reference of that class, at most 0; −∞ where the class has none. */
  readonly score: number;
  /** Quantile of the score. */
  readonly gates: number;
  /** Quantile of the largest softmax. */
  readonly softmax: number;
  /** The control: quantile of the cosine to the nearest reference by pixels, which knows nothing of the network. */
  readonly pixels: number;
  /** The larger of `gates` and `softmax`. */
  readonly alarm: number;
  /** Whether the alarm is above the threshold. */
  readonly raised: boolean;
  /** The nearest reference: its place in the inputs that the monitor was fitted on; −1 where the class has none. */
  readonly nearest: number;
}

/** What a monitor says of a batch of inputs. */
export interface WatchedInputs {
  readonly examples: readonly WatchedInput[];
  /** How many raise an alarm. */
  readonly alarms: number;
  readonly level: number;
  /** What an alarm is above; more than the level, for the larger of two quantiles is more often large. */
  readonly threshold: number;
  /** Clean inputs that the quantiles are of. */
  readonly heldOut: number;
  readonly drift: Drift;
}

/**
 * @param inputs `[n, …inputShape]`
 * @throws GatewiseError for another network than the monitor was fitted on, inputs of another shape, or a level that its clean
 * inputs are too few for
 */
export async function watchInputs(
  network: GatedNetwork,
  engine: Engine,
  monitor: Monitor,
  inputs: Inputs,
  options: WatchOptions = {},
): Promise<WatchedInputs> {
  const { level = 0.95 } = options;
  const { references, heldOut, rates } = monitor;
  checkMonitored(network);
  await checkNetwork(network, monitor);
  checkInputs(network, inputs);
  const threshold = thresholdOf(heldOut.larger, level);
  const [count = 0] = inputs.shape;
  const open = closedRates(references.gates);
  const examples: WatchedInput[] = [];
  let alarms = 0;
  for await (const block of scoredInputs(network, engine, references, inputs, options)) {
    countOpen(block.gates, open);
    for (let i = 0; i < block.to - block.from; i++) {
      const score = block.score[i]!;
      const gates = unfamiliarity(heldOut.gates, score);
      const softmax = unfamiliarity(heldOut.softmax, -block.doubt[i]!);
      const pixels = unfamiliarity(heldOut.pixels, block.pixels[i]!);
      const alarm = Math.max(gates, softmax);
      const raised = alarm > threshold.threshold;
      if (raised) alarms += 1;
      const nearest = references.examples[block.nearest[i]!] ?? -1;
      examples.push({ predicted: block.predicted[i]!, score, gates, softmax, pixels, alarm, raised, nearest });
    }
  }
  const nodes = gatePositions(network).map((position) => network.nodes[position]?.name ?? "");
  const drift = driftOf(alarms, { examples: count, open }, rates, threshold, nodes);
  return { examples, alarms, level, threshold: threshold.threshold, heldOut: heldOut.larger.length, drift };
}

async function checkNetwork(network: GatedNetwork, monitor: Monitor): Promise<void> {
  const digest = await networkDigest(network);
  if (digest !== monitor.network) {
    throw new GatewiseError({
      received: `a network of digest ${digest.slice(0, 12)}`,
      expected: `that of the monitor, ${monitor.network.slice(0, 12)}: other weights have other gates`,
      next: "give the model that it was fitted on, or fit a monitor of this one",
    });
  }
  const { references, outputs } = monitor;
  const units = gatePositions(network).map((position) => sizeOf(network.nodes[position]?.shape ?? []));
  const own = [outputCount(network), inputShapeOf(network).join(), units.join()].join(" ");
  const told = references.gates.layers.map((layer) => layer.units);
  if (own === [outputs, references.inputs.data.shape.slice(1).join(), told.join()].join(" ")) return;
  throw new GatewiseError({
    code: "damaged-file",
    received: "a monitor with the digest of this network and references of other sizes",
    expected: "inputs and gates of the network's sizes",
    next: "its file is damaged: fit the monitor again",
  });
}
