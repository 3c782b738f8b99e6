import { GatewiseError, messageOf } from "../../errors.ts";
import type { DatasetName } from "../dataset-names.ts";
import { loadDataset } from "./load.ts";
import type { DataPlaces } from "./locate.ts";

/** A data set that is there, or why it is not. */
export type FoundDataset =
  | {
      readonly name: DatasetName;
      readonly available: true;
      readonly examples: { readonly train: number; readonly test: number };
      readonly inputShape: readonly number[];
      readonly source: string;
      readonly notice?: string;
    }
  | { readonly name: DatasetName; readonly available: false; readonly problem: string; readonly hint: string };

/** Looks for a data set, and reads it to tell what it holds. */
export async function findDataset(name: DatasetName, places: DataPlaces): Promise<FoundDataset> {
  try {
    const { train, test, inputShape, source, notice } = await loadDataset(name, places);
    const examples = { train: train.labels.data.length, test: test.labels.data.length };
    return { name, available: true, examples, inputShape, source, ...(notice === undefined ? {} : { notice }) };
  } catch (thrown) {
    if (!(thrown instanceof GatewiseError)) throw thrown;
    return { name, available: false, problem: messageOf(thrown), hint: thrown.hint };
  }
}
