/** The network that a command was given by the options of `model-option.ts`. */
import { readNpyFile } from "../data/node/index.ts";
import { GatewiseError } from "../errors.ts";
import type { NetworkPart } from "../experiments/index.ts";
import { checkInputs, type InputBlocks } from "../gates/index.ts";
import type { DenseArray } from "../graph/index.ts";
import type { InputExamples, Model } from "../models/index.ts";
import {
  isModelFolder,
  type LoadedNetwork,
  loadNetwork,
  type ModelChoice,
  type ModelEngine,
  modelOf,
  openInputs,
  readArray,
  readInputs,
} from "../runs/node/index.ts";
import { type CliContext, shellWord } from "./context.ts";
import type { ModelOptions } from "./model-option.ts";

/** A model and which part of it. */
export interface ModelRequest {
  readonly model: string;
  readonly choice: Omit<ModelChoice, "set">;
  /** Inputs by name, with a number or the path of a file. */
  readonly set: ReadonlyMap<string, number | string>;
}

/** @throws GatewiseError for a shape or setting that is none */
export function readModelOptions(options: ModelOptions): ModelRequest {
  const { model, modelOutput, modelInput, inputShape } = options;
  const set = new Map<string, number | string>();
  for (const text of options.set ?? []) {
    const [name, value] = readSetting(text);
    if (set.has(name)) {
      throw new GatewiseError({
        received: `--set ${name} a second time`,
        expected: "one value for an input",
        next: "leave one out",
      });
    }
    set.set(name, value);
  }
  const choice = {
    ...(modelOutput === undefined ? {} : { output: modelOutput }),
    ...(modelInput === undefined ? {} : { input: modelInput }),
    ...(inputShape === undefined ? {} : { inputShape: parseShape(inputShape) }),
  };
  return { model, choice, set };
}

/**
 * What the same options say of files that are named in other ways.
 * @throws GatewiseError for a shape or setting that is none
 */
export function readModelPart(options: Omit<ModelOptions, "model" | "modelOutput">): NetworkPart | undefined {
  const { choice, set } = readModelOptions({ ...options, model: "" });
  const { input, inputShape } = choice;
  if (input === undefined && inputShape === undefined && set.size === 0) return undefined;
  return {
    ...(input === undefined ? {} : { input }),
    ...(inputShape === undefined ? {} : { inputShape }),
    ...(set.size === 0 ? {} : { set: Object.fromEntries(set) }),
  };
}

/**
 * Runs work that reads models.
 * @throws GatewiseError that ends in the command with the options that it lacks, where that is the mistake
 */
export async function withModelHints<T>({ command }: Pick<CliContext, "command">, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof GatewiseError)) throw thrown;
    const { output: _, ...settings } = thrown.settings;
    if (Object.keys(settings).length === 0) throw thrown;
    throw thrown.withHint([command, ...flagsOf(settings).map(shellWord)].join(" "));
  }
}

function parseShape(text: string): readonly number[] {
  const sizes = text.split(/[,x×]/).map((word) => (/^\s*\d{1,9}\s*$/.test(word) ? Number(word) : 0));
  if (sizes.every((size) => size >= 1)) return sizes;
  throw new GatewiseError({
    received: `--input-shape ${text}`,
    expected: "whole numbers of at least 1, separated by commas",
    next: "give the sizes of one example, without the batch: --input-shape 3,32,32",
  });
}

function readSetting(text: string): readonly [string, number | string] {
  // names of tensors may hold the sign themselves, values hardly do
  const at = text.lastIndexOf("=");
  const [name, value] = [text.slice(0, at), text.slice(at + 1).trim()];
  if (at < 1 || value === "") {
    throw new GatewiseError({
      received: `--set ${text}`,
      expected: "an input's name, =, and a number or a .npy file",
      next: "for example --set mask=1",
    });
  }
  const number = Number(value);
  return [name, Number.isNaN(number) ? value : number];
}

/**
 * The network that a command was given.
 * @param sizesFrom shape of one example at hand, for sizes that the model leaves open
 * @throws GatewiseError that ends in the command with the options that it lacks, where that is the mistake
 */
export async function loadModel(
  context: CliContext,
  { model, choice, set }: ModelRequest,
  sizesFrom?: readonly number[],
): Promise<LoadedNetwork> {
  const values: [string, DenseArray | number][] = [];
  for (const [name, value] of set) {
    values.push([name, typeof value === "number" ? value : await readNpyFile(value)]);
  }
  try {
    const loaded = await loadNetwork(model, {
      ...choice,
      ...(values.length === 0 ? {} : { set: Object.fromEntries(values) }),
      ...(sizesFrom === undefined ? {} : { sizesFrom }),
    });
    const settings = [...set.values()].filter((value) => typeof value === "string");
    return { ...loaded, files: [...loaded.files, ...settings] };
  } catch (thrown) {
    if (!(thrown instanceof GatewiseError) || Object.keys(thrown.settings).length === 0) throw thrown;
    throw thrown.withHint([context.command, ...flagsOf(thrown.settings).map(shellWord)].join(" "));
  }
}

/** What chooses a network inside a file, as the words of a command. */
function flagsOf({ input, output, inputShape, set }: Readonly<Record<string, unknown>>): readonly string[] {
  return [
    ...(output === undefined ? [] : ["--model-output", String(output)]),
    ...(input === undefined ? [] : ["--model-input", String(input)]),
    ...(Array.isArray(inputShape) ? ["--input-shape", inputShape.join()] : []),
    ...Object.entries(set ?? {}).flatMap(([name, value]) => ["--set", `${name}=${value}`]),
  ];
}

/** A model that is open, and the paths of the files that it was read from. */
export interface OpenedModel {
  /** Released by the command. */
  readonly model: Model;
  readonly files: readonly string[];
}

/** The model that a command was given. See {@link loadModel}. */
export async function openModel(
  context: CliContext,
  request: ModelRequest,
  options: ModelEngine & { readonly sizesFrom?: readonly number[] } = {},
): Promise<OpenedModel> {
  const { sizesFrom, ...engine } = options;
  const loaded = await loadModel(context, request, sizesFrom);
  return { model: modelOf(loaded, engine), files: loaded.files };
}

/** The model, and inputs for it that are read from a file as they are needed: sizes that the model leaves open are theirs. */
export async function openModelWithInputBlocks(
  context: CliContext,
  request: ModelRequest,
  file: string,
  engine: ModelEngine = {},
): Promise<OpenedModel & { readonly inputs: InputBlocks }> {
  const run = (await isModelFolder(request.model)) ? await openModel(context, request, engine) : undefined;
  const inputs = await openInputs(file, run?.model);
  const opened = run ?? (await openModel(context, request, { ...engine, sizesFrom: inputs.shape.slice(1) }));
  checkInputs(opened.model.network, inputs);
  return { ...opened, inputs };
}

/** The model, and inputs for it from a file: sizes that the model leaves open are theirs. */
export async function openModelWithInputs(
  context: CliContext,
  request: ModelRequest,
  file: string,
  engine: ModelEngine = {},
): Promise<OpenedModel & { readonly inputs: InputExamples }> {
  if (await isModelFolder(request.model)) {
    // how its inputs are read stands in the run
    const run = await openModel(context, request, engine);
    return { ...run, inputs: await readInputs(run.model, file) };
  }
  const read = await readArray(file);
  const opened = await openModel(context, request, { ...engine, sizesFrom: read.shape.slice(1) });
  checkInputs(opened.model.network, read, file);
  return { ...opened, inputs: read };
}
