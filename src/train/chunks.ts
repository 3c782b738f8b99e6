import type { Engine, Feeds, Program } from "../engine/index.ts";
import { type DenseArray, denseArray, float32 } from "../graph/index.ts";
import type { Parameters } from "../network/index.ts";
import { numbers, readAll, releaseArrays, wanted } from "./feeds.ts";
import { gradientScale, mostSteps, type Optimizer, STEP_SCALARS, stepScalars } from "./optimizers.ts";
import type { TrainingPlan } from "./plan.ts";
import { type TrainingGraphOptions, trainingGraph } from "./training-graph.ts";

/** Steps a run: long enough to hide the call (0.1 ms), short enough for smooth progress and a quick stop. */
const STEPS_PER_RUN = 250;

/** `count` steps of `batch` examples from position `start` of the epoch's order. */
export interface Chunk {
  readonly start: number;
  readonly batch: number;
  readonly count: number;
}

/** An epoch in runs of about equal length; what does not fill a batch comes last, as a step of its own. */
export function chunksOf(
  examples: number,
  { batch, optimizer }: Pick<TrainingPlan, "batch" | "optimizer">,
): readonly Chunk[] {
  const full = Math.floor(examples / batch);
  const runs = Math.ceil(full / Math.min(STEPS_PER_RUN, mostSteps(optimizer)));
  const chunks = Array.from({ length: runs }, (_, i): Chunk => {
    const from = Math.floor((i * full) / runs);
    return { start: from * batch, batch, count: Math.floor(((i + 1) * full) / runs) - from };
  });
  const rest = examples - full * batch;
  return rest === 0 ? chunks : [...chunks, { start: full * batch, batch: rest, count: 1 }];
}

export interface ChunkResult {
  /** Mean loss of each step. */
  readonly losses: readonly number[];
  readonly correct: number;
}

/** Runs chunks of training steps; parameters and averages stay in the engine between them and go with the runner. */
export class ChunkRunner implements AsyncDisposable {
  private constructor(
    private readonly plan: TrainingPlan,
    private readonly data: Feeds,
    private readonly programs: ReadonlyMap<number, Program>,
    private state: Feeds,
  ) {}

  /**
   * @param data what every chunk reads: `inputs`, `labels` and the gate table; released with the runner
   * @param start all parameters and averages before the first chunk, by trial name
   */
  static async open(
    engine: Engine,
    plan: TrainingPlan,
    data: Feeds,
    start: Parameters,
    options: Omit<TrainingGraphOptions, "batch">,
  ): Promise<ChunkRunner> {
    const sizes = new Set(chunksOf(options.examples, plan).map(({ batch }) => batch));
    const programs = new Map<number, Program>();
    for (const batch of sizes) programs.set(batch, await engine.compile(trainingGraph(plan, { ...options, batch })));
    return new ChunkRunner(plan, data, programs, start);
  }

  /**
   * @param order the epoch's order of the examples
   * @param stepsBefore steps of the training before this epoch
   */
  async run({ start, batch, count }: Chunk, order: Int32Array, stepsBefore: number): Promise<ChunkResult> {
    const program = this.programs.get(batch);
    if (program === undefined) throw new Error(`unreachable: no program for a batch of ${batch}`);
    const indices = denseArray("int32", [count, batch], order.slice(start, start + count * batch));
    const scalars = scalarsOf(this.plan.optimizer, stepsBefore + start / this.plan.batch + 1, count);
    const moving = program.model.outputs.flatMap(({ name }) => (name.startsWith("next:") ? [name] : []));
    const { fetched, kept } = await program.run(
      wanted(program, { ...this.state, ...this.data, ...scalars, indices }),
      moving,
    );
    const next = Object.fromEntries(Object.entries(kept).map(([name, array]) => [name.slice("next:".length), array]));
    const before = this.state;
    this.state = { ...before, ...next };
    await releaseArrays(Object.keys(next).map((name) => before[name]));
    return {
      losses: numbers(fetched, "losses"),
      correct: numbers(fetched, "correct").reduce((sum, one) => sum + one, 0),
    };
  }

  /** Copies of all parameters and averages as they are now. */
  read(): Promise<Parameters> {
    return readAll(this.state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.programs.values()) await program[Symbol.asyncDispose]();
    await releaseArrays([...Object.values(this.data), ...Object.values(this.state)]);
  }
}

/** Scalars of `count` steps of one chunk, the first of which is step `firstStep` of the training. */
function scalarsOf(optimizer: Optimizer, firstStep: number, count: number): Readonly<Record<string, DenseArray>> {
  const steps = Array.from({ length: count }, (_, i) => stepScalars(optimizer, firstStep + i, i + 1));
  const lists = STEP_SCALARS.map(
    (name) =>
      [
        name,
        float32(
          [count],
          steps.map((step) => step[name]),
        ),
      ] as const,
  );
  return { ...Object.fromEntries(lists), unscale: float32([], [1 / gradientScale(optimizer, count)]) };
}
