import { type ExampleSet, type ExampleSource, exampleSet, rowsAt } from "../data/index.ts";
import type { Engine, Feeds, Program, ProgramResult } from "../engine/index.ts";
import { type DenseArray, denseArray, float32 } from "../graph/index.ts";
import { moved as augmented, type Moves, movesOf } from "./augmentation.ts";
import { withClassWeights } from "./class-weights.ts";
import { drawMasks } from "./dropout.ts";
import { numbers, readState, releaseArrays, wanted } from "./feeds.ts";
import { gradientScale, mostSteps, STEP_SCALARS, stepScalars } from "./optimizers.ts";
import type { TrainingPlan } from "./plan.ts";
import { rateFactor } from "./schedules.ts";
import { STEPS_PER_RUN, stepsPerRun, stepWork } from "./step-work.ts";
import { trainingGraph } from "./training-graph.ts";
import { stateByName, type TrainingState } from "./training-state.ts";

/** `count` steps of `batch` examples from position `start` of the epoch's order. */
export interface Chunk {
  readonly start: number;
  readonly batch: number;
  readonly count: number;
}

/**
 * An epoch in runs of about equal length; what does not fill a batch comes last, as a step of its own.
 * @param most steps that a run may have
 */
export function chunksOf(
  examples: number,
  { batch, optimizer }: Pick<TrainingPlan, "batch" | "optimizer">,
  most: number = STEPS_PER_RUN,
): readonly Chunk[] {
  const full = Math.floor(examples / batch);
  const runs = Math.ceil(full / Math.min(most, mostSteps(optimizer)));
  const chunks = Array.from({ length: runs }, (_, i): Chunk => {
    const from = Math.floor((i * full) / runs);
    return { start: from * batch, batch, count: Math.floor(((i + 1) * full) / runs) - from };
  });
  const rest = examples - full * batch;
  return rest === 0 ? chunks : [...chunks, { start: full * batch, batch: rest, count: 1 }];
}

/** What is left of an epoch's chunks once `steps` of its steps are done, be it in the midst of one. */
export function chunksFrom(chunks: readonly Chunk[], steps: number): readonly Chunk[] {
  let passed = 0;
  return chunks.flatMap((chunk) => {
    const done = Math.min(Math.max(steps - passed, 0), chunk.count);
    passed += chunk.count;
    return done === chunk.count
      ? []
      : [{ ...chunk, start: chunk.start + done * chunk.batch, count: chunk.count - done }];
  });
}

export interface ChunkResult {
  /** Mean loss of each step. */
  readonly losses: readonly number[];
  readonly correct: number;
}

/** Fixed gates of all examples, `gates.0`, … of `[n, …units]`; none where steps compute them. */
export type GateTable = Readonly<Record<string, DenseArray<"bool">>>;

const movingOutputs = (outputs: readonly { readonly name: string }[]): readonly string[] =>
  outputs.flatMap(({ name }) => (name.startsWith("next:") ? [name] : []));

/** Runs steps from a state of parameters and averages; what they replace is released. */
async function moved(
  program: Program,
  before: Feeds,
  feeds: Feeds,
): Promise<{ readonly fetched: ProgramResult["fetched"]; readonly state: Feeds }> {
  const all = wanted(program, { ...before, ...feeds });
  const { fetched, kept } = await program.run(all, movingOutputs(program.model.outputs));
  const next = Object.fromEntries(Object.entries(kept).map(([name, array]) => [name.slice("next:".length), array]));
  await releaseArrays(Object.keys(next).map((name) => before[name]));
  return { fetched, state: { ...before, ...next } };
}

/** Runs chunks of training steps; parameters and averages stay in the engine between them and go with the runner. */
export class ChunkRunner implements AsyncDisposable {
  /** Of the epoch under way, where images are moved. */
  private moves: (Moves & { readonly epoch: number }) | undefined;
  private readonly programs = new Map<string, Program>();

  private constructor(
    private readonly engine: Engine,
    /** With the weights of its classes as numbers. */
    private readonly plan: TrainingPlan,
    /** The runs that an epoch should have. */
    readonly chunks: readonly Chunk[],
    private readonly set: ExampleSet,
    private readonly gates: GateTable,
    private readonly resident: Feeds | undefined,
    private state: Feeds,
  ) {}

  /**
   * @param source what is trained on. It is put into the engine whole if it is in memory; if an array is too large for that,
   * or the set is elsewhere, each run takes its own rows along
   * @param start parameters and averages before the first chunk
   */
  static async open(
    engine: Engine,
    given: TrainingPlan,
    source: ExampleSource,
    start: TrainingState,
    gates: GateTable = {},
  ): Promise<ChunkRunner> {
    const set = exampleSet(source);
    const plan = withClassWeights(given, set.labels);
    const { scan, largestArray } = engine.capabilities;
    const chunks = chunksOf(set.size, plan, scan ? stepsPerRun(plan) : unrolledSteps(plan));
    const { inputs, labels } = set;
    const whole = inputs === undefined ? undefined : { inputs, labels, ...gates };
    // augmented images are others in each epoch: a run takes its own along
    const stays = plan.recipe?.augment === undefined;
    const fits = Object.values(whole ?? {}).every((array) => array.data.byteLength <= largestArray);
    const resident = whole !== undefined && fits && stays ? await uploaded(engine, whole) : undefined;
    const runner = new ChunkRunner(engine, plan, chunks, set, gates, resident, stateByName(start));
    for (const chunk of chunks) await runner.programFor(chunk);
    return runner;
  }

  /**
   * @param order the epoch's order of the examples
   * @param epoch from 1
   */
  async run(chunk: Chunk, order: Int32Array, epoch: number): Promise<ChunkResult> {
    const { start, batch, count } = chunk;
    const program = await this.programFor(chunk);
    const chosen = order.slice(start, start + count * batch);
    const data = this.resident ?? (await this.rowsOf(chosen, epoch));
    const indices = denseArray("int32", [count, batch], this.resident ? chosen : chosen.map((_, i) => i));
    const firstStep = (epoch - 1) * stepsOfEpoch(this.plan, this.set.size) + start / this.plan.batch + 1;
    const scalars = scalarsOf(this.plan, this.set.size, firstStep, count);
    const masks = drawMasks(this.plan, firstStep, [count, batch]);
    const { fetched, state } = await moved(program, this.state, { ...data, ...scalars, ...masks, indices });
    this.state = state;
    return {
      losses: numbers(fetched, "losses"),
      // of real values none is counted
      correct: this.plan.targets === undefined ? numbers(fetched, "correct").reduce((sum, one) => sum + one, 0) : 0,
    };
  }

  /** Loops take any number of steps; flat graphs, and those over the rows of one run, are made for one number. */
  private async programFor({ batch, count }: Chunk): Promise<Program> {
    const { scan } = this.engine.capabilities;
    const key = scan && this.resident ? `${batch}` : `${count}×${batch}`;
    const known = this.programs.get(key);
    if (known !== undefined) return known;
    const examples = this.resident ? this.set.size : count * batch;
    const steps = scan ? "any" : count;
    const gateTable = Object.keys(this.gates).length > 0;
    const { dtype, labels } = this.set;
    const graph = trainingGraph(this.plan, { examples, batch, steps, gateTable, dtype, labels: labels.dtype });
    const program = await this.engine.compile(graph, movingOutputs(graph.outputs));
    this.programs.set(key, program);
    return program;
  }

  /** The rows of one run. */
  private async rowsOf(positions: Int32Array, epoch: number): Promise<Feeds> {
    const gates = Object.entries(this.gates).map(([name, table]) => [name, rowsAt(table, positions)] as const);
    const labels = rowsAt(this.set.labels, positions);
    const rows = await this.set.readBatch(positions);
    const { recipe, seed } = this.plan;
    if (recipe?.augment === undefined) return { inputs: rows, labels, ...Object.fromEntries(gates) };
    if (this.moves?.epoch !== epoch) {
      this.moves = { epoch, ...movesOf(recipe.augment, seed, epoch, this.set.size) };
    }
    const inputs = augmented(rows, positions, this.moves);
    return { inputs, labels, ...Object.fromEntries(gates) };
  }

  /** Parameters and averages by name as they are held now, until the next run. */
  get held(): Feeds {
    return this.state;
  }

  /** Copies of all parameters and averages as they are now. */
  read(): Promise<TrainingState> {
    return readState(this.state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.programs.values()) await program[Symbol.asyncDispose]();
    await releaseArrays([...Object.values(this.resident ?? {}), ...Object.values(this.state)]);
  }
}

async function uploaded(engine: Engine, data: Readonly<Record<string, DenseArray>>): Promise<Feeds> {
  const uploads = Object.entries(data).map(async ([name, array]) => [name, await engine.upload(array)] as const);
  return Object.fromEntries(await Promise.all(uploads));
}

/** Steps of a flat graph: they hide the call, and the copies of losses and indices, and it loads in a second. */
const UNROLLED_STEPS = 32;
/** Floating point operations a run of unrolled steps has at most: 2 s of a small graphics processor at 300 GFLOP/s. */
const UNROLLED_WORK = 6e11;
const unrolledSteps = (plan: TrainingPlan): number =>
  Math.max(1, Math.min(UNROLLED_STEPS, Math.floor(UNROLLED_WORK / stepWork(plan))));

/** Steps of an epoch; the last takes what is left. */
export const stepsOfEpoch = ({ batch }: Pick<TrainingPlan, "batch">, examples: number): number =>
  Math.ceil(examples / batch);

/** Scalars of `count` steps of one chunk, the first of which is step `firstStep` of the training. */
function scalarsOf(
  { optimizer, batch, recipe }: TrainingPlan,
  examples: number,
  firstStep: number,
  count: number,
): Readonly<Record<string, DenseArray>> {
  const each = stepsOfEpoch({ batch }, examples);
  const steps = Array.from({ length: count }, (_, i) => {
    const factor = recipe?.schedule === undefined ? 1 : rateFactor(recipe.schedule, firstStep + i, each);
    return stepScalars(optimizer, firstStep + i, i + 1, factor);
  });
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
