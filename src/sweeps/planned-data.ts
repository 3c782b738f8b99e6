/** Whether the data of a sweep are what they were when it was planned first: their names do not tell. */
import { shortDigest } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import type { SweepTrial } from "./trial.ts";

/**
 * Trials that are planned again, with the digests of data sets that are not here this time.
 * @param before the trials of the plan that is there
 * @param directory of the sweep
 * @throws GatewiseError for a data set whose bytes are others than those that were planned with
 */
export function withDataOf(
  before: readonly SweepTrial[],
  now: readonly SweepTrial[],
  directory: string,
): readonly SweepTrial[] {
  const digests = new Map<string, string>();
  for (const trial of before) {
    if (trial.kind === "training" && trial.data.digest !== undefined) digests.set(trial.data.name, trial.data.digest);
  }
  return now.map((trial) => {
    if (trial.kind !== "training" || trial.data.own !== undefined) return trial;
    const { name, digest } = trial.data;
    const planned = digests.get(name) ?? digest;
    if (digest !== undefined && digest !== planned) throw otherBytes(name, digest, planned ?? "", directory);
    return planned === undefined ? trial : { ...trial, data: { ...trial.data, digest: planned } };
  });
}

const otherBytes = (name: string, digest: string, planned: string, directory: string): GatewiseError =>
  new GatewiseError({
    code: "already-exists",
    received: `data set ${name} of other bytes (${shortDigest(digest)}) than ${directory} was planned with`,
    expected: `those with the digest ${shortDigest(planned)}, which its runs are of`,
    next: "name the folder of those with `dataDir`, or plan into another folder",
  });

/** Files of one's own that a sweep was planned with, and that hold others now: their trials are others, too. */
export interface ChangedFiles {
  readonly name: string;
  readonly before: string;
  readonly now: string;
}

/** Files that none of the trials has any more, where others of their name have come to their place. */
export function changedFiles(before: readonly SweepTrial[], now: readonly SweepTrial[]): readonly ChangedFiles[] {
  const [old, own] = [filesOf(before), filesOf(now)];
  const isNow = new Set(own.map(({ digest }) => digest));
  const isOld = new Set(old.map(({ digest }) => digest));
  return own.flatMap(({ name, digest }) => {
    const last = old.find((one) => one.name === name && !isNow.has(one.digest));
    return last === undefined || isOld.has(digest) ? [] : [{ name, before: last.digest, now: digest }];
  });
}

/** Each once. */
function filesOf(trials: readonly SweepTrial[]): readonly { readonly name: string; readonly digest: string }[] {
  const files = new Map<string, string>();
  for (const trial of trials) {
    if (trial.kind === "training" && trial.data.own !== undefined) files.set(trial.data.own.digest, trial.data.name);
  }
  return [...files].map(([digest, name]) => ({ name, digest }));
}
