import { basename, resolve } from "node:path";
import { optionsIn } from "../../../options.ts";
import type { OwnData, OwnDataset } from "../../own/own-data.ts";
import { prepareData } from "../../own/prepare.ts";
import type { TargetWords } from "../../own/targets.ts";
import { dataDigest } from "../data-digest.ts";
import type { Scratch } from "../scratch-folder.ts";
import { readOwn } from "./read-own.ts";

/** How a data set of one's own is loaded. */
export interface LoadOptions {
  /** Whether a part is split off where there is no test set; true unless told otherwise. */
  readonly split?: boolean;
  /** A folder for what is more than memory should hold; without one, all but what stands in `.npy` files is held. */
  readonly scratch?: Scratch | undefined;
}

/**
 * Reads a data set of one's own: an `.npz` archive, `.npy` files, tables, images. Inputs beyond 256 MiB stay in their `.npy`
 * file and are read by blocks.
 * @param known what the targets are, where a network was trained on them
 * @param how without a split, the test set is all of what has none
 * @throws GatewiseError that names file and place, for what is damaged, missing or of another kind
 */
export async function loadOwn(data: OwnData, known?: TargetWords, how: LoadOptions = {}): Promise<OwnDataset> {
  optionsIn(data);
  const { split = true, scratch } = optionsIn(how);
  const raw = await readOwn(data, scratch);
  const { words, train, test, isSplit, told } = prepareData(raw, data, known, split);
  return {
    name: dataName(data.path),
    source: resolve(data.path),
    inputShape: train.exampleShape,
    dtype: train.dtype,
    ...{ words, train, test, isSplit, staysInFiles: raw.staysInFiles },
    layout: raw.layout,
    features: raw.features,
    told: [...raw.told, ...told],
    digest: await dataDigest(train, test),
  };
}

/** What runs on it are called by: letters that every disk takes. */
export function dataName(path: string): string {
  const name = basename(resolve(path)).replace(/\.(npz|npy|csv|tsv|txt|data|dat)(\.gz)?$/i, "");
  return name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[.-]+/, "") || "data";
}
