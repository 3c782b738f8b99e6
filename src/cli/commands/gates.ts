import type { Command } from "commander";
import { writeNpy } from "../../data/index.ts";
import { writeWhole } from "../../data/node/index.ts";
import { openWorkerEngine } from "../../engine/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  type ClassOverlap,
  classOverlaps,
  flippedShares,
  gateRows,
  gateStatistics,
  type Inputs,
  type PackedGates,
} from "../../gates/index.ts";
import { type DenseArray, denseArray } from "../../graph/index.ts";
import type { LoadedNetwork } from "../../runs/node/index.ts";
import { type Ending, type MakeContext, runStages } from "../command.ts";
import type { CliContext } from "../context.ts";
import { DEVICE_OPTION, parseDevice } from "../device-option.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { extractGates } from "../extract-gates.ts";
import { readClassLabels } from "../kernel-files.ts";
import {
  loadModel,
  loadModelWithInputs,
  type ModelOptions,
  type ModelRequest,
  readModelOptions,
  withModelOptions,
} from "../model-option.ts";
import { type Column, formatTable, printResult } from "../output.ts";
import { claimResult } from "../result-file.ts";
import { shown } from "../shown.ts";

interface GatesOptions extends ModelOptions {
  readonly inputs: string;
  readonly out?: string;
  readonly labels?: string;
  readonly against?: string;
  readonly device: string;
}

export function gatesCommand(program: Command, makeContext: MakeContext, ending: Ending): void {
  const command = withModelOptions(program.command("gates"))
    .summary("which gates are on: statistics, and the gates themselves as bits")
    .description("Extracts the gates of every input and tells how many are on, never on or always on, layer by layer.")
    .requiredOption("--inputs <file>", ".npy, float32 or float64, [n, …input shape]")
    .option("--out <file>", "write the packed gates as .npy, uint8 [n, bytes]")
    .option("--labels <file>", ".npy of whole numbers: overlap of the gates within and between classes")
    .option("--against <model>", "share of gates that differ from those of another network of this shape")
    .option(...DEVICE_OPTION)
    .addHelpText(
      "after",
      "\nEach example's layers follow each other in whole 64-bit words; np.unpackbits(g, axis=1, bitorder='little') unpacks them.\n\nExample:\n  $ gatewise gates --model runs/fc-digits-relu-seed0 --inputs x.npy --out gates.npy",
    );
  command.action((options: GatesOptions) =>
    runStages(
      command,
      makeContext,
      ending,
      () => ({ ...options, device: parseDevice(options.device), request: readModelOptions(options) }),
      runGates,
    ),
  );
}

interface GatesRequest extends GatesOptions {
  readonly device: ReturnType<typeof parseDevice>;
  readonly request: ModelRequest;
}

async function runGates(options: GatesRequest, context: CliContext): Promise<ExitCode> {
  const { network, inputs, files } = await loadModelWithInputs(context, options.request, options.inputs);
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  const against = options.against === undefined ? undefined : await loadOther(options, inputs, context);
  const sources = { "--inputs": options.inputs, "--labels": options.labels };
  await using out = await claimResult(options.out, sources, [...files, ...(against?.files ?? [])]);
  await using engine = await openWorkerEngine(options.device, { threads: 1 });
  const gates = await extractGates(context, network, engine, inputs);
  const flipped = against && flippedShares(await extractGates(context, against.network, engine, inputs), gates);
  const overlaps = labels && classOverlaps(gates, labels.ofExamples, labels.classes.length);
  if (out !== undefined) await writeWhole(out.path, writeNpy(gateBytes(gates)));
  const layers = gateStatistics(gates).map((layer, index) => ({
    ...layer,
    ...(flipped === undefined ? {} : { flipped: flipped[index] ?? 0 }),
    ...(overlaps === undefined ? {} : { classOverlap: overlaps[index]?.shares.map(withoutNaN) }),
  }));
  const result = {
    examples: gates.examples,
    layers,
    ...(labels === undefined ? {} : { classes: labels.classes }),
    out: options.out ?? null,
  };
  printResult(context, result, () =>
    [
      describeLayers(gates, layers),
      ...(overlaps === undefined ? [] : [describeOverlaps(overlaps)]),
      ...(options.out === undefined ? [] : [`gates written to ${shown(options.out)}`]),
    ].join("\n\n"),
  );
  return EXIT.done;
}

/** The network to compare with: of a model that is chosen from like the first, or of a run. */
async function loadOther(
  { against = "", request }: GatesRequest,
  inputs: Inputs,
  context: CliContext,
): Promise<LoadedNetwork> {
  const chosen = against.endsWith(".onnx") ? { ...request, model: against } : readModelOptions({ model: against });
  return await loadModel(context, chosen, inputs.shape.slice(1));
}

/** `[examples, bytes]`, the words of all layers of an example one behind the other. */
function gateBytes(gates: PackedGates): DenseArray<"uint8"> {
  const { examples, words, data } = gateRows(gates);
  return denseArray("uint8", [examples, 8 * words], new Uint8Array(data.buffer));
}

/** A class beyond this is a mistake: overlaps are told for every pair of classes. */
const MAX_CLASSES = 1000;

interface Labels {
  /** The labels that occur, rising; any whole numbers, such as −1 and +1. */
  readonly classes: readonly number[];
  /** For each example the place of its label in `classes`. */
  readonly ofExamples: readonly number[];
}

async function readLabels(file: string): Promise<Labels> {
  const labels = await readClassLabels(file);
  const classes = [...new Set(labels)].sort((a, b) => a - b);
  if (classes.length > MAX_CLASSES) {
    throw new GatewiseError({
      received: `${file} with ${classes.length} different labels`,
      expected: `at most ${MAX_CLASSES} classes`,
      next: "give the class of each example, or fewer examples",
    });
  }
  const places = new Map(classes.map((label, place) => [label, place]));
  return { classes, ofExamples: Array.from(labels, (label) => places.get(label) ?? 0) };
}

const withoutNaN = (shares: readonly number[]): readonly (number | null)[] =>
  shares.map((share) => (Number.isNaN(share) ? null : share));

const percent = (share: number): string => (100 * share).toFixed(1);

function describeLayers(
  { examples }: PackedGates,
  layers: readonly (ReturnType<typeof gateStatistics>[number] & { readonly flipped?: number })[],
): string {
  const flips = layers.some(({ flipped }) => flipped !== undefined);
  const right = (title: string): Column => ({ title, align: "right" });
  const columns = ["layer", "gates", "on %", "dead", "always on", ...(flips ? ["differ %"] : [])].map(right);
  const rows = layers.map(({ layer, units, on, dead, alwaysOn, flipped }) => [
    String(layer),
    String(units),
    percent(on),
    String(dead),
    String(alwaysOn),
    ...(flipped === undefined ? [] : [percent(flipped)]),
  ]);
  return `${examples} inputs\n\n${formatTable(columns, rows)}`;
}

function describeOverlaps(overlaps: readonly ClassOverlap[]): string {
  const mean = (shares: readonly number[]): string => {
    const known = shares.filter((share) => !Number.isNaN(share));
    return known.length === 0 ? "–" : percent(known.reduce((sum, share) => sum + share, 0) / known.length);
  };
  return formatTable(
    [
      { title: "layer", align: "right" },
      { title: "both on, one class %", align: "right" },
      { title: "both on, two classes %", align: "right" },
    ],
    overlaps.map(({ layer, shares }) => [
      String(layer),
      mean(shares.flatMap((row, a) => row.slice(a, a + 1))),
      mean(shares.flatMap((row, a) => row.filter((_, b) => a !== b))),
    ]),
  );
}
