/** What a trained network's decisions on its test examples rest on, in few figures: for the report of a run. */
import type { Engine } from "../../engine/index.ts";
import type { Inputs } from "../../gates/index.ts";
import { type DenseArray, denseArray, sizeOf } from "../../graph/index.ts";
import {
  type Asking,
  decidingUnits,
  decisionsOf,
  fitMonitor,
  logitsOf,
  scoredInputs,
  unfamiliarity,
} from "../../models/index.ts";
import { type GatedNetwork, gatePositions, hasHardGates } from "../../network/index.ts";
import { activate, closingPlan, decisionIn, pathFlow } from "../../paths/index.ts";
import { auroc } from "../unfamiliar/auroc.ts";
import { shareFor } from "./explanation-rows.ts";

/** A test example, and what flows through its elements to the decision. */
export interface ExplainedImage {
  /** From 0. */
  readonly example: number;
  readonly label: number;
  readonly decision: number;
  /** The label where the decision is another; the strongest other output where it is right. */
  readonly against: number;
  /** How far the one logit is above the other. */
  readonly margin: number;
  readonly shape: readonly number[];
  readonly input: ArrayLike<number>;
  readonly flow: ArrayLike<number>;
}

/** Units closed before the decisions of half of the examples, and of 90 %, are others; in percent of the active ones. */
export interface ExplainedRemoval {
  readonly examples: number;
  readonly byFlow: { readonly half: number; readonly most: number };
  readonly atRandom: { readonly half: number; readonly most: number };
}

/** How a monitor tells the examples that are answered wrong from those that are answered right. */
export interface ExplainedMonitor {
  readonly errors: number;
  readonly right: number;
  /** AUROC in percent of errors against right answers. */
  readonly auroc: { readonly gates: number; readonly softmax: number; readonly larger: number };
  /** Percent of the errors, and of the right answers, beyond 95 % of clean held-out examples. */
  readonly alarms: { readonly errors: number; readonly right: number };
}

/** What is told of a network. */
export interface NetworkExplanation {
  /** Errors first, in the order of the file. */
  readonly images: readonly ExplainedImage[];
  /** Null where it would take too long. */
  readonly removal: ExplainedRemoval | null;
  /** Null for gates that are no bits, and where too few examples are answered wrong. */
  readonly monitor: ExplainedMonitor | null;
}

/** Labeled examples as a network reads them. */
export interface LabeledInputs {
  /** `[n, …inputShape]`. */
  readonly inputs: Inputs;
  /** `[n]`, classes. */
  readonly labels: ArrayLike<number>;
}

/** Told seconds that removal may take, and examples that say enough. */
const REMOVAL_SECONDS = 10;
const MOST_REMOVALS = 40;
const LEAST_REMOVALS = 10;
/** Passes an example, over its three orders, of a network of some hundred units. */
const PASSES = 300;
/** Of an example's flow: of larger networks a few images take longer than all else. */
const MOST_FLOW_SECONDS = 2;
/** Errors, and right answers, that are drawn. */
const DRAWN = 3;
/** Errors without which an AUROC says nothing. */
const LEAST_ERRORS = 10;
const ALARM = 0.95;

/**
 * @param network of classes, at least two outputs
 * @param train what it was trained on, or some of it
 */
export async function explainNetwork(
  network: GatedNetwork,
  engine: Engine,
  { train, test }: { readonly train: Inputs; readonly test: LabeledInputs },
  asking: Asking = {},
): Promise<NetworkExplanation> {
  const given = decisionsOf(await logitsOf(network, engine, test.inputs, asking));
  const places = Array.from(given.keys());
  const wrong = places.filter((i) => given[i] !== test.labels[i]);
  const right = places.filter((i) => given[i] === test.labels[i]);
  const { seconds } = closingPlan(network);
  const drawn = seconds > MOST_FLOW_SECONDS ? [] : [...wrong.slice(0, DRAWN), ...right.slice(0, DRAWN)];
  return {
    images: drawn.map((example) => explainedImage(network, test, example)),
    removal: await removalOf(network, test.inputs, seconds, asking),
    monitor: await monitorOf(network, engine, train, test.inputs, { wrong, right }, asking),
  };
}

function explainedImage(network: GatedNetwork, { inputs, labels }: LabeledInputs, example: number): ExplainedImage {
  const [, ...shape] = inputs.shape;
  const size = sizeOf(shape);
  const input = Float64Array.from(inputs.data.subarray(example * size, (example + 1) * size));
  const active = activate(network, input);
  const { decision, runnerUp } = decisionIn(active);
  const label = labels[example] ?? 0;
  const against = label === decision ? runnerUp : label;
  const { value, inputFlow } = pathFlow(active, { output: decision, against });
  return { example, label, decision, against, margin: value, shape, input, flow: inputFlow };
}

async function removalOf(
  network: GatedNetwork,
  inputs: Inputs,
  seconds: number,
  asking: Asking,
): Promise<ExplainedRemoval | null> {
  const [all = 0] = inputs.shape;
  const count = Math.min(all, MOST_REMOVALS, Math.floor(REMOVAL_SECONDS / (PASSES * seconds)));
  if (count < Math.min(all, LEAST_REMOVALS) || gatePositions(network).length === 0) return null;
  const found = await decidingUnits(network, firstInputs(inputs, count), asking);
  const sharesOf = (shares: readonly (number | null)[]) => {
    const percent = shares.map((share) => (share === null ? null : 100 * share));
    return { half: shareFor(percent, 0.5), most: shareFor(percent, 0.9) };
  };
  return {
    examples: count,
    byFlow: sharesOf(found.map(({ share }) => share)),
    atRandom: sharesOf(found.map(({ atRandom }) => atRandom.share)),
  };
}

async function monitorOf(
  network: GatedNetwork,
  engine: Engine,
  train: Inputs,
  test: Inputs,
  { wrong, right }: { readonly wrong: readonly number[]; readonly right: readonly number[] },
  asking: Asking,
): Promise<ExplainedMonitor | null> {
  if (!hasHardGates(network) || gatePositions(network).length === 0) return null;
  if (wrong.length < LEAST_ERRORS || right.length < LEAST_ERRORS) return null;
  const { heldOut, references } = await fitMonitor(network, engine, train, asking);
  const [count = 0] = test.shape;
  const scores = { gates: new Float64Array(count), softmax: new Float64Array(count), larger: new Float64Array(count) };
  for await (const { from, score, doubt } of scoredInputs(network, engine, references, test, asking)) {
    score.forEach((one, i) => {
      const [gates, softmax] = [unfamiliarity(heldOut.gates, one), unfamiliarity(heldOut.softmax, -doubt[i]!)];
      scores.gates[from + i] = -one;
      scores.softmax[from + i] = doubt[i]!;
      scores.larger[from + i] = Math.max(gates, softmax);
    });
  }
  const of = (places: readonly number[], by: Float64Array) => Float64Array.from(places, (i) => by[i]!);
  const told = (by: Float64Array): number => auroc(of(right, by), of(wrong, by));
  const alarmed = (places: readonly number[]): number =>
    (100 * places.filter((i) => scores.larger[i]! > ALARM).length) / places.length;
  return {
    errors: wrong.length,
    right: right.length,
    auroc: { gates: told(scores.gates), softmax: told(scores.softmax), larger: told(scores.larger) },
    alarms: { errors: alarmed(wrong), right: alarmed(right) },
  };
}

function firstInputs({ dtype, shape: [, ...shape], data }: Inputs, count: number): DenseArray<"float32" | "float64"> {
  const part = data.subarray(0, count * sizeOf(shape));
  return dtype === "float32"
    ? denseArray("float32", [count, ...shape], Float32Array.from(part))
    : denseArray("float64", [count, ...shape], Float64Array.from(part));
}
