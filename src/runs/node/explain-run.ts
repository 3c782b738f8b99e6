/** What the decisions of a finished run rest on: its best network on the data that it was trained on. */
import { type ExampleSet, exampleSet } from "../../data/index.ts";
import type { DataPlaces } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { explainNetwork, type NetworkExplanation } from "../../experiments/index.ts";
import { type DenseArray, denseArray, sizeOf } from "../../graph/index.ts";
import type { Asking } from "../../models/index.ts";
import { openModel } from "./open-model.ts";
import { readRun } from "./run-directory.ts";
import { selectedData } from "./selected-data.ts";

/** What is told of a run, or why nothing is. */
export type RunExplanation =
  | { readonly kind: "told"; readonly explanation: NetworkExplanation }
  | { readonly kind: "untold"; readonly reason: string };

/** Examples that are looked at: of more the figures change little, and the time grows. */
const MOST_TRAIN = 5_000;
const MOST_TEST = 5_000;

/** @param directory of a run that has finished at least an epoch */
export async function explainRun(directory: string, places: DataPlaces, asking: Asking = {}): Promise<RunExplanation> {
  const untold = (reason: string): RunExplanation => ({ kind: "untold", reason });
  const { plan, data } = await readRun(directory);
  try {
    await using model = await openModel(directory);
    if (model.outputs < 2 || plan.targets !== undefined) return untold("the network tells no classes apart");
    const { dataDir = null, cacheDir, environment = {} } = places;
    const { name, own, limit, testLimit, examples } = data;
    const selection = { name, own, dataDir, cacheDir, limit, testLimit, examples };
    const { train, test } = await selectedData(selection, { ...environment });
    const scale = plan.normalization === undefined ? 1 / 255 : 1;
    const [known, asked] = [exampleSet(train), exampleSet(test)];
    if (asked.labels.dtype === "float32") return untold("the network tells no classes apart");
    if (
      known.exampleShape.join() !== model.inputShape.join() &&
      sizeOf(known.exampleShape) !== sizeOf(model.inputShape)
    )
      return untold("its data are not of the network's shape");
    const testInputs = await firstInputs(asked, MOST_TEST, model.inputShape, scale);
    const explanation = await explainNetwork(
      model.network,
      await model.engine(),
      {
        train: await firstInputs(known, MOST_TRAIN, model.inputShape, scale),
        test: { inputs: testInputs, labels: asked.labels.data },
      },
      asking,
    );
    return { kind: "told", explanation };
  } catch (thrown) {
    // a report tells what it has: data that are not at hand, or a network beyond what explanations take, leave the section out
    if (thrown instanceof GatewiseError) return untold(thrown.message);
    throw thrown;
  }
}

async function firstInputs(
  set: ExampleSet,
  most: number,
  shape: readonly number[],
  scale: number,
): Promise<DenseArray<"float32">> {
  const count = Math.min(most, set.size);
  const { dtype, data } = await set.readBlock(0, count);
  const factor = dtype === "uint8" ? scale : 1;
  return denseArray(
    "float32",
    [count, ...shape],
    Float32Array.from(data, (value) => value * factor),
  );
}
