/**
 * Training as one graph: a loop over the minibatches of a chunk, with gather, forward, backward and update inside the
 * engine (design: one graph). Parameters and averages are the loop's state. The loop is a scan, or unrolled where the
 * device has none.
 *
 * A node costs about a microsecond whatever it does, so the body holds only what depends on the step before it: targets
 * are prepared and losses counted outside, for all steps at once, and all biases are updated as one vector
 * (bench/training.bench.ts).
 *
 * With the same bits but slower, on an AMD EPYC: the first layer's weights in blocks of 128 rows that stay in the cache
 * (Adam by 7 %, SGD by 4), and 2, 4 or 12 steps in a turn of the loop (by 4 to 14 %). So is Adam's update outside the engine,
 * a step a run: a WebAssembly kernel that walks through all arrays once takes 0.21 ms for the 335,000 parameters of DLNPF
 * where the graph takes 0.5, but onnxruntime-node copies every output into memory of its own, and the step takes 1.38 times
 * as long; without these copies it would take 0.79 times (ReLU 1.02). Fewer nodes, same bits, gain 2 to 4 % of a step of SGD
 * together: one sum for the gradients of all biases, bytes by DequantizeLinear, no Expand behind the softmax.
 */
import type { InputRows, TargetRows } from "../data/index.ts";
import {
  cast,
  type Graph,
  gather,
  graph,
  input,
  multiply,
  reduceMean,
  scan,
  square,
  type Tensor,
  tileConvolutions,
  unroll,
} from "../graph/index.ts";
import {
  gatedLayers,
  isStatistic,
  outputsOf,
  predict,
  predictBehind,
  regimeOf,
  type TrainingForward,
  type TrialParameters,
  trialParameterSpecs,
} from "../network/index.ts";
import { batchStatistics } from "./batch-statistics.ts";
import { factorsOf, type Masks, maskInputs } from "./dropout.ts";
import { countTrue, isCorrect, targetsOf } from "./losses.ts";
import { type SlotName, type StepScalars, scalePower, slotNames, update } from "./optimizers.ts";
import {
  existing,
  groupsOf,
  inputRows,
  inputsFor,
  join,
  recordsOf,
  scaledRows,
  split,
  type TargetTensor,
  targetInput,
} from "./parameters.ts";
import type { TrainingPlan } from "./plan.ts";
import { clipped, objectiveOf, slopesOf, wantedOf } from "./slopes.ts";
import { stateName } from "./training-state.ts";

type FloatTensor = Tensor<"float32">;

/** The examples of one step, `[batch, …]`. */
export interface StepExamples {
  readonly x: FloatTensor;
  /** Gates of the gated layers, where they are fixed and known. */
  readonly gates?: readonly FloatTensor[];
}

/** What the steps of a chunk read, all with a first axis of `steps`. */
export interface StepInputs extends StepScalars<FloatTensor> {
  /** `[steps, batch]` */
  readonly indices: Tensor<"int32">;
  /** `[steps, batch, outputs]` */
  readonly targets: FloatTensor;
  /** What dropout keeps. */
  readonly masks?: Masks;
}

/** What the loop cuts into steps. */
type Scanned = Omit<StepInputs, "masks"> & Masks;

/**
 * The graph of a chunk of training steps.
 *
 * Further inputs: `unscale` `[]`, the inverse of the gradient scale of the last step, and all parameters and averages by
 * name. Outputs: those that move, under `next:` and their name, `losses` (means) and `correct` `[steps]`.
 * @param examplesAt the examples of a step from its indices
 * @param loop `unroll` for a flat graph, of a fixed number of steps
 */
export function chunkGraph(
  plan: TrainingPlan,
  steps: StepInputs,
  examplesAt: (indices: Tensor<"int32">) => StepExamples,
  loop: typeof scan = scan,
): Graph {
  const { architecture, optimizer } = plan;
  const regime = regimeOf(plan);
  const parameters = trialParameterSpecs(architecture, regime);
  const moving = parameters.filter(({ trains }) => trains);
  const statistics = parameters.filter(isStatistic);
  const fixed = inputsFor(parameters.filter((one) => !one.trains && !isStatistic(one)));
  // SGD's update is part of the product that makes the gradient, which is no row; WebGPU gains nothing
  const groups = groupsOf(moving, loop === scan && optimizer.kind !== "sgd");
  const rateMoves = plan.recipe?.schedule !== undefined;
  const slots = slotNames(optimizer);
  /** A parameter itself, and its averages. */
  const kept = [undefined, ...slots];
  const before = inputsFor(
    kept.flatMap((slot) => moving.map(({ name, shape }) => ({ name: stateName(name, slot), shape }))),
  );
  const state = {
    ...Object.fromEntries(
      groups.flatMap((group) => kept.map((slot) => [stateName(group.name, slot), join(group, before, slot)])),
    ),
    ...inputsFor(statistics),
  };

  const wanted = wantedOf(plan, steps.targets);
  const { masks = {}, ...stepwise } = steps;
  // the body knows the slices of masks by the names that they have outside
  const scanned: Scanned = { ...stepwise, targets: wanted, ...masks };
  const { state: after, outputs } = loop(
    state,
    scanned,
    (now, { indices, targets, rate, scale, epsilon, keep, ...masked }) => {
      const scalars = { rate, scale, epsilon, keep };
      const current = Object.fromEntries(groups.flatMap((group) => split(group, existing(now, group.name))));
      const factors = factorsOf(plan, masked);
      const running = Object.fromEntries(statistics.map(({ name }) => [name, existing(now, name)]));
      const records = recordsOf(parameters, { ...fixed, ...running, ...current });
      const norms = batchStatistics(plan, records);
      const logits = logitsOf(plan, records, examplesAt(indices), { factors, ...norms.forward });
      const slopes = clipped(plan, slopesOf(plan, logits, targets, scalars.scale, current), scalars.scale);
      const updated = groups.flatMap((group) => {
        const averages = Object.fromEntries(slots.map((slot) => [slot, existing(now, stateName(group.name, slot))]));
        const slope = join(group, slopes);
        const next = update(optimizer, existing(now, group.name), slope, averages, scalars, rateMoves);
        const nextAverages = slots.map((slot) => [stateName(group.name, slot), existing(next.slots, slot)] as const);
        return [[group.name, next.parameter] as const, ...nextAverages];
      });
      return { state: { ...Object.fromEntries(updated), ...running, ...norms.next() }, outputs: { logits } };
    },
  );

  const unscale = input("unscale", "float32", []);
  const next = groups.flatMap((group) =>
    kept.flatMap((slot) => split(group, unscaled(existing(after, stateName(group.name, slot)), slot, unscale), slot)),
  );
  const followed = statistics.map(({ name }) => [name, existing(after, name)] as const);
  return graph({
    ...Object.fromEntries([...next, ...followed].map(([name, tensor]) => [`next:${name}`, tensor])),
    losses: reduceMean(objectiveOf(plan, outputs.logits, wanted), [1]),
    // real values are near or far, never right
    ...(plan.targets === undefined ? { correct: countTrue(isCorrect(outputs.logits, steps.targets), [1]) } : {}),
  });
}

function logitsOf(
  plan: TrainingPlan,
  parameters: TrialParameters<FloatTensor>,
  { x, gates }: StepExamples,
  forward: TrainingForward,
): FloatTensor {
  const regime = regimeOf(plan);
  return gates === undefined
    ? predict(plan.architecture, regime, parameters, x, forward).logits
    : predictBehind(plan.architecture, regime, parameters, x, gates, forward);
}

/** An average after a chunk, in its own scale again; parameters have none. */
function unscaled(tensor: FloatTensor, slot: SlotName | undefined, factor: FloatTensor): FloatTensor {
  if (slot === undefined) return tensor;
  switch (scalePower(slot)) {
    case 0:
      return tensor;
    case 1:
      return multiply(tensor, factor);
    case 2:
      return multiply(tensor, square(factor));
  }
}

/** What the steps read as inputs of the graph: `indices` of `[steps, batch]`, and `[steps]` each of {@link STEP_SCALARS}. */
export function stepInputs(
  labels: TargetTensor,
  [count, batch]: readonly [number | string, number],
  outputs: number,
): StepInputs {
  const indices = input("indices", "int32", [count, batch]);
  const scalar = (name: keyof StepScalars<unknown>): FloatTensor => input(name, "float32", [count]);
  return {
    indices,
    targets: targetsOf(gatheredTargets(labels, indices), outputs),
    rate: scalar("rate"),
    scale: scalar("scale"),
    epsilon: scalar("epsilon"),
    keep: scalar("keep"),
  };
}

/** Each dtype by itself: what is gathered has the dtype of what it is gathered from. */
function gatheredTargets(labels: TargetTensor, indices: Tensor<"int32">): TargetTensor {
  switch (labels.dtype) {
    case "uint8":
      return gather(labels, indices);
    case "int32":
      return gather(labels, indices);
    case "float32":
      return gather(labels, indices);
  }
}

/** What a training graph is made for. */
export interface TrainingGraphOptions {
  /** Examples of the whole training set, which lives in the engine. */
  readonly examples: number;
  readonly batch: number;
  /** Steps of a run, which make a flat graph; `"any"` makes a loop in the graph. */
  readonly steps: number | "any";
  /** Fixed gates come from a table of all examples' gates instead of the feature network. */
  readonly gateTable: boolean;
  /** Of the inputs: bytes are scaled by 1/255, unless the plan normalizes them otherwise. */
  readonly dtype: InputRows["dtype"];
  /** Of what they should give; bytes unless told otherwise. */
  readonly labels?: TargetRows["dtype"];
}

/**
 * The {@link chunkGraph} over a training set in the engine.
 *
 * Inputs: `inputs` `[n, …]` and `labels` `[n]`, `indices` `[steps, batch]`, `rate`, `scale`, `epsilon` and
 * `keep` `[steps]` (stepScalars), those that are used, and with a gate table `gates.0`, … `[n, …units]` in place of the feature network's parameters.
 */
export function trainingGraph(plan: TrainingPlan, options: TrainingGraphOptions): Graph {
  const { examples, batch, gateTable, dtype } = options;
  const { architecture, normalization } = plan;
  const count = options.steps === "any" ? "steps" : options.steps;
  const inputs = inputRows(dtype, [examples, ...architecture.inputShape]);
  const labels = targetInput(options.labels ?? "uint8", [examples], outputsOf(architecture));
  const table = gatedLayers(architecture).map(({ shape }, i) => input(`gates.${i}`, "bool", [examples, ...shape]));
  const masks = maskInputs(plan, [count, batch]);
  const steps = { ...stepInputs(labels, [count, batch], outputsOf(architecture)), masks };
  const examplesAt = (at: Tensor<"int32">): StepExamples => {
    const x = scaledRows(gather(inputs, at), normalization);
    return gateTable ? { x, gates: table.map((gates) => cast(gather(gates, at), "float32")) } : { x };
  };
  if (options.steps !== "any") return chunkGraph(plan, steps, examplesAt, unroll);
  // wide convolutions as matrix products of tiles, where there are loops: on the CPU, which gains from them
  return tileConvolutions(chunkGraph(plan, steps, examplesAt, scan));
}
