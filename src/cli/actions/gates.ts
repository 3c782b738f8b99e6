import { join } from "node:path";
import { classLabels, writeNpy } from "../../data/index.ts";
import { makeFolder, readNpyFile, writeGuarded } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  classesOf,
  constantUnits,
  gateBytes,
  type Inputs,
  type LayerSummary,
  type LayerTensor,
  layerTensors,
  type PackedGates,
  summarizeGates,
  unseenRateBound,
} from "../../gates/index.ts";
import type { Model } from "../../models/index.ts";
import { type ValueFile, valueFiles, writeLayerValues } from "../../models/node/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import { parseChoice } from "../../parse-value.ts";
import { checkResult, claimResult } from "../../runs/node/index.ts";
import { VALUE_DTYPES } from "../choices.ts";
import {
  type ModelRequest,
  type OpenedModel,
  openModel,
  openModelWithInputs,
  readModelOptions,
} from "../chosen-model.ts";
import { describeConstantUnits, unitsJson, weakClaim } from "../constant-units.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type FlipOptions, type FlipRequest, readFlips, tellFlips } from "../gate-flips.ts";
import { readTraining, type TrainingRequest, tellTraining } from "../gate-training.ts";
import type { ModelOptions } from "../model-option.ts";
import { parseDevice } from "../options.ts";
import { printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { type Column, formatTable } from "../table.ts";

interface GatesOptions extends ModelOptions, FlipOptions {
  readonly inputs?: string;
  readonly training?: boolean;
  readonly out?: string;
  readonly values?: string;
  readonly dtype?: string;
  readonly labels?: string;
  readonly against?: string;
  readonly device: string;
}

export const gates = inStages(
  (_, options: GatesOptions): GatesRequest | TrainingRequest => {
    const { inputs, training, example, nearest, towards } = options;
    const others = flipless(options);
    if (training) return readTraining(options.model, { inputs, example, nearest, towards, ...others });
    return {
      ...options,
      inputs: inputs ?? withoutInputs(),
      device: parseDevice(options.device),
      request: readModelOptions(options),
      valueDtype: valueDtypeOf(options),
      flips: readFlips(options, others),
    };
  },
  async (request, context) => {
    if (!("run" in request)) return await runGates(request, context);
    await tellTraining(request, context);
    return EXIT.done;
  },
);

function withoutInputs(): never {
  throw new GatewiseError({
    received: "no --inputs",
    expected: ".npy, float32 or float64, [n, …input shape]",
    next: "add --inputs x.npy, or --training, which asks a run what its gates did while it was trained",
  });
}

interface GatesRequest extends GatesOptions {
  readonly inputs: string;
  readonly device: ReturnType<typeof parseDevice>;
  readonly request: ModelRequest;
  readonly valueDtype: (typeof VALUE_DTYPES)[number];
  /** A question about one example, in place of all else. */
  readonly flips: FlipRequest | undefined;
}

/** Options that say nothing of the flips of one example. */
const flipless = ({ out, values, labels, against }: GatesOptions) => ({ out, values, labels, against });

function valueDtypeOf({ values, out, dtype }: GatesOptions): GatesRequest["valueDtype"] {
  if (values !== undefined && out === undefined) {
    throw new GatewiseError({
      received: `--values ${values} without --out`,
      expected: "a folder for the values",
      next: "add --out values",
    });
  }
  if (values === undefined && dtype !== undefined) {
    throw new GatewiseError({
      received: `--dtype ${dtype} without --values`,
      expected: "values to write: gates are bits",
      next: "add --values all, or leave --dtype out",
    });
  }
  return dtype === undefined ? "float32" : parseChoice("--dtype", dtype, VALUE_DTYPES);
}

async function runGates(options: GatesRequest, context: CliContext): Promise<ExitCode> {
  const { device } = options;
  const { model, inputs, files } = await openModelWithInputs(context, options.request, options.inputs, { device });
  await using _ = model;
  if (options.flips !== undefined) {
    await tellFlips(model, inputs, options.flips, options.inputs, context);
    return EXIT.done;
  }
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  const against = options.against === undefined ? undefined : await openOther(options, inputs, context);
  await using other = against?.model;
  const sources = { "--inputs": options.inputs, "--labels": options.labels };
  const read = [...files, ...(against?.files ?? [])];
  const values = valuesOf(options, model.network, inputs);
  if (values !== undefined) await makeFolder(values.folder);
  for (const { file } of values?.files ?? []) await checkResult(file, sources, read);
  await using out = await claimResult(values === undefined ? options.out : values.gates, sources, read);
  const gatesOf = (one: Model): Promise<PackedGates> =>
    withStages(context, (onProgress) => one.gates(inputs, { onProgress, signal: context.signal }));
  const gates = await gatesOf(model);
  const { examples, layers, classes } = summarizeGates(gates, { labels, against: other && (await gatesOf(other)) });
  const units = constantUnits(model.network, gates);
  if (out !== undefined) await writeGuarded(out, out.path, writeNpy(gateBytes(gates)));
  if (values !== undefined) {
    const asked = { files: values.files, dtype: options.valueDtype, signal: context.signal };
    await withStages(context, (onProgress) =>
      writeLayerValues(model, inputs, values.tensors, { ...asked, onProgress }),
    );
  }
  const result = {
    examples,
    layers: layers.map(({ classOverlap, ...layer }, i) => ({
      ...layer,
      ...units.slice(i, i + 1).map(unitsJson)[0],
      ...(classOverlap === undefined ? {} : { classOverlap: classOverlap.map(withoutNaN) }),
    })),
    ...(classes === undefined ? {} : { classes }),
    // of inputs, for a unit that did not switch in these, with 95 % confidence
    unseenRateAtMost: unseenRateBound(examples),
    warning: weakClaim(examples, units),
    out: values?.gates ?? options.out ?? null,
    ...(values === undefined ? {} : { values: values.files.map((file) => ({ ...file, dtype: options.valueDtype })) }),
  };
  printResult(context, result, () =>
    [
      describeLayers(examples, layers),
      ...describeConstantUnits(examples, units),
      ...(classes === undefined ? [] : [describeOverlaps(layers)]),
      ...(values === undefined ? [] : [describeValues(values.files)]),
      ...(options.out === undefined ? [] : [`gates written to ${shown(values?.gates ?? options.out)}`]),
    ].join("\n\n"),
  );
  return EXIT.done;
}

interface Values {
  readonly folder: string;
  /** The packed gates, beside the values. */
  readonly gates: string;
  readonly tensors: readonly LayerTensor[];
  readonly files: readonly ValueFile[];
}

/** Which values are asked for, and where they go. */
function valuesOf({ values, out = "" }: GatesRequest, network: GatedNetwork, inputs: Inputs): Values | undefined {
  if (values === undefined) return undefined;
  const isName = network.nodes.some(({ name }) => name === values);
  const names = values === "all" ? "all" : isName ? [values] : values.split(",").map((name) => name.trim());
  const tensors = layerTensors(network, names);
  const files = valueFiles(out, tensors, inputs.shape[0] ?? 0);
  return { folder: out, gates: join(out, "gates.npy"), tensors, files };
}

const describeValues = (files: readonly ValueFile[]): string =>
  formatTable(
    [{ title: "layer" }, { title: "values" }, { title: "shape", align: "right" }, { title: "file" }],
    files.map(({ layer, kind, shape, file }) => [shown(layer), kind, shape.join("×"), shown(file)]),
  );

/** What to compare with: of a model that is chosen from like the first, or of a run. */
async function openOther(
  { against = "", request, device }: GatesRequest,
  inputs: Inputs,
  context: CliContext,
): Promise<OpenedModel> {
  const chosen = against.endsWith(".onnx") ? { ...request, model: against } : readModelOptions({ model: against });
  return await openModel(context, chosen, { device, sizesFrom: inputs.shape.slice(1) });
}

async function readLabels(file: string): Promise<Int32Array> {
  const labels = classLabels(await readNpyFile(file), file);
  // before the gates are made for nothing
  classesOf(labels, file);
  return labels;
}

const withoutNaN = (shares: readonly number[]): readonly (number | null)[] =>
  shares.map((share) => (Number.isNaN(share) ? null : share));

const percent = (share: number): string => (100 * share).toFixed(1);

function describeLayers(examples: number, layers: readonly LayerSummary[]): string {
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

function describeOverlaps(layers: readonly LayerSummary[]): string {
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
    layers.map(({ layer, classOverlap: shares = [] }) => [
      String(layer),
      mean(shares.flatMap((row, a) => row.slice(a, a + 1))),
      mean(shares.flatMap((row, a) => row.filter((_, b) => a !== b))),
    ]),
  );
}
