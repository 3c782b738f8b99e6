/** What a run directory that holds a run may be gone on with. */
import { shortDigest } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import { featureNetworks, regimeOf, type TrialParameters } from "../network/index.ts";
import type { Checkpoint, TrainingPlan } from "../train/index.ts";
import { keptEpochs } from "./run-files.ts";
import type { RunRecord } from "./run-record.ts";
import { isSameData } from "./same-data.ts";
import type { Store } from "./store.ts";
import type { FittedData } from "./trial-data.ts";
import type { TrialRequest } from "./trial-request.ts";

/**
 * The checkpoint to go on from. Where the gates are taken from a network that was trained on since (more epochs), what
 * was learnt behind its old gates is of no use: the trial starts again, as a new run would.
 */
export function resumable(
  plan: TrainingPlan,
  initial: TrialParameters,
  last: Checkpoint | undefined,
): Checkpoint | undefined {
  if (last === undefined) return last;
  const learnt = featureNetworks(regimeOf(plan)).filter(({ from, trains }) => from === "learnt" && !trains);
  const isSame = learnt.every(({ name }) => isSameData(last.parameters[name] ?? {}, initial[name] ?? {}));
  return isSame ? last : undefined;
}

/**
 * A run that goes on elsewhere finds its data and the run that gives its gates at other places; what is there must be
 * the same.
 */
export function checkSources(
  { directory, data: { name }, learntFrom }: TrialRequest,
  before: RunRecord,
  data: Pick<FittedData, "train" | "test" | "source" | "digest">,
  gatesDiffer: boolean,
): void {
  const now = [data.train.size, data.test.size];
  const { trainExamples, testExamples } = before.data;
  if (now[0] !== trainExamples || now[1] !== testExamples) {
    throw new GatewiseError({
      received: `data set ${name} of ${now.join(" and ")} examples, from ${data.source}`,
      expected: `the ${trainExamples} and ${testExamples} that ${directory} was trained and tested on`,
      next: "name the folder of those with `dataDir`",
    });
  }
  const { digest = data.digest } = before.data;
  if (digest !== undefined && data.digest !== undefined && digest !== data.digest) {
    throw new GatewiseError({
      received: `data set ${name} of other bytes (${shortDigest(data.digest)}), from ${data.source}`,
      expected: `those that ${directory} was trained and tested on (${shortDigest(digest)})`,
      next: "name the folder of those with `dataDir`",
    });
  }
  // behind other gates the trial starts again, but only where the run that gives them is the same, trained on
  if (gatesDiffer && before.learntFrom !== (learntFrom?.label ?? null)) throw otherConfiguration(directory);
}

/**
 * A run may be asked to end earlier than it was, but not before where it stands.
 * @param reached epochs of its last checkpoint
 */
export function checkLength(run: string, reached: number, epochs: number): void {
  if (reached <= epochs) return;
  throw new GatewiseError({
    received: `${run}, trained for ${reached} epochs`,
    expected: `a run of at most ${epochs}`,
    next: "ask for at least as many `epochs`, or choose another directory with `directory`",
  });
}

/**
 * What has passed can be kept no more.
 * @param reached epochs that are done
 */
export async function checkKept(run: Store, { keepEpochs = [] }: TrialRequest, reached: number): Promise<void> {
  if (keepEpochs.length === 0) return;
  const kept = await keptEpochs(run);
  const missed = keepEpochs.find((epoch) => epoch <= reached && !kept.includes(epoch));
  if (missed === undefined) return;
  throw new GatewiseError({
    received: `epoch ${missed} to keep of ${run.nameOf()}, trained for ${reached} epochs`,
    expected: "epochs that are to come, or that it has kept",
    next: `leave ${missed} out, or train again in another directory with \`directory\``,
  });
}

/**
 * Refuses to write into a directory that holds another run, or any run if `resume` is false.
 * @param before the record of the run that the directory holds
 */
export function checkResumable(
  { directory, plan, resume, data, learntFrom }: TrialRequest,
  before: RunRecord | undefined,
): void {
  if (before === undefined) return;
  if (!resume) {
    throw new GatewiseError({
      code: "already-exists",
      received: `${directory}, which holds a run already`,
      expected: "a directory without a run",
      next: "choose another with `directory`, or go on with this one: `resume`",
    });
  }
  if (isOfOtherLength(before.plan, plan)) {
    throw new GatewiseError({
      code: "already-exists",
      received: `${directory}, whose learning rate follows ${before.plan.epochs} epochs`,
      expected: `the same ${before.plan.epochs}: a schedule for ${plan.epochs} would have had other rates from the start`,
      next: `ask for ${before.plan.epochs} \`epochs\`, or choose another directory with \`directory\``,
    });
  }
  const { name, limit, testLimit, labels, own, examples } = data;
  const { own: ownBefore } = before.data;
  if (own !== undefined && ownBefore !== undefined && own.digest !== ownBefore.digest) {
    throw new GatewiseError({
      code: "already-exists",
      received: `${own.options.path}: other data than ${directory} was trained on (${shortDigest(own.digest)})`,
      expected: `those with the digest ${shortDigest(ownBefore.digest)} of its run.json, from ${ownBefore.options.path}`,
      next: "restore the files, repeat the options that they were read by, or choose another directory with `directory`",
    });
  }
  // files of one's own are known by what is in them, wherever they are
  const [dataBefore, dataNow] = [ownBefore?.digest ?? before.data.name, own?.digest ?? name];
  const isSame =
    isSameData({ ...before.plan, epochs: 0 }, { ...plan, epochs: 0 }) &&
    isSameData([dataBefore, before.data.limit, before.data.testLimit], [dataNow, limit, testLimit]) &&
    isSameData(before.data.labels, labels) &&
    before.data.examples?.digest === examples?.digest &&
    // where the gates come from may have moved: that they are the same is checked once they are read
    (before.learntFrom === null) === (learntFrom === null);
  if (!isSame) throw otherConfiguration(directory);
}

/** Whether plans differ in nothing but the number of epochs, by which their learning rates move. */
const isOfOtherLength = (before: TrainingPlan, plan: TrainingPlan): boolean => {
  const [one, other] = [before, plan].map(({ recipe, ...rest }) => ({
    ...rest,
    epochs: 0,
    recipe: { ...recipe, schedule: recipe?.schedule?.kind },
  }));
  const isScheduleSame = isSameData(before.recipe?.schedule, plan.recipe?.schedule);
  return before.epochs !== plan.epochs && !isScheduleSame && isSameData(one, other);
};

const otherConfiguration = (directory: string): GatewiseError =>
  new GatewiseError({
    code: "already-exists",
    received: `${directory}, which holds a run of another configuration`,
    expected: "the configuration that stands in its run.json (only the number of epochs may change)",
    next: "repeat the command that made it (it stands in run.json), or choose another directory with `directory`",
  });
