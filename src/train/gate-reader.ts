import { type ExampleSet, type ExampleSource, exampleSet, type InputRows } from "../data/index.ts";
import type { Engine, Feeds, Program } from "../engine/index.ts";
import {
  flippedShares,
  gateGraph,
  gateStatistics,
  joinGates,
  mostFlipped,
  type PackedGates,
  packGates,
} from "../gates/index.ts";
import { zeros } from "../graph/index.ts";
import { gatedLayers } from "../network/index.ts";
import type { GateTable } from "./chunks.ts";
import { examplesPerRun, layerShapes } from "./examples-per-run.ts";
import { wanted } from "./feeds.ts";
import { parts } from "./parts.ts";
import type { GateMetrics, TrainingPlan } from "./plan.ts";
import { gatePreActivations } from "./prediction-graphs.ts";

/** Reads the gates of inputs under a trial's parameters. */
export class GateReader implements AsyncDisposable {
  private constructor(
    private readonly program: Program | undefined,
    private readonly layers: readonly { readonly layer: number; readonly shape: readonly number[] }[],
    private readonly batch: number,
  ) {}

  /** @param dtype of the inputs */
  static async open(engine: Engine, plan: TrainingPlan, dtype: InputRows["dtype"]): Promise<GateReader> {
    const layers = gatedLayers(plan.architecture);
    // a network of depth 1 has no gates
    const program = layers.length === 0 ? undefined : await engine.compile(gateGraph(gatePreActivations(plan, dtype)));
    return new GateReader(program, layers, examplesPerRun(layerShapes(plan.architecture)));
  }

  /** Gates of the first `examples` as bits. */
  async packed(parameters: Feeds, set: ExampleSet, examples: number): Promise<PackedGates> {
    if (this.program === undefined) return { examples, layers: [] };
    const packed: PackedGates[] = [];
    for (const { start, count } of parts(examples, this.batch)) {
      const feeds = { ...parameters, inputs: await set.readBlock(start, count) };
      const { fetched } = await this.program.run(wanted(this.program, feeds));
      packed.push(
        packGates(
          fetched,
          this.layers.map(({ layer }) => layer),
        ),
      );
    }
    return joinGates(packed);
  }

  /**
   * Gates of all examples as bytes, `gates.0`, … of `[n, …units]`.
   * @throws the signal's reason once it is aborted
   */
  async table(parameters: Feeds, source: ExampleSource, signal?: AbortSignal): Promise<GateTable> {
    const set = exampleSet(source);
    const examples = set.size;
    const { program } = this;
    if (program === undefined) return {};
    const tables = this.layers.map(({ shape }) => zeros("bool", [examples, ...shape]));
    for (const { start, count } of parts(examples, this.batch)) {
      signal?.throwIfAborted();
      const feeds = { ...parameters, inputs: await set.readBlock(start, count) };
      const { fetched } = await program.run(wanted(program, feeds));
      tables.forEach(({ data }, i) => {
        const part = fetched[`gates.${i}`];
        if (part?.dtype !== "bool") throw new Error(`unreachable: no bool output gates.${i}`);
        data.set(part.data, (start * data.length) / examples);
      });
    }
    return Object.fromEntries(tables.map((table, i) => [`gates.${i}`, table]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program?.[Symbol.asyncDispose]();
  }
}

/** Units that are told of each layer: those whose gates flipped most. */
const MOST = 5;

/**
 * Statistics of the gates now, and how many differ from those before training.
 * @param last gates an epoch before, null where they are not known; undefined where nobody watches
 */
export function gateMetrics(
  before: PackedGates,
  now: PackedGates,
  last: PackedGates | null | undefined,
): readonly GateMetrics[] {
  const flipped = flippedShares(before, now);
  const [inEpoch, most] = last ? [flippedShares(last, now), mostFlipped(last, now, MOST)] : [[], []];
  return gateStatistics(now).map((layer, i) => ({
    ...layer,
    flipped: flipped[i] ?? 0,
    ...(last === undefined ? {} : { flippedInEpoch: inEpoch[i] ?? null, mostFlipped: most[i] ?? [] }),
  }));
}
