/** Measures the kernel of a run's gates while it trains, and writes what comes out beside its metrics. */
import type { ExampleSource } from "../data/index.ts";
import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { type KernelProbe, kernelProbe, measureKernel } from "../experiments/index.ts";
import type { DenseArray } from "../graph/index.ts";
import { type GatedNetwork, gatesMove, regimeOf, type TrialParameters } from "../network/index.ts";
import { type Checkpoint, type TrainingPlan, trainedNetwork } from "../train/index.ts";
import type { KernelLine } from "./kernel-record.ts";
import { appendKernelLines, type KernelMatrixName, keepKernels, writeKernelMatrix } from "./kernels-of-run.ts";
import type { Store } from "./store.ts";

export interface KernelMeasuring {
  /** To be called after every epoch. */
  readonly after: (checkpoint: Pick<Checkpoint, "epoch" | "parameters">) => Promise<void>;
  /** Writes what was measured since it was called last; before the checkpoint: what is cut after a kill is measured again. */
  readonly write: () => Promise<void>;
}

const NOTHING: KernelMeasuring = { after: async () => {}, write: async () => {} };

/** Of a run that is not measured any more: what stands there behind the epoch of `resume` is dropped. */
export async function dropKernelsBehind(
  run: Store,
  resume: Pick<Checkpoint, "epoch"> | undefined,
): Promise<KernelMeasuring> {
  await keepKernels(run, resume?.epoch ?? -1);
  return NOTHING;
}

/**
 * Starts the measuring of a run: what stands there behind the epoch of `resume` is dropped, and the kernel before training is
 * measured unless it stays. The training is left alone: an engine of one CPU thread is opened for each measurement.
 * @param train all training examples
 * @param initial parameters before training
 * @param openEngine one of one thread of the CPU, flushing denormals
 * @param resume the epoch that training goes on from, undefined from the start
 */
export async function measureKernelWhileTraining(
  run: Store,
  plan: TrainingPlan,
  train: ExampleSource,
  initial: TrialParameters,
  resume: Pick<Checkpoint, "epoch"> | undefined,
  openEngine: () => Promise<Engine>,
): Promise<KernelMeasuring> {
  const kept = await keepKernels(run, resume?.epoch ?? -1);
  const regime = regimeOf(plan);
  const networkOf = (parameters: TrialParameters): GatedNetwork => trainedNetwork(plan, parameters);
  const choice = await kernelProbe(networkOf(initial), train, plan.normalization === undefined ? "scaled" : "raw");
  const isMeasured = kept.some(({ epoch }) => epoch === 0);
  const lines: KernelLine[] = [];
  const matrices = new Map<KernelMatrixName, DenseArray<"float64">>();
  const write = async (): Promise<void> => {
    await appendKernelLines(run, lines.splice(0));
    for (const [name, kernel] of matrices) await writeKernelMatrix(run, name, kernel);
    matrices.clear();
  };
  if (choice.kind === "none") {
    if (!isMeasured) lines.push({ epoch: 0, unmeasured: choice.reason });
    return { ...NOTHING, write };
  }
  const { probe } = choice;
  const measure = async (epoch: number, parameters: TrialParameters): Promise<void> => {
    const measured = await measuredOr(networkOf(parameters), probe, openEngine);
    lines.push(lineOf(epoch, measured));
    if (!(measured instanceof GatewiseError)) matrices.set(epoch === 0 ? "start" : "last", measured.kernel);
  };
  if (!isMeasured) await measure(0, initial);
  return {
    after: async ({ epoch, parameters }) => {
      // the kernel of fixed gates is after training what it was before
      if (gatesMove(regime) && isWatched(epoch, plan.epochs)) await measure(epoch, parameters);
    },
    write,
  };
}

/** Powers of two and the last: gates move most at first, and a run that is prolonged keeps its epochs. */
const isWatched = (epoch: number, last: number): boolean => epoch === last || Number.isInteger(Math.log2(epoch));

/** A kernel that cannot be measured (no active path) ends no training: its line says why. */
function lineOf(epoch: number, measured: Awaited<ReturnType<typeof measuredOr>>): KernelLine {
  if (measured instanceof GatewiseError) return { epoch, unmeasured: measured.message };
  const { measures } = measured;
  return {
    epoch,
    ...measures,
    classes: [...measures.classes],
    nuPerClass: [...measures.nuPerClass],
    eigenvalues: measures.eigenvalues.map((value) => Number(value.toPrecision(6))),
  };
}

async function measuredOr(network: GatedNetwork, probe: KernelProbe, openEngine: () => Promise<Engine>) {
  await using engine = await openEngine();
  try {
    return await measureKernel(network, probe, engine);
  } catch (thrown) {
    if (thrown instanceof GatewiseError) return thrown;
    throw thrown;
  }
}
