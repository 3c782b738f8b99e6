/**
 * Training on points, floats instead of bytes, in their own order: one run of the engine an epoch, with data, parameters
 * and averages in the engine. For networks so small that what a call costs would show.
 */
import type { Engine, Feeds, Program, ResidentArray } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { type DenseArray, denseArray, type Graph, gather, input, scan, unroll } from "../graph/index.ts";
import { outputsOf, predict, regimeOf, trialParameterSpecs } from "../network/index.ts";
import { moved, scalarsOf } from "./chunks.ts";
import type { Evaluation } from "./evaluate.ts";
import { numbers, readState, releaseArrays, wanted } from "./feeds.ts";
import { inputsFor, recordsOf } from "./parameters.ts";
import type { TrainingPlan } from "./plan.ts";
import { measured } from "./prediction-graphs.ts";
import { chunkGraph, stepInputs } from "./training-graph.ts";
import { stateByName, type TrainingState } from "./training-state.ts";

/** Points with their classes. */
export interface LabeledPoints {
  /** `[n, …]` */
  readonly inputs: DenseArray<"float32">;
  /** `[n]` */
  readonly labels: DenseArray<"uint8">;
}

/** The sets that a training reads, by name. */
export type PointSets = Readonly<Record<"train" | "validation" | "test", LabeledPoints>>;
export type PointSetName = keyof PointSets;

/** Owns one training in an engine: its data, parameters and programs. */
export class PointTrainer implements AsyncDisposable {
  private constructor(
    private readonly plan: TrainingPlan,
    private readonly steps: number,
    private readonly programs: { readonly train: Program; readonly evaluate: Program },
    private readonly sets: Readonly<Record<PointSetName, Record<keyof LabeledPoints, ResidentArray>>>,
    private readonly order: ResidentArray,
    private state: Feeds,
  ) {}

  /**
   * @param start parameters and averages to begin with
   * @throws GatewiseError unless the batches fill the training set
   */
  static async open(engine: Engine, plan: TrainingPlan, sets: PointSets, start: TrainingState): Promise<PointTrainer> {
    const examples = sets.train.labels.data.length;
    const steps = examples / plan.batch;
    if (!Number.isInteger(steps)) {
      throw new GatewiseError({
        received: `${examples} points in batches of ${plan.batch}`,
        expected: "batches that fill the training set",
        next: "choose another batch size",
      });
    }
    const train = await engine.compile(epochGraph(plan, examples, steps, engine.capabilities.scan));
    const evaluate = await engine.compile(pointEvaluationGraph(plan));
    const upload = async ({ inputs, labels }: LabeledPoints) => ({
      inputs: await engine.upload(inputs),
      labels: await engine.upload(labels),
    });
    const resident = {
      train: await upload(sets.train),
      validation: await upload(sets.validation),
      test: await upload(sets.test),
    };
    const order = await engine.upload(
      denseArray(
        "int32",
        [steps, plan.batch],
        Int32Array.from({ length: examples }, (_, i) => i),
      ),
    );
    return new PointTrainer(plan, steps, { train, evaluate }, resident, order, stateByName(start));
  }

  /**
   * All steps of an epoch, from 1.
   * @returns mean loss of the steps and accuracy in percent, while the weights moved
   */
  async epoch(epoch: number): Promise<Evaluation> {
    const { plan, steps, programs, sets, order, state: before } = this;
    const scalars = scalarsOf(plan.optimizer, (epoch - 1) * steps + 1, steps);
    const { fetched, state } = await moved(programs.train, before, { ...sets.train, ...scalars, indices: order });
    this.state = state;
    const examples = steps * plan.batch;
    const correct = numbers(fetched, "correct").reduce((sum, one) => sum + one, 0);
    const loss = numbers(fetched, "losses").reduce((sum, one) => sum + one, 0) / steps;
    return { examples, accuracy: (100 * correct) / examples, loss };
  }

  /** Of a whole set, under the parameters as they are now. */
  async evaluate(set: PointSetName): Promise<Evaluation> {
    const { programs, sets, state } = this;
    const { fetched } = await programs.evaluate.run(wanted(programs.evaluate, { ...state, ...sets[set] }));
    const [examples = 0] = sets[set].labels.shape;
    const [correct = 0] = numbers(fetched, "correct");
    const [loss = Number.NaN] = numbers(fetched, "loss");
    return { examples, accuracy: (100 * correct) / examples, loss: loss / examples };
  }

  /** Copies of all parameters and averages as they are now. */
  read(): Promise<TrainingState> {
    return readState(this.state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of Object.values(this.programs)) await program[Symbol.asyncDispose]();
    const data = Object.values(this.sets).flatMap(({ inputs, labels }) => [inputs, labels]);
    await releaseArrays([...data, this.order, ...Object.values(this.state)]);
  }
}

/** The steps of an epoch over `inputs` `[n, …]` and `labels` `[n]`, as `chunkGraph` describes them. */
function epochGraph(plan: TrainingPlan, examples: number, steps: number, loops: boolean): Graph {
  const { architecture, batch } = plan;
  const inputs = input("inputs", "float32", [examples, ...architecture.inputShape]);
  const labels = input("labels", "uint8", [examples]);
  const scanned = stepInputs(labels, [steps, batch], outputsOf(architecture));
  return chunkGraph(plan, scanned, (at) => ({ x: gather(inputs, at) }), loops ? scan : unroll);
}

/** Summed loss and number of correct predictions of any number of points: outputs `loss` and `correct`. */
function pointEvaluationGraph(plan: TrainingPlan): Graph {
  const { architecture, loss } = plan;
  const regime = regimeOf(plan);
  const specs = trialParameterSpecs(architecture, regime);
  const parameters = recordsOf(specs, inputsFor(specs));
  const x = input("inputs", "float32", ["batch", ...architecture.inputShape]);
  const { logits } = predict(architecture, regime, parameters, x);
  return measured(logits, outputsOf(architecture), loss);
}
