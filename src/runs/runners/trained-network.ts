/** A network of an experiment that is measured after its last epoch: gone on with from its last checkpoint. */
import { type GatedNetwork, gatedNetwork, initialParameters, REGIMES } from "../../network/index.ts";
import { type TrainingContext, type TrainingData, type TrainingPlan, train } from "../../train/index.ts";
import { checkLength } from "../resuming.ts";
import { readCheckpoint, writeCheckpoint } from "../run-files.ts";
import type { Store } from "../store.ts";

/**
 * The network after its last epoch; its checkpoints stand in the part.
 * @param plan of a network with gates of its own
 * @param count told how many epochs more are done
 * @throws the signal's reason once it is aborted
 */
export async function trainedNetwork(
  part: Store,
  plan: TrainingPlan,
  data: TrainingData,
  context: TrainingContext,
  count: (more: number) => void,
): Promise<GatedNetwork> {
  let last = await readCheckpoint(part, "last");
  if (last !== undefined) {
    checkLength(part.nameOf(), last.epoch, plan.epochs);
    count(last.epoch);
  }
  if (last?.epoch !== plan.epochs) {
    for await (const event of train(plan, data, initialParameters(plan), context, last)) {
      if (event.kind === "steps") continue;
      last = event.checkpoint;
      await writeCheckpoint(part, "last", last);
      if (event.kind !== "stopped") count(1);
    }
    // a training that was aborted ends quietly
    context.signal?.throwIfAborted();
  }
  if (last === undefined) throw new Error("unreachable: a training without an epoch");
  return gatedNetwork(plan.architecture, REGIMES.relu, last.parameters);
}
