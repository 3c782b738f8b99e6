/** From trainings that are asked for to trials: each once, with the run that gives its gates, known by its identity. */
import { GatewiseError } from "../errors.ts";
import { gateTraining, type NetworkFile, type Training, type Trial, trainingName } from "../experiments/index.ts";
import { type GivenFile, requestOf } from "../runs/index.ts";
import { digestOf, trainingIdentity } from "./identity.ts";
import type { SweepPoint } from "./points.ts";
import type { WrittenOptions } from "./specification.ts";
import type { GatesFrom, PartTrial, TrainingTrial, TrialExamples } from "./trial.ts";

/** A trial whose time is not estimated yet. */
export type UncostedTrial = Omit<TrainingTrial, "cost">;

/** A training that is asked for, and what is tried with it. */
export interface AskedTraining extends Pick<SweepPoint, "settings"> {
  readonly training: Training;
}

/**
 * The trials of a sweep, those of a family one after the other. What differs in nothing that decides a result is one trial;
 * trainings with learnt gates share the ReLU run of the same seed and settings, which is added where nobody asked for it.
 * @param names folders of trials that were planned before, by identity
 * @throws GatewiseError for trials that differ in what decides no result, such as epochs
 */
export async function trialsOfTrainings(
  asked: readonly AskedTraining[],
  names: ReadonlyMap<string, string>,
): Promise<readonly UncostedTrial[]> {
  const trials = new Map<string, UncostedTrial>();
  const add = async (
    { training, settings }: AskedTraining,
    gates: { readonly identity: string; readonly from: GatesFrom } | null,
    isAsked: boolean,
  ): Promise<UncostedTrial> => {
    const own = fieldsOf(training);
    const identity = await trainingIdentity(own, gates);
    const trial = names.get(identity) ?? `${trainingName(training)}-${identity.slice(7, 17)}`;
    const after = gates !== null && "trial" in gates.from ? gates.from.trial : null;
    const made: UncostedTrial = {
      kind: "training",
      ...{ trial, identity, settings, seed: own.plan.seed, asked: isAsked, after, family: after ?? trial },
      ...own,
      gates: gates?.from ?? null,
      keepBestUntil: [],
    };
    const before = trials.get(identity);
    // one that is asked for may keep epochs that others do not need
    const kept = before?.asked || !isAsked ? (before ?? made) : made;
    if (before !== undefined) checkSame(before, made, isAsked && before.asked);
    trials.set(identity, kept);
    return kept;
  };
  for (const one of asked) {
    const { training } = one;
    const first = gateTraining(training);
    if (first !== undefined) {
      const { identity, trial } = await add({ training: first, settings: ofGates(one.settings) }, null, false);
      await add(one, { identity, from: { trial } }, true);
    } else {
      const from = training.from === undefined ? null : gatesOfRun(training.from);
      await add(one, from, true);
    }
  }
  return byFamily([...trials.values()]);
}

/** What of the settings of a trial the run has that gives its gates. */
function ofGates({
  valueInput: _,
  gateOrder: __,
  beta: ___,
  gates: ____,
  ...settings
}: WrittenOptions): WrittenOptions {
  return "regime" in settings ? { ...settings, regime: "relu" } : settings;
}

/** The same of an experiment of the papers, whose trials have names. */
export async function trialsOfExperiment(
  trials: readonly Trial[],
  {
    data,
    device,
    given,
  }: Pick<TrainingTrial, "device"> & {
    readonly data: TrialExamples;
    readonly given: (plan: Trial["plan"]) => readonly GivenFile[];
  },
): Promise<readonly UncostedTrial[]> {
  const made = new Map<string, UncostedTrial>();
  const waiting = [...trials];
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ learntFrom }) => learntFrom === undefined || made.has(learntFrom.trial));
    const [one] = waiting.splice(next, 1);
    if (next < 0 || one === undefined) throw new Error("unreachable: trials that wait for each other");
    const { id, arm, plan, learntFrom, keepBestUntil, labels } = one;
    const before = learntFrom === undefined ? undefined : made.get(learntFrom.trial);
    const from =
      before === undefined || learntFrom === undefined ? null : { identity: before.identity, from: learntFrom };
    const own = { plan, data: labels === undefined ? data : { ...data, labels } };
    made.set(id, {
      kind: "training",
      trial: id,
      identity: await trainingIdentity(own, from),
      ...{ settings: { regime: arm }, seed: plan.seed, asked: true },
      after: before?.trial ?? null,
      family: before?.family ?? id,
      ...own,
      gates: from?.from ?? null,
      given: given(plan),
      ...{ keep: [], keepBestUntil, watchGates: false, device, threads: 1 },
    });
  }
  return byFamily(trials.flatMap(({ id }) => made.get(id) ?? []));
}

/**
 * The parts of an experiment that is more than trainings, or its whole as one trial. How long one takes nobody knows before.
 * @param parts the names of their places
 */
export const trialsOfParts = (name: string, profile: string, parts: readonly string[]): Promise<readonly PartTrial[]> =>
  Promise.all(
    (parts.length === 0 ? [null] : parts).map(async (part): Promise<PartTrial> => {
      const trial = part ?? name;
      return {
        ...{ kind: "part", trial, part, identity: await digestOf({ identity: 1, experiment: name, profile, part }) },
        ...{ settings: { part: trial }, seed: Number(/seed(\d+)$/.exec(trial)?.[1] ?? 0), asked: true },
        ...{ after: null, family: trial, cost: { seconds: 0, memoryBytes: 0, diskBytes: 0 } },
      };
    }),
  );

/** What of a training is part of its trial. */
function fieldsOf(training: Training) {
  const { plan, data, keep, watchGates, device, threads } = training;
  // the networks that it begins from, as any run has them
  const at = { directory: "", learntFrom: null, command: "", resume: true, places: { dataDir: null, cacheDir: "" } };
  const { given = [] } = requestOf(training, at);
  return { plan, data, keep, watchGates, device, threads, given };
}

function gatesOfRun({ path, at, network }: NetworkFile) {
  if (network === undefined) throw new Error(`unreachable: ${path}, which is not read`);
  const from: GatesFrom = { directory: path, network: network.digest, ...(at === undefined ? {} : { at }) };
  return { identity: network.digest, from };
}

/** Families in the order of their first trials, each with the run that the others wait for before them. */
function byFamily(trials: readonly UncostedTrial[]): readonly UncostedTrial[] {
  const families = new Map<string, UncostedTrial[]>();
  for (const trial of trials) {
    const own = families.get(trial.family) ?? [];
    own.push(trial);
    families.set(trial.family, own);
  }
  return [...families.values()].flatMap((own) => [
    ...own.filter(({ after }) => after === null),
    ...own.filter(({ after }) => after !== null),
  ]);
}

/** What decides no result, and yet is one thing in a run. */
const ONE_OF_EACH = ["epochs", "device", "threads", "keep", "watchGates"] as const;

function checkSame(a: UncostedTrial, b: UncostedTrial, bothAsked: boolean): void {
  const settingOf = (trial: UncostedTrial, name: (typeof ONE_OF_EACH)[number]): unknown =>
    name === "epochs" ? trial.plan.epochs : trial[name];
  // what gives gates need not keep what the trial that takes them keeps
  const names = bothAsked ? ONE_OF_EACH : ONE_OF_EACH.filter((name) => name !== "keep" && name !== "watchGates");
  const other = names.find((name) => JSON.stringify(settingOf(a, name)) !== JSON.stringify(settingOf(b, name)));
  if (other === undefined) return;
  const [one, two] = [settingOf(a, other), settingOf(b, other)].map((value) => JSON.stringify(value));
  throw new GatewiseError({
    received: `two trials (${a.trial}) that differ in nothing but \`${other}\`: ${one} and ${two}`,
    expected: "trials that differ in what decides their results: a run can be made longer, and is then the same",
    next:
      other === "epochs"
        ? "give all of them the most epochs, what was reached before stands in their metrics; or make two sweeps"
        : `give one \`${other}\`, or make two sweeps`,
  });
}
