import { exampleSet } from "../../data/index.ts";
import type { Engine } from "../../engine/index.ts";
import { initialParameters, type TrialParameters } from "../../network/index.ts";
import { startState, Trainer, type TrainingState } from "../../train/index.ts";
import { gateNormals, type LinearlyGated, largestCosines } from "./gate-normals.ts";
import { type ObliqueNetwork, obliquePlan, type TreeExperiment } from "./oblique-trees.ts";
import type { TreeData } from "./tree-data.ts";

/** The gates of a network beside the tree, at one epoch. */
export interface NormalsSeen {
  /** 0 before training. */
  readonly epoch: number;
  /** For each of the tree's nodes, breadth-first, the largest `|cos|` between its normal and a gate's. */
  readonly cosines: readonly number[];
}

/** What a run has found up to an epoch; accuracies in percent. */
export interface ObliqueRun {
  readonly regime: LinearlyGated;
  readonly seed: number;
  readonly epoch: number;
  /** The epoch of the best validation accuracy, the first of equals; 0 before training. */
  readonly bestEpoch: number;
  readonly validationAccuracy: number;
  /** At that epoch. */
  readonly testAccuracy: number;
  readonly seen: readonly NormalsSeen[];
}

/** A run that can be gone on with. */
export interface ObliqueCheckpoint extends ObliqueRun, TrainingState {}

/** Which run, how long, and from where. */
export interface ObliqueTrial {
  readonly network: ObliqueNetwork;
  readonly seed: number;
  readonly epochs: number;
  readonly resume?: ObliqueCheckpoint | undefined;
}

export interface ObliqueContext {
  readonly engine: Engine;
  readonly signal?: AbortSignal;
}

/**
 * Trains one network and looks at its gates before training, after every `every` epochs and at the end; a run that goes on
 * from a checkpoint gives the same bits as one that never stopped.
 * @throws the signal's reason once it is aborted
 */
export async function* watchGates(
  experiment: TreeExperiment,
  data: TreeData,
  { network, seed, epochs, resume }: ObliqueTrial,
  { engine, signal }: ObliqueContext,
): AsyncGenerator<ObliqueCheckpoint> {
  const { regime } = network;
  const plan = obliquePlan(experiment, network, epochs, seed);
  const start = resume ?? startState(plan, initialParameters(plan));
  const [validation, test] = [exampleSet(data.validation), exampleSet(data.test)];
  await using trainer = await Trainer.open(engine, plan, data.train, start);
  const look = (epoch: number, { feature = {} }: TrialParameters): NormalsSeen => ({
    epoch,
    cosines: largestCosines(gateNormals(regime, feature), data.normals),
  });
  let run: ObliqueRun = resume ?? {
    regime,
    seed,
    epoch: 0,
    bestEpoch: 0,
    validationAccuracy: 0,
    testAccuracy: 0,
    seen: [look(0, start.parameters)],
  };
  if (resume === undefined) yield { ...run, ...start };
  for (let epoch = run.epoch + 1; epoch <= epochs; epoch++) {
    signal?.throwIfAborted();
    for await (const _ of trainer.epoch(epoch, { signal })) signal?.throwIfAborted();
    const { accuracy } = await trainer.evaluate(validation, { batch: validation.size });
    run = { ...run, epoch };
    if (accuracy > run.validationAccuracy) {
      const { accuracy: testAccuracy } = await trainer.evaluate(test, { batch: test.size });
      run = { ...run, bestEpoch: epoch, validationAccuracy: accuracy, testAccuracy };
    }
    if (epoch % experiment.every !== 0 && epoch !== epochs) continue;
    const state = await trainer.read();
    run = { ...run, seen: [...run.seen, look(epoch, state.parameters)] };
    yield { ...run, ...state };
  }
}
