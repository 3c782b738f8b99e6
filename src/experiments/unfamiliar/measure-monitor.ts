/** What a trained network and its gates know of unfamiliar inputs: AUROC of each score on each set, against the clean test examples. */
import type { Examples, TrainAndTest } from "../../data/index.ts";
import type { Engine } from "../../engine/index.ts";
import { gateRows, type PackedGates } from "../../gates/index.ts";
import { type DenseArray, largestOf } from "../../graph/index.ts";
import { openGateSimilarity } from "../../kernels/index.ts";
import {
  fitMonitor,
  type Monitor,
  type MonitorReferences,
  pickedGates,
  pickedRows,
  scoredInputs,
  unfamiliarity,
} from "../../models/index.ts";
import { type GatedNetwork, outputCount } from "../../network/index.ts";
import { scaled } from "../watched-training.ts";
import { auroc } from "./auroc.ts";
import { gradientSign } from "./gradient-sign.ts";
import type { MonitorExperiment, UnfamiliarScore, UnfamiliarSet } from "./monitor-mnist.ts";
import { type Features, featuresOf, mahalanobisDistances, neighborDistances } from "./penultimate.ts";
import { enlarged, grayMiddle, noise, rotated } from "./unfamiliar-images.ts";

/** What is measured on. */
export interface MonitorData {
  /** What the network was trained on. */
  readonly train: Examples;
  /** Not trained on: quantiles are among them. */
  readonly clean: Examples;
  readonly test: Examples;
  readonly digits: Examples;
  /** Test images of other data sets, where they are at hand. */
  readonly others: { readonly [S in "fashion-mnist" | "cifar10"]?: Examples };
}

/** AUROC in percent of each score on one set, or accuracy in percent on the clean test examples. */
export interface MonitorMeasurement {
  readonly set: UnfamiliarSet | "test";
  /** Unfamiliar inputs; 0 where the data are not at hand. */
  readonly examples: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Scores of some inputs, a larger one for a less familiar input, and the class that each is given. */
interface Scored {
  readonly predicted: Int32Array;
  readonly scores: Readonly<Record<UnfamiliarScore, Float64Array>>;
}

/**
 * @param sets those that are asked for, in this order
 * @throws the signal's reason once it is aborted
 */
export async function* measureMonitor(
  experiment: MonitorExperiment,
  network: GatedNetwork,
  data: MonitorData,
  sets: readonly (UnfamiliarSet | "test")[],
  engine: Engine,
  signal?: AbortSignal,
): AsyncGenerator<MonitorMeasurement> {
  const scores = await scorerOf(experiment, network, data, engine, signal);
  const images = scaled(data.test.inputs);
  const labels = data.test.labels.data;
  const clean = await scores(images);
  const isRight = (i: number): boolean => clean.predicted[i] === labels[i];
  const places = Int32Array.from(clean.predicted.keys());
  const [right, wrong] = [places.filter(isRight), places.filter((i) => !isRight(i))];
  const count = labels.length;
  const imagesOf = async (set: UnfamiliarSet): Promise<DenseArray<"float32"> | undefined> => {
    switch (set) {
      case "rotated":
        return rotated(images);
      case "fgsm":
        return await gradientSign(network, engine, images, labels, experiment.step, signal);
      case "enlarged":
        return enlarged(scaled(data.digits.inputs));
      case "noise":
        return noise(count);
      case "cifar10":
        return data.others.cifar10 && grayMiddle(data.others.cifar10, count);
      case "fashion-mnist":
        return data.others["fashion-mnist"] && scaled(data.others["fashion-mnist"].inputs);
      case "misclassified":
        return undefined;
    }
  };
  for (const set of sets) {
    if (set === "test") {
      yield { set, examples: count, values: { "accuracy %": (100 * right.length) / count } };
    } else if (set === "misclassified") {
      const of = (places: Int32Array, name: UnfamiliarScore) =>
        Float64Array.from(places, (i) => clean.scores[name][i]!);
      yield { set, examples: wrong.length, values: eachScore((name) => auroc(of(right, name), of(wrong, name))) };
    } else {
      const odd = await imagesOf(set);
      if (odd === undefined) {
        yield { set, examples: 0, values: {} };
        continue;
      }
      const { scores: own, predicted } = await scores(odd);
      yield { set, examples: predicted.length, values: eachScore((name) => auroc(clean.scores[name], own[name])) };
    }
  }
}

function eachScore<T>(of: (name: UnfamiliarScore) => T): Readonly<Record<UnfamiliarScore, T>> {
  return {
    ...{ softmax: of("softmax"), neighbors: of("neighbors"), mahalanobis: of("mahalanobis"), hamming: of("hamming") },
    ...{
      pixels: of("pixels"),
      paths: of("paths"),
      larger: of("larger"),
      covering: of("covering"),
      spread: of("spread"),
    },
  };
}

/** All scores of inputs, by what all training examples, or some, are to the network. */
async function scorerOf(
  { neighbors, references: few }: MonitorExperiment,
  network: GatedNetwork,
  data: MonitorData,
  engine: Engine,
  signal: AbortSignal | undefined,
): Promise<(inputs: DenseArray<"float32">) => Promise<Scored>> {
  const asking = { signal };
  const train = scaled(data.train.inputs);
  const clean = scaled(data.clean.inputs);
  const whole = await fitMonitor(network, engine, train, { clean, references: train.shape[0] ?? 1, ...asking });
  const kept = await fitMonitor(network, engine, train, { clean, references: few, ...asking });
  const spread = spreadOf(whole.references, few);
  const features = await featuresOf(network, engine, train, signal);
  const differences = await gateDifferences(whole.references);
  const nearest = async (inputs: DenseArray<"float32">, references: MonitorReferences): Promise<Float64Array> => {
    const scores = new Float64Array(inputs.shape[0] ?? 0);
    for await (const block of scoredInputs(network, engine, references, inputs, asking)) {
      scores.set(
        block.score.map((score) => -score),
        block.from,
      );
    }
    return scores;
  };
  return async (inputs) => {
    const count = inputs.shape[0] ?? 0;
    const scores = eachScore(() => new Float64Array(count));
    const predicted = new Int32Array(count);
    for await (const block of scoredInputs(network, engine, whole.references, inputs, asking)) {
      const { from } = block;
      predicted.set(block.predicted, from);
      scores.softmax.set(block.doubt, from);
      scores.hamming.set(differences(block.gates, block.predicted), from);
      block.score.forEach((score, i) => {
        scores.paths[from + i] = -score;
        scores.pixels[from + i] = -block.pixels[i]!;
        scores.larger[from + i] = largerOf(whole, score, block.doubt[i]!);
      });
    }
    const own = await featuresOf(network, engine, inputs, signal);
    scores.neighbors.set(await neighborDistances(engine, features, own, neighbors, signal));
    scores.mahalanobis.set(mahalanobisOf(features, data.train, network, own));
    scores.covering.set(await nearest(inputs, kept.references));
    scores.spread.set(await nearest(inputs, spread));
    return { predicted, scores };
  };
}

const mahalanobisOf = (features: Features, { labels }: Examples, network: GatedNetwork, own: Features): Float64Array =>
  mahalanobisDistances(features, labels.data, outputCount(network), own);

const largerOf = ({ heldOut }: Monitor, score: number, doubt: number): number =>
  Math.max(unfamiliarity(heldOut.gates, score), unfamiliarity(heldOut.softmax, -doubt));

/** So many references of each class, evenly in the order of their file. */
function spreadOf({ classes, examples, gates, inputs }: MonitorReferences, few: number): MonitorReferences {
  const places: number[] = [];
  for (const label of new Set(classes)) {
    const [from, to] = [classes.indexOf(label), classes.lastIndexOf(label) + 1];
    const count = Math.min(few, to - from);
    for (let i = 0; i < count; i++) places.push(from + Math.floor((i * (to - from)) / count));
  }
  const [, ...shape] = inputs.data.shape;
  const size = inputs.data.data.length / classes.length;
  const rows = new Uint8Array(places.length * size);
  for (const [i, place] of places.entries()) {
    rows.set(inputs.data.data.subarray(place * size, (place + 1) * size), i * size);
  }
  return {
    classes: Int32Array.from(places, (place) => classes[place]!),
    examples: Int32Array.from(places, (place) => examples[place]!),
    gates: pickedGates(gates, places),
    inputs: { kind: inputs.kind, data: { dtype: "uint8", shape: [places.length, ...shape], data: rows } },
  };
}

/** Gates in which an input differs from the training example of its class that is nearest by them. */
async function gateDifferences({ classes, gates }: MonitorReferences) {
  const similarity = await openGateSimilarity(gates, "hamming");
  const ranges = Array.from({ length: largestOf(classes) + 1 }, (_, label) => {
    const from = classes.indexOf(label);
    return { from: Math.max(0, from), to: from < 0 ? 0 : classes.lastIndexOf(label) + 1 };
  });
  return (own: PackedGates, predicted: Int32Array): Float64Array => {
    const rows = gateRows(own);
    return Float64Array.from(predicted, (label, i) => {
      const range = ranges[label] ?? { from: 0, to: 0 };
      return -largestOf(similarity.similarities(pickedRows(rows, [i]), range), Number.NEGATIVE_INFINITY);
    });
  };
}

/** The data of an experiment: the last training examples are held out as clean ones. */
export function splitClean(
  { train, test }: TrainAndTest,
  clean: number,
): Pick<MonitorData, "train" | "clean" | "test"> {
  const [count = 0, ...shape] = train.inputs.shape;
  const size = train.inputs.data.length / Math.max(1, count);
  const part = (from: number, to: number): Examples => ({
    inputs: { dtype: "uint8", shape: [to - from, ...shape], data: train.inputs.data.subarray(from * size, to * size) },
    labels: { dtype: "uint8", shape: [to - from], data: train.labels.data.subarray(from, to) },
  });
  return { train: part(0, count - clean), clean: part(count - clean, count), test };
}
