import { CLASSES, type DatasetName, INPUT_SHAPES } from "../data/index.ts";
import { readBytes } from "../data/node/index.ts";
import { GatewiseError } from "../errors.ts";
import {
  type Architecture,
  c4gap,
  flatLayers,
  fullyConnected,
  gconv,
  placeLayers,
  readArchitecture,
  vconv,
} from "../network/index.ts";
import type { OptimizerKind } from "../train/index.ts";
import { parseChoice, parseWhole } from "./options.ts";

const NAMES = ["fc", "vconv", "gconv", "c4gap"] as const;
type ArchitectureName = (typeof NAMES)[number];

/** Width of each architecture in the papers (theory 5.8 and 6.2). */
const USUAL_WIDTH = { fc: 128, vconv: 64, gconv: 64, c4gap: 128 } as const satisfies Record<ArchitectureName, number>;
const USUAL_DEPTH = 6;

/** Rates of the experiments (theory 6.3): a step of SGD is ten times as large behind global average pooling. */
const RATES = {
  fc: { sgd: 1e-2, adam: 1e-4, rmsprop: 1e-4 },
  vconv: { sgd: 1e-2, adam: 3e-4, rmsprop: 3e-4 },
  gconv: { sgd: 1e-1, adam: 3e-4, rmsprop: 3e-4 },
  c4gap: { sgd: 1e-1, adam: 3e-4, rmsprop: 3e-4 },
} as const satisfies Record<ArchitectureName, Record<OptimizerKind, number>>;

export interface ArchitectureOptions {
  /** A name, or the path of a JSON file. */
  readonly arch: string;
  readonly width?: string;
  readonly depth?: string;
  readonly data: DatasetName;
}

export interface ChosenArchitecture {
  /** For the run's folder: the architecture's name, or the file's without its folder and ending. */
  readonly label: string;
  readonly architecture: Architecture;
  readonly rates: Readonly<Record<OptimizerKind, number>>;
}

/**
 * The architecture that `--arch` names.
 * @throws GatewiseError for another name, a file that holds none, or a width or depth where there is none
 */
export async function chosenArchitecture({
  arch,
  width,
  depth,
  data,
}: ArchitectureOptions): Promise<ChosenArchitecture> {
  if (arch.endsWith(".json")) return await fromFile(arch, { width, depth }, INPUT_SHAPES[data]);
  const name = parseChoice("architecture", arch, NAMES, ["a .json file"]);
  if (depth !== undefined && name !== "fc") throw hasNone("--depth", depth, name);
  const sizes = {
    inputShape: INPUT_SHAPES[data],
    width: width === undefined ? USUAL_WIDTH[name] : parseWhole("--width", width, 1),
    outputs: CLASSES[data],
  };
  const maps = { ...sizes, inputShape: mapsOf(sizes.inputShape) };
  switch (name) {
    case "fc": {
      const layers = depth === undefined ? USUAL_DEPTH : parseWhole("--depth", depth, 1);
      return { label: name, architecture: fullyConnected({ ...sizes, depth: layers }), rates: RATES.fc };
    }
    case "vconv":
      return { label: name, architecture: vconv(maps), rates: RATES.vconv };
    case "gconv":
      return { label: name, architecture: gconv(maps), rates: RATES.gconv };
    case "c4gap":
      return { label: name, architecture: c4gap(maps), rates: RATES.c4gap };
  }
}

/** Gray images as maps of one channel. */
const mapsOf = (shape: readonly number[]): readonly number[] => (shape.length === 2 ? [1, ...shape] : shape);

/** Bytes of an architecture: 100,000 layers take a tenth. */
const LONGEST_FILE = 2 ** 26;

async function fromFile(
  path: string,
  { width, depth }: { readonly width: string | undefined; readonly depth: string | undefined },
  dataShape: readonly number[],
): Promise<ChosenArchitecture> {
  if (width !== undefined) throw hasNone("--width", width, path);
  if (depth !== undefined) throw hasNone("--depth", depth, path);
  const text = new TextDecoder().decode(await readBytes(path, LONGEST_FILE));
  const architecture = readArchitecture(text, path, mapsOf(dataShape));
  const convolutional = flatLayers(placeLayers(architecture)).some(({ layer }) => layer.kind === "convolution");
  const label = path.replace(/^.*[/\\]/, "").replace(/\.json$/, "");
  return { label, architecture, rates: convolutional ? RATES.vconv : RATES.fc };
}

const hasNone = (option: string, value: string, what: string): GatewiseError =>
  new GatewiseError({
    received: `${option} ${value} with --arch ${what}`,
    expected: option === "--depth" ? "a depth only with fc" : "no width: the file says all sizes",
    next: `leave ${option} out`,
  });
