import { blockOrder, type ExampleSet, type ExampleSource, exampleSet } from "../data/index.ts";
import type { Engine, Feeds, Program } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { byName, foldedParameters, hasBatchNorm } from "../network/index.ts";
import { randomStream } from "../random.ts";
import type { EpochPart } from "./checkpoint.ts";
import { ChunkRunner, chunksFrom, type GateTable, stepsOfEpoch } from "./chunks.ts";
import { type Evaluation, type EvaluationOptions, evaluateSet } from "./evaluate.ts";
import type { TrainingPlan } from "./plan.ts";
import { evaluationGraph } from "./prediction-graphs.ts";
import type { TrainingState } from "./training-state.ts";

const NO_STEPS: EpochPart = { steps: 0, loss: 0, correct: 0, milliseconds: 0 };

/** What an epoch may be told. */
export interface EpochOptions {
  /** Steps of the epoch that are done already. */
  readonly after?: EpochPart | undefined;
  /** Milliseconds from any fixed point. */
  readonly clock?: () => number;
  /** Ends the epoch early, behind the steps under way. */
  readonly signal?: AbortSignal | undefined;
}

/** Owns one training in an engine: its data, parameters, averages and programs. */
export class Trainer implements AsyncDisposable {
  private constructor(
    private readonly plan: TrainingPlan,
    private readonly examples: number,
    private readonly chunks: ChunkRunner,
    private readonly tester: Program,
  ) {}

  /**
   * @param source what is trained on
   * @param start parameters and averages to begin with
   * @param gates fixed gates of all examples, so that no step computes them
   */
  static async open(
    engine: Engine,
    plan: TrainingPlan,
    source: ExampleSource,
    start: TrainingState,
    gates: GateTable = {},
  ): Promise<Trainer> {
    const set = exampleSet(source);
    const tester = await engine.compile(evaluationGraph(plan, set.dtype, set.labels.dtype));
    const chunks = await ChunkRunner.open(engine, plan, set, start, gates).catch(async (thrown: unknown) => {
      await tester[Symbol.asyncDispose]();
      throw thrown;
    });
    return new Trainer(plan, set.size, chunks, tester);
  }

  /** Steps of an epoch. */
  get steps(): number {
    return stepsOfEpoch(this.plan, this.examples);
  }

  /**
   * The steps of an epoch, from 1; yields after every run of the engine what the epoch has summed up. The order of the
   * examples follows from the plan.
   * @throws GatewiseError if the loss is no longer finite
   */
  async *epoch(
    epoch: number,
    { after = NO_STEPS, clock = () => 0, signal }: EpochOptions = {},
  ): AsyncGenerator<EpochPart, void, undefined> {
    const order = orderOf(this.plan, this.examples, epoch);
    let { steps, loss, correct, milliseconds } = after;
    for (const chunk of chunksFrom(this.chunks.chunks, steps)) {
      if (signal?.aborted) return;
      const started = clock();
      const result = await this.chunks.run(chunk, order, epoch);
      milliseconds += clock() - started;
      const broken = result.losses.findIndex((one) => !Number.isFinite(one));
      if (broken >= 0)
        throw brokenLoss(this.plan, result.losses[broken], `in epoch ${epoch}, step ${steps + 1 + broken}`);
      steps += chunk.count;
      correct += result.correct;
      loss += result.losses.reduce((sum, one) => sum + one * chunk.batch, 0);
      yield { steps, loss, correct, milliseconds };
    }
  }

  /**
   * Mean loss and accuracy of other examples under the parameters as they are now.
   * @throws the signal's reason once it is aborted
   */
  async evaluate(set: ExampleSet, options: EvaluationOptions): Promise<Evaluation> {
    return evaluateSet(this.tester, set, await this.predicting(), options);
  }

  /** The parameters that the tester reads: those held, or copies with batch normalizations folded. */
  private async predicting(): Promise<Feeds> {
    if (!hasBatchNorm(this.plan.architecture)) return this.chunks.held;
    return byName(foldedParameters((await this.chunks.read()).parameters));
  }

  /** Copies of all parameters and averages as they are now. */
  read(): Promise<TrainingState> {
    return this.chunks.read();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chunks[Symbol.asyncDispose]();
    await this.tester[Symbol.asyncDispose]();
  }
}

/** The order in which an epoch takes the examples. */
function orderOf(
  { order = "shuffled", seed, architecture }: TrainingPlan,
  examples: number,
  epoch: number,
): Int32Array {
  switch (order) {
    case "shuffled-in-blocks":
      return blockOrder(examples, architecture.inputShape, seed, epoch);
    case "shuffled":
      return randomStream(seed, "order", epoch).permutation(examples);
    case "given":
      return Int32Array.from({ length: examples }, (_, i) => i);
  }
}

/** A training that has left the finite numbers. */
export function brokenLoss({ optimizer }: TrainingPlan, loss: number | undefined, where: string): GatewiseError {
  return new GatewiseError({
    code: "numerical-failure",
    received: `a loss of ${loss} ${where}`,
    expected: "a finite loss",
    next: `lower the learning rate (it is ${optimizer.learningRate}); the epochs before are kept`,
  });
}
