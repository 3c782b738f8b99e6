/** Trains halves, and predicts their losses by the influence of examples (theory 8.3 and 8.4). */
import { type Examples, firstExamples, rowsAt, type TrainAndTest } from "../../data/index.ts";
import type { Engine } from "../../engine/index.ts";
import { BlockProducts, influenceScores } from "../../fitting/index.ts";
import type { DenseArray } from "../../graph/index.ts";
import {
  influenceTask,
  inputSimilarity,
  logitsOf,
  pathSimilarity,
  type Similarity,
  slopesOf,
  targetsOf,
} from "../../models/index.ts";
import { type GatedNetwork, initialParameters, outputsOf } from "../../network/index.ts";
import { randomStream } from "../../random.ts";
import { startState, Trainer, trainedNetwork } from "../../train/index.ts";
import { scaled } from "../watched-training.ts";
import { type InfluenceExperiment, type InfluenceProfile, influencePlan } from "./influence-mnist.ts";
import { type JackknifeScore, type LossTable, scoreOfRows, tableScore } from "./rank-correlation.ts";

/** What stands for the likeness of two examples: gates that were trained, gates as they were drawn, and pixels alone. */
export const SIMILARITIES = ["path kernel", "path kernel of untrained gates", "cosine of pixels"] as const;
/** One of {@link SIMILARITIES}. */
export type SimilarityName = (typeof SIMILARITIES)[number];

/** A network that was trained on a half, and what it loses on the test examples. */
export interface HalfTrained {
  readonly half: number;
  /** Percent. */
  readonly accuracy: number;
  readonly losses: readonly number[];
}

/** How well one way predicts the losses of all halves. */
export interface InfluenceScore extends JackknifeScore {
  /** Seed of the network on all examples. */
  readonly network: number;
  readonly similarity: SimilarityName;
  readonly ridge: number;
  /** Over the even halves alone, and over the odd ones. */
  readonly even: number;
  readonly odd: number;
}

/** The data of a profile. */
export const influenceData = ({ train, test }: TrainAndTest, profile: InfluenceProfile): TrainAndTest => ({
  train: firstExamples(train, profile.train),
  test: firstExamples(test, profile.test),
});

/** The examples of a half, in their order. */
export const halfOf = (half: number, examples: number): Int32Array =>
  randomStream(0, "influence-half", half)
    .permutation(examples)
    .slice(0, Math.floor(examples / 2))
    .sort();

/** Seeds of the two trainings of a half: no other training has them. */
const seedOf = (half: number, training: 0 | 1): number => 1000 + 2 * half + training;

interface Work {
  readonly engine: Engine;
  readonly signal?: AbortSignal | undefined;
}

/** Trains on a half, the first time or the second. */
export async function trainHalf(
  experiment: InfluenceExperiment,
  profile: InfluenceProfile,
  { train, test }: TrainAndTest,
  half: number,
  training: 0 | 1,
  work: Work,
): Promise<HalfTrained> {
  const positions = halfOf(half, train.labels.data.length);
  const own = { inputs: rowsAt(train.inputs, positions), labels: rowsAt(train.labels, positions) };
  const { trained } = await networksOf(experiment, profile, own, seedOf(half, training), work);
  const logits = await logitsOf(trained, work.engine, scaled(test.inputs), { signal: work.signal });
  const losses = lossesOf(logits, test.labels.data);
  return { half, accuracy: accuracyOf(logits, test.labels.data), losses };
}

/** A network before and after its training. */
async function networksOf(
  experiment: InfluenceExperiment,
  profile: InfluenceProfile,
  data: Examples,
  seed: number,
  { engine, signal }: Work,
): Promise<{ readonly untrained: GatedNetwork; readonly trained: GatedNetwork }> {
  const plan = influencePlan(experiment, profile, seed);
  const initial = initialParameters(plan);
  await using trainer = await Trainer.open(engine, plan, data, startState(plan, initial));
  for (let epoch = 1; epoch <= plan.epochs; epoch++) {
    for await (const _ of trainer.epoch(epoch, { signal })) signal?.throwIfAborted();
    signal?.throwIfAborted();
  }
  const { parameters } = await trainer.read();
  return { untrained: trainedNetwork(plan, initial), trained: trainedNetwork(plan, parameters) };
}

/** Which scores are asked of a network: all three ways at the one ridge, and of the first network the path kernel at others. */
export const scoresAsked = (
  { ridge, ridges }: InfluenceExperiment,
  network: number,
): readonly { readonly similarity: SimilarityName; readonly ridge: number }[] => [
  ...SIMILARITIES.map((similarity) => ({ similarity, ridge })),
  ...(network === 0 ? ridges : [])
    .filter((other) => other !== ridge)
    .map((other) => ({ similarity: SIMILARITIES[0], ridge: other })),
];

/**
 * What the influence of the examples, as a network trained on all of them tells it, predicts of the losses of the halves: the
 * sum over a half's examples, with the sign turned.
 * @param actual losses of both trainings, a row a half
 */
export async function* influenceScoresOf(
  experiment: InfluenceExperiment,
  profile: InfluenceProfile,
  { train, test }: TrainAndTest,
  network: number,
  actual: readonly LossTable[],
  { engine, signal }: Work,
): AsyncGenerator<InfluenceScore> {
  const examples = train.labels.data.length;
  const outputs = outputsOf(experiment.architecture);
  const { trained, untrained } = await networksOf(experiment, profile, train, network, { engine, signal });
  const [inputs, queries] = [scaled(train.inputs), scaled(test.inputs)];
  const task = influenceTask(train.labels, examples, outputs);
  const asked = influenceTask(test.labels, test.labels.data.length, outputs);
  const slopes = slopesOf(await logitsOf(trained, engine, queries, { signal }), task, asked);
  await using products = new BlockProducts(engine);
  const open = (similarity: SimilarityName, ridge: number): Promise<Similarity> => {
    const options = { ridge, signal };
    if (similarity === "cosine of pixels") return inputSimilarity(inputs, products, options);
    const from = similarity === "path kernel" ? trained : untrained;
    return pathSimilarity(from, engine, inputs, products, options);
  };
  const rows = [...(actual[0]?.keys() ?? [])];
  for (const { similarity, ridge } of scoresAsked(experiment, network)) {
    signal?.throwIfAborted();
    await using own = await open(similarity, ridge);
    const coefficients = await own.solver.solve(targetsOf(task, outputs));
    const scores = await influenceScores({ ...own, coefficients }, await own.cross(queries), slopes, products);
    const predicted = predictedLosses(scores, rows.length, examples);
    yield {
      ...{ network, similarity, ridge, ...tableScore(predicted, actual) },
      even: scoreOfRows(
        predicted,
        actual,
        rows.filter((row) => row % 2 === 0),
      ),
      odd: scoreOfRows(
        predicted,
        actual,
        rows.filter((row) => row % 2 === 1),
      ),
    };
  }
}

/** Less what a half's examples take off the loss, up to what all halves have in common. */
function predictedLosses({ shape, data }: DenseArray<"float64">, halves: number, examples: number): LossTable {
  const [queries = 0] = shape;
  return Array.from({ length: halves }, (_, half) => {
    const predicted = new Float64Array(queries);
    for (const example of halfOf(half, examples)) {
      for (let query = 0; query < queries; query++) predicted[query]! -= data[query * examples + example]!;
    }
    return predicted;
  });
}

function lossesOf({ shape: [rows = 0, outputs = 0], data }: DenseArray<"float32">, labels: Uint8Array): number[] {
  return Array.from({ length: rows }, (_, i) => {
    const row = Float64Array.from(data.subarray(i * outputs, (i + 1) * outputs));
    const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
    return largest + Math.log(sum) - row[labels[i]!]!;
  });
}

function accuracyOf({ shape: [rows = 0, outputs = 0], data }: DenseArray<"float32">, labels: Uint8Array): number {
  let right = 0;
  for (let i = 0; i < rows; i++) {
    let best = 0;
    for (let c = 1; c < outputs; c++) if (data[i * outputs + c]! > data[i * outputs + best]!) best = c;
    right += best === labels[i] ? 1 : 0;
  }
  return (100 * right) / rows;
}
