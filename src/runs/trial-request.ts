import type { ChosenExamples, LabelTransform } from "../data/index.ts";
import type { NetworkFile, NetworkPart, OwnFiles, RunMoment, Training, TrainingDevice } from "../experiments/index.ts";
import type { TrainingPlan } from "../train/index.ts";

/** Where data are looked for and how much of them is used. */
export interface DataSelection {
  /** Of a data set, or of files of one's own. */
  readonly name: string;
  readonly own?: OwnFiles | undefined;
  /** Of a data set: SHA-256 of all of it, where that is known; what is found must have it. */
  readonly digest?: string | undefined;
  readonly dataDir: string | null;
  readonly cacheDir: string;
  /** A folder where files of one's own may stand as somebody has read them before. */
  readonly scratch?: string | undefined;
  readonly limit: number | null;
  readonly testLimit: number | null;
  /** Which of the training examples; all of them where undefined. */
  readonly examples?: ChosenExamples | undefined;
  /** How training labels are changed; as they are where undefined. */
  readonly labels?: LabelTransform | undefined;
}

/** The run whose trained network gives the gates. */
export interface LearntFrom {
  /** As the user may read it from this run. */
  readonly label: string;
  readonly directory: string;
  /** Its best up to an epoch at which it has kept that. */
  readonly until: number | null;
  /** Which checkpoint, in place of the best. */
  readonly at?: RunMoment | undefined;
}

/** A network that a plan names by digest. */
export interface GivenFile {
  readonly network: string;
  /** Of a model, or of a run. */
  readonly path: string;
  readonly at: RunMoment | null;
  readonly part?: NetworkPart | undefined;
}

/** All that a worker needs to run one trial; survives the way to another process. */
export interface TrialRequest {
  /** Where the run stands: the name of its place in the store of who runs it, a path on disks. */
  readonly directory: string;
  readonly plan: TrainingPlan;
  readonly data: DataSelection;
  readonly learntFrom: LearntFrom | null;
  /** Where the networks are that the plan names; none unless told otherwise. */
  readonly given?: readonly GivenFile[];
  /** Epochs after which the network is kept as it is. */
  readonly keepEpochs?: readonly number[];
  /** Tell which gates flip in each epoch; not unless told. */
  readonly watchGates?: boolean;
  /** Measure the kernel of the gates while it trains; true unless told otherwise. */
  readonly kernels?: boolean;
  /** Epochs at which the best network so far is kept, for other trials to take gates from. */
  readonly keepBestUntil: readonly number[];
  readonly device: TrainingDevice;
  readonly threads: number;
  readonly command: string;
  /** Go on with what the directory holds; otherwise it must hold no run. */
  readonly resume: boolean;
}

/** Where a training runs: its place, its data, the run that gives its gates, and what asked for it. */
export interface TrialPlace extends Pick<TrialRequest, "directory" | "learntFrom" | "command" | "resume"> {
  readonly places: Pick<DataSelection, "dataDir" | "cacheDir" | "scratch">;
}

/** A training as a worker gets it. */
export const requestOf = (
  { plan, data, given, keep, watchGates, kernels, device, threads }: Training,
  { places, ...at }: TrialPlace,
): TrialRequest => ({
  ...at,
  plan,
  data: { ...data, ...places },
  device,
  threads,
  keepBestUntil: [],
  ...(watchGates ? { watchGates } : {}),
  ...(kernels ? {} : { kernels }),
  ...(keep.length === 0 ? {} : { keepEpochs: keep }),
  ...(given.length === 0 ? {} : { given: given.flatMap(givenFile) }),
});

const givenFile = ({ path, at, part, network }: NetworkFile): readonly GivenFile[] =>
  network === undefined
    ? []
    : [{ network: network.digest, path, at: at ?? null, ...(part === undefined ? {} : { part }) }];
