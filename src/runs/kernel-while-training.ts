/** Measures the kernel of a run's gates while it trains, and writes what comes out beside its metrics. */
import type { ExampleSource } from "../data/index.ts";
import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { type KernelProbe, kernelProbe, measureKernel } from "../experiments/index.ts";
import { type GatedNetwork, gatesMove, regimeOf, type TrialParameters } from "../network/index.ts";
import { type Checkpoint, type TrainingPlan, trainedNetwork } from "../train/index.ts";
import { appendKernelLine, keepKernels, writeKernelMatrix } from "./kernels-of-run.ts";
import type { Store } from "./store.ts";

export interface KernelMeasuring {
  /** To be called after every epoch, before the checkpoint is written: what is cut after a kill is measured again. */
  readonly after: (checkpoint: Pick<Checkpoint, "epoch" | "parameters">) => Promise<void>;
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
  if (choice.kind === "none") {
    if (!isMeasured) await appendKernelLine(run, { epoch: 0, unmeasured: choice.reason });
    return { after: async () => {} };
  }
  if (!isMeasured) await writeMeasurement(run, networkOf(initial), choice.probe, 0, openEngine);
  return {
    after: async ({ epoch, parameters }) => {
      // the kernel of fixed gates is after training what it was before
      if (!gatesMove(regime) || !isWatched(epoch, plan.epochs)) return;
      await writeMeasurement(run, networkOf(parameters), choice.probe, epoch, openEngine);
    },
  };
}

/** Powers of two and the last: gates move most at first, and a run that is prolonged keeps its epochs. */
const isWatched = (epoch: number, last: number): boolean => epoch === last || Number.isInteger(Math.log2(epoch));

/** A kernel that cannot be measured (no active path) ends no training: its line says why. */
async function writeMeasurement(
  run: Store,
  network: GatedNetwork,
  probe: KernelProbe,
  epoch: number,
  openEngine: () => Promise<Engine>,
): Promise<void> {
  const measured = await measuredOr(network, probe, openEngine);
  if (measured instanceof GatewiseError) {
    await appendKernelLine(run, { epoch, unmeasured: measured.message });
    return;
  }
  const { measures } = measured;
  await appendKernelLine(run, {
    epoch,
    ...measures,
    classes: [...measures.classes],
    nuPerClass: [...measures.nuPerClass],
    eigenvalues: measures.eigenvalues.map((value) => Number(value.toPrecision(6))),
  });
  await writeKernelMatrix(run, epoch === 0 ? "start" : "last", measured.kernel);
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
