/** Networks that options name by their files: models of any framework, runs at some epoch; and sources of gates, layer by layer. */
import { GatewiseError } from "../errors.ts";
import type { Architecture, GateChoice } from "../network/index.ts";
import { parseWhole } from "../parse-value.ts";

/** Which checkpoint of a run: of its best test accuracy, its last, or that of an epoch which it has kept. */
export type RunMoment = "best" | "last" | number;

/** What was read of a network's file. */
export interface ReadNetwork {
  readonly kind: "model" | "run";
  /** `sha256:…`, of the model's bytes or the checkpoint's parameters: what plans and records know it by. */
  readonly digest: string;
  readonly architecture: Architecture;
  /** Whether a model normalizes numbers itself as files have them, bytes too. */
  readonly raw?: boolean;
}

/** Which part of an ONNX model is the network, where it has several inputs or open sizes. */
export interface NetworkPart {
  /** The input that examples come through. */
  readonly input?: string;
  /** Of one example. */
  readonly inputShape?: readonly number[];
  /** The other inputs, the same for every example: numbers, or paths of `.npy` files. */
  readonly set?: Readonly<Record<string, number | string>>;
}

/** A network in a file, as an option names it. */
export interface NetworkFile {
  /** Of an ONNX model, or of a run directory. */
  readonly path: string;
  /** Of a run: `best` unless told otherwise. */
  readonly at?: RunMoment | undefined;
  /** Of a model alone. */
  readonly part?: NetworkPart | undefined;
  /** Undefined until it is read. */
  readonly network?: ReadNetwork | undefined;
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A path, one with an epoch (`RUN@last`, `RUN@12`), or `{ path, at }`.
 * @throws GatewiseError for anything else
 */
export function readNetworkFile(value: unknown, name: string): NetworkFile {
  if (isFields(value) && "network" in value && isNetworkFile(value)) return value;
  const { path, at } = isFields(value) ? value : partsOf(value);
  if (typeof path !== "string" || path === "") {
    throw new GatewiseError({
      received: `${name} ${JSON.stringify(value)}`,
      expected: "the path of a run or of an .onnx file, or a run at an epoch: RUN@last, RUN@12",
      next: `give another ${name}`,
    });
  }
  if (at === undefined || at === "best" || at === "last") return { path, ...(at === undefined ? {} : { at }) };
  return { path, at: parseWhole(`${name} ${path}@`, at, 1) };
}

/** What a program has read already is taken as it is. */
const isNetworkFile = (
  value: Readonly<Record<string, unknown>>,
): value is Readonly<Record<string, unknown>> & NetworkFile =>
  typeof value.path === "string" && isFields(value.network) && typeof value.network.digest === "string";

function partsOf(value: unknown): { readonly path: unknown; readonly at: unknown } {
  if (typeof value !== "string") return { path: undefined, at: undefined };
  const [, path, at] = /^(.+)@(best|last|\d+)$/.exec(value) ?? [];
  return path === undefined ? { path: value, at: undefined } : { path, at };
}

/** `PATH`, or `PATH@12`. */
export const networkFileName = ({ path, at }: NetworkFile): string => (at === undefined ? path : `${path}@${at}`);

/** Where the gates of some layers come from, as options tell it. */
export interface GateOption {
  readonly layers: readonly number[] | "all";
  readonly from: "own" | "random" | "initial" | "learnt" | NetworkFile;
  readonly trains: boolean;
}

const WORDS = ["own", "random", "initial", "learnt"] as const;

/**
 * Sources of gates: `1,2=M.onnx 3-5=random:trained` as words or a list of them, or `[{ layer, from, trains }]`.
 * @throws GatewiseError for what is none
 */
export function readGateOptions(value: unknown, name: string): readonly GateOption[] {
  const list: readonly unknown[] = Array.isArray(value)
    ? value
    : typeof value === "string"
      ? value.split(/\s+/).filter((word) => word !== "")
      : [value];
  if (list.length === 0) throw noGates(value, name);
  return list.map((one) => readGateOption(one, name));
}

function readGateOption(value: unknown, name: string): GateOption {
  if (typeof value === "string") {
    const [, layers, from, ending] = /^(all|[\d,-]+)=(.+?)(?::(trained|frozen))?$/.exec(value) ?? [];
    if (layers === undefined || from === undefined) throw noGates(value, name);
    return gateOption(
      readLayers(layers, value, name),
      from,
      ending === undefined ? undefined : ending === "trained",
      name,
    );
  }
  if (!isFields(value)) throw noGates(value, name);
  const { layer, layers = layer, from, trains, ...more } = value;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined || (trains !== undefined && typeof trains !== "boolean")) throw noGates(value, name);
  return gateOption(readLayers(layers, value, name), from, trains, name);
}

function gateOption(
  layers: GateOption["layers"],
  from: unknown,
  trains: boolean | undefined,
  name: string,
): GateOption {
  const word = WORDS.find((one) => one === from);
  // own gates are made by weights that train
  return { layers, from: word ?? readNetworkFile(from, name), trains: trains ?? word === "own" };
}

/** Layers of one option: more would be no network that anybody trains. */
const MOST_LAYERS = 10_000;

function readLayers(value: unknown, whole: unknown, name: string): GateOption["layers"] {
  if (value === "all") return value;
  if (typeof value === "number") return [parseWhole(`${name}, layer`, value, 1)];
  if (Array.isArray(value)) return value.map((one: unknown) => parseWhole(`${name}, layer`, one, 1));
  if (typeof value !== "string") throw noGates(whole, name);
  return value.split(",").flatMap((part) => {
    const [, first = part, last = first] = /^(\d+)-(\d+)$/.exec(part) ?? [];
    const [from, to] = [first, last].map((one) => parseWhole(`${name}, layer`, one, 1));
    if (from === undefined || to === undefined || to < from || to - from >= MOST_LAYERS) throw noGates(whole, name);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

const noGates = (value: unknown, name: string): GatewiseError =>
  new GatewiseError({
    received: `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`,
    expected:
      "layers = where their gates come from: own, random, initial, learnt, an .onnx file or a run, each perhaps :trained",
    next: `for instance ${name} 1,2=model.onnx 3-5=random`,
  });

/**
 * The choices of a plan.
 * @param own architecture of the value network: a source of the same is not told again
 */
export const gateChoices = (options: readonly GateOption[], own: Architecture): readonly GateChoice[] =>
  options.flatMap(({ layers, from, trains }) => {
    const source = typeof from === "string" ? from : givenNetwork(from, own);
    return (layers === "all" ? (["all"] as const) : layers).map(
      (layer): GateChoice => ({ layer, from: source, trains }),
    );
  });

/** A network as a plan names it. */
export function givenNetwork(file: NetworkFile, own: Architecture) {
  const { network } = file;
  if (network === undefined) {
    throw new GatewiseError({
      received: `the network ${networkFileName(file)}, which is not read`,
      expected: "what it holds beside its path",
      next: "read the file, and give { path, network }",
    });
  }
  const { digest, architecture } = network;
  const isSame = JSON.stringify(architecture) === JSON.stringify(own);
  return { network: digest, ...(isSame ? {} : { architecture }) };
}
