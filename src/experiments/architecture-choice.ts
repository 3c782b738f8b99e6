/** The papers' architectures by name, at their sizes and rates, or one of a user's own as JSON. */
import { GatewiseError } from "../errors.ts";
import {
  type Architecture,
  c4gap,
  fullyConnected,
  gconv,
  outputsOf,
  readArchitecture,
  resnet8,
  skeletonOf,
  vconv,
  vgg16,
} from "../network/index.ts";
import { parseChoice } from "../parse-value.ts";
import type { OptimizerKind } from "../train/index.ts";
import type { ReadNetwork } from "./network-choice.ts";

/** An architecture of the papers, or one that trains by batch normalization. */
export type ArchitectureName = "fc" | "vconv" | "gconv" | "c4gap" | "resnet8" | "vgg16";
/** Those. */
export const ARCHITECTURE_NAMES: readonly ArchitectureName[] = ["fc", "vconv", "gconv", "c4gap", "resnet8", "vgg16"];

/** An architecture in a file: as JSON, or that of a network, whose layers are trained anew. */
export interface ArchitectureFile {
  /** What it is called by: a path. */
  readonly file: string;
  /** Undefined until it is read. */
  readonly text?: string | undefined;
  /** What a model or a run holds; undefined until it is read. */
  readonly network?: ReadNetwork | undefined;
}

/** Width of each architecture in the papers (theory 5.8 and 6.2). */
const USUAL_WIDTH = {
  fc: 128,
  vconv: 64,
  gconv: 64,
  c4gap: 128,
  resnet8: 16,
  vgg16: 64,
} as const satisfies Record<ArchitectureName, number>;
const USUAL_DEPTH = 6;

/**
 * Rates of the experiments (theory 6.3): a step of SGD is ten times as large behind global average pooling. With batch
 * normalization that of He et al. (CVPR 2016, section 4.2), and the usual ones of adaptive optimizers.
 */
const RATES = {
  fc: { sgd: 1e-2, adam: 1e-4, adamw: 1e-4, rmsprop: 1e-4 },
  vconv: { sgd: 1e-2, adam: 3e-4, adamw: 3e-4, rmsprop: 3e-4 },
  gconv: { sgd: 1e-1, adam: 3e-4, adamw: 3e-4, rmsprop: 3e-4 },
  c4gap: { sgd: 1e-1, adam: 3e-4, adamw: 3e-4, rmsprop: 3e-4 },
  resnet8: { sgd: 1e-1, adam: 1e-3, adamw: 1e-3, rmsprop: 1e-3 },
  vgg16: { sgd: 1e-1, adam: 1e-3, adamw: 1e-3, rmsprop: 1e-3 },
} as const satisfies Record<ArchitectureName, Record<OptimizerKind, number>>;

/** What data ask of an architecture. */
export interface DataSizes {
  /** Of one example. */
  readonly inputShape: readonly number[];
  readonly outputs: number;
}

/** Sizes that are asked for, and what their names are to whoever asks. */
export interface ArchitectureSizes {
  readonly width: number | undefined;
  readonly depth: number | undefined;
  readonly data: DataSizes;
  readonly nameOf: (option: "arch" | "width" | "depth") => string;
}

export interface ChosenArchitecture {
  /** For the run's folder: the architecture's name, or the file's without its folder and ending. */
  readonly label: string;
  readonly architecture: Architecture;
  readonly rates: Readonly<Record<OptimizerKind, number>>;
}

/**
 * Reads the name of an architecture or of a file that holds one, or its text beside its name.
 * @throws GatewiseError for anything else
 */
export function readArchitectureChoice(value: unknown): ArchitectureName | ArchitectureFile {
  if (typeof value === "string" && (/\.(json|onnx(#.+)?)$/.test(value) || /[/\\]/.test(value))) return { file: value };
  if (typeof value === "object" && value !== null && "file" in value && "text" in value) {
    const { file, text } = value;
    if (typeof file === "string" && typeof text === "string") return { file, text };
  }
  return parseChoice("architecture", value, ARCHITECTURE_NAMES, ["the path of a .json file, an .onnx file or a run"]);
}

/**
 * The architecture that was chosen, for the inputs and classes of a data set.
 * @throws GatewiseError for a text that holds none, or a width or depth where there is none to choose
 */
export function architectureOf(
  choice: ArchitectureName | ArchitectureFile,
  sizes: ArchitectureSizes,
): ChosenArchitecture {
  checkSizes(choice, sizes);
  if (typeof choice !== "string") return fromText(choice, sizes);
  const { width = USUAL_WIDTH[choice], depth, data } = sizes;
  const shared = { ...data, width };
  const maps = { ...shared, inputShape: mapsOf(shared.inputShape) };
  const named = { label: choice, rates: RATES[choice] };
  switch (choice) {
    case "fc":
      return { ...named, architecture: fullyConnected({ ...shared, depth: depth ?? USUAL_DEPTH }) };
    case "vconv":
      return { ...named, architecture: vconv(maps) };
    case "gconv":
      return { ...named, architecture: gconv(maps) };
    case "c4gap":
      return { ...named, architecture: c4gap(maps) };
    case "resnet8":
      return { ...named, architecture: resnet8(maps) };
    case "vgg16":
      return { ...named, architecture: vgg16(maps) };
  }
}

/** Gray images as maps of one channel. */
const mapsOf = (shape: readonly number[]): readonly number[] => (shape.length === 2 ? [1, ...shape] : shape);

/** Whether a file holds an architecture as JSON; all others hold a network. */
export const isArchitectureText = ({ file }: Pick<ArchitectureFile, "file">): boolean => file.endsWith(".json");

function fromText({ file, text, network }: ArchitectureFile, { data }: ArchitectureSizes): ChosenArchitecture {
  if (text === undefined && network === undefined) throw unread(file);
  const architecture =
    network === undefined
      ? readArchitecture(text ?? "", file, mapsOf(data.inputShape))
      : checked(network.architecture, file, data.outputs);
  const convolutional = skeletonOf(architecture).nodes.some(({ kind }) => kind === "convolution");
  const label = file.replace(/^.*[/\\]/, "").replace(/\.(json|onnx(#.+)?)$/, "");
  return { label, architecture, rates: convolutional ? RATES.vconv : RATES.fc };
}

/** A network of other data than those that are chosen is refused before they are read. */
function checked(architecture: Architecture, file: string, classes: number): Architecture {
  const outputs = outputsOf(architecture);
  // one output tells two classes apart
  if (outputs >= classes || (outputs === 1 && classes === 2)) return architecture;
  throw new GatewiseError({
    received: `${file}, a network of ${outputs} output${outputs === 1 ? "" : "s"}`,
    expected: `at least ${classes}, one for each class of the data set`,
    next: "choose another data set, or a network of its classes",
  });
}

const unread = (file: string): GatewiseError =>
  new GatewiseError({
    received: `architecture "${file}", whose text is not there`,
    expected: "its text beside its name",
    next: "read the file, and give { file, text }",
  });

/** @throws GatewiseError for a width or depth where there is none to choose */
export function checkSizes(choice: ArchitectureName | ArchitectureFile, sizes: Omit<ArchitectureSizes, "data">): void {
  const what = typeof choice === "string" ? choice : choice.file;
  if (sizes.width !== undefined && typeof choice !== "string") throw hasNone("width", what, sizes);
  if (sizes.depth !== undefined && choice !== "fc") throw hasNone("depth", what, sizes);
}

const hasNone = (size: "width" | "depth", what: string, sizes: Omit<ArchitectureSizes, "data">): GatewiseError =>
  new GatewiseError({
    received: `${sizes.nameOf(size)} ${sizes[size]} with ${sizes.nameOf("arch")} ${what}`,
    expected: size === "depth" ? "a depth only with fc" : "no width: the file says all sizes",
    next: `leave ${sizes.nameOf(size)} out`,
  });
