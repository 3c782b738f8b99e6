import { basename, resolve } from "node:path";
import { optionsIn } from "../../../options.ts";
import type { OwnData, OwnDataset } from "../../own/own-data.ts";
import { prepareData } from "../../own/prepare.ts";
import type { TargetWords } from "../../own/targets.ts";
import { dataDigest } from "./data-digest.ts";
import { readOwn } from "./read-own.ts";

/**
 * Reads a data set of one's own: an `.npz` archive, `.npy` files, tables, images. Inputs beyond 256 MiB stay in their `.npy`
 * file and are read by blocks.
 * @param known what the targets are, where a network was trained on them
 * @param how without a split, the test set is all of what has none
 * @throws GatewiseError that names file and place, for what is damaged, missing or of another kind
 */
export async function loadOwn(
  data: OwnData,
  known?: TargetWords,
  how: { readonly split?: boolean } = {},
): Promise<OwnDataset> {
  optionsIn(data);
  const { split = true } = optionsIn(how);
  const raw = await readOwn(data);
  const { words, train, test, isSplit, told } = prepareData(raw, data, known, split);
  return {
    name: nameOf(data.path),
    source: resolve(data.path),
    inputShape: train.exampleShape,
    dtype: train.dtype,
    ...{ words, train, test, isSplit },
    layout: raw.layout,
    features: raw.features,
    told: [...raw.told, ...told],
    digest: await dataDigest(train, test),
  };
}

/** What runs on it are called by: letters that every disk takes. */
function nameOf(path: string): string {
  const name = basename(resolve(path)).replace(/\.(npz|npy|csv|tsv|txt|data|dat)(\.gz)?$/i, "");
  return name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[.-]+/, "") || "data";
}
