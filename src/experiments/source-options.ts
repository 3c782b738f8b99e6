/** What a training begins from, as options tell it: whose gates, whose weights, whose architecture. */
import { GatewiseError } from "../errors.ts";
import { type Architecture, type GateChoice, type RegimeName, regimeOf } from "../network/index.ts";
import type { TrainingPlan } from "../train/index.ts";
import type { ArchitectureFile, ArchitectureName } from "./architecture-choice.ts";
import { needsDescription } from "./data-options.ts";
import { gateChoices, givenNetwork, type NetworkFile, networkFileName } from "./network-choice.ts";
import { type NameOption, type TrainingOptions, USUAL_TRAINING } from "./training-options.ts";

/** What options say of where a training begins. */
export interface Sources {
  readonly regime: RegimeName;
  /** Part of the plan, where they are not the regime's. */
  readonly gates?: readonly GateChoice[];
  readonly init?: TrainingPlan["init"];
  /** The run whose network gives the gates from `learnt`; undefined where it is to be trained first, or none is. */
  readonly from: NetworkFile | undefined;
  /** The networks that the plan names by digest. */
  readonly given: readonly NetworkFile[];
}

/** The networks that options name, each once. */
export function namedNetworks({ from, init, gates = [] }: TrainingOptions): readonly NetworkFile[] {
  const files = [from, init, ...gates.map((gate) => (typeof gate.from === "string" ? undefined : gate.from))];
  return files.flatMap((file) => (file === undefined ? [] : [file]));
}

/** Whether a file must be looked at before a training is known: of data, a network, an architecture, labels. */
export const needsFiles = (options: TrainingOptions): boolean =>
  namedNetworks(options).length > 0 ||
  typeof options.arch === "object" ||
  options.examples !== undefined ||
  options.labelsTransform?.kind === "given" ||
  needsDescription(options.data ?? USUAL_TRAINING.data, options);

/** The architecture that is asked for: that of the network which is named, where nothing else is said. */
export function archOf(options: TrainingOptions): ArchitectureName | ArchitectureFile {
  if (options.arch !== undefined) return options.arch;
  const [file] = namedNetworks(options).filter(({ network }) => network !== undefined);
  if (file === undefined || options.width !== undefined || options.depth !== undefined) return USUAL_TRAINING.arch;
  return { file: file.path, network: file.network };
}

const regimeAsked = ({ regime, gates }: TrainingOptions): RegimeName =>
  regime ?? (gates === undefined ? USUAL_TRAINING.regime : "by-layer");

/**
 * Before any file is read.
 * @throws GatewiseError for options that do not go together
 */
export function checkSources(options: TrainingOptions, nameOf: NameOption): void {
  const { from, init, gates } = options;
  const regime = regimeAsked(options);
  if (gates !== undefined && regime !== "by-layer") {
    throw new GatewiseError({
      received: `${nameOf("gates")} with ${nameOf("regime")} ${regime}`,
      expected: "one of them: a regime is gates of one source for all layers",
      next: "leave one out",
    });
  }
  if (gates === undefined && regime === "by-layer") {
    throw new GatewiseError({
      received: `${nameOf("regime")} ${regime} without ${nameOf("gates")}`,
      expected: "where the gates of each layer come from",
      next: `for instance ${nameOf("gates")} 1,2=model.onnx 3-5=random`,
    });
  }
  const isLearnt = regime === "flnpf" || gates?.some((gate) => gate.from === "learnt") === true;
  if (from === undefined || isLearnt || (regime === "frnpf-di" && init === undefined)) return;
  const withInit = regime === "frnpf-di";
  throw new GatewiseError({
    received: `${nameOf("from")} with ${withInit ? nameOf("init") : `regime "${regime}"`}`,
    expected: `${nameOf("from")} only with flnpf, which takes another network's gates, or frnpf-di, which begins as another network`,
    next: withInit ? "leave one of them out" : `leave ${nameOf("from")} out, or say ${nameOf("init")}`,
  });
}

/**
 * @param architecture of the value network
 * @throws GatewiseError for options that do not go together
 */
export function sourcesOf(options: TrainingOptions, architecture: Architecture, nameOf: NameOption): Sources {
  checkSources(options, nameOf);
  const { from, init, gates } = options;
  const regime = regimeAsked(options);
  const given = [init, ...(gates ?? []).map((gate) => (typeof gate.from === "string" ? undefined : gate.from))].flatMap(
    (file) => (file === undefined ? [] : [file]),
  );
  const started = init === undefined ? {} : { init: { network: givenNetwork(init, architecture).network } };
  const told = {
    regime,
    ...(gates === undefined ? {} : { gates: gateChoices(gates, architecture) }),
    ...started,
    given,
    from: undefined,
  };
  if (from === undefined) return told;
  const takesLearnt = regimeOf(told).gates.some((choice) => choice.from === "learnt");
  if (regime === "flnpf" && from.network !== undefined) {
    const network = givenNetwork(from, architecture);
    // gates of another architecture are told in the plan; those of a run of the same are the run's, however long it trains
    if (from.network.kind === "model" || network.architecture !== undefined) {
      return { ...told, gates: [{ layer: "all", from: network, trains: false }], given: [...given, from] };
    }
  }
  if (takesLearnt) return { ...told, from };
  return { ...told, init: { network: givenNetwork(from, architecture).network }, given: [...given, from] };
}

/** What an error says of networks by digest, by their files. */
export function byFiles<T>(given: readonly NetworkFile[], work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof GatewiseError)) throw thrown;
    const received = given.reduce(
      (words, { network, ...file }) =>
        network === undefined
          ? words
          : words.replace(`the network ${network.digest.slice(0, 19)}…`, networkFileName(file)),
      thrown.received,
    );
    if (received === thrown.received) throw thrown;
    const { expected, hint: next, code } = thrown;
    throw new GatewiseError({ code, received, expected, next, cause: thrown });
  }
}
