import { availableParallelism, cpus, totalmem } from "node:os";
import { smallestOf } from "../../graph/index.ts";
import type { Machine } from "../run-record.ts";
import { versionOf } from "./version.ts";

/** What a run was made on. */
export const describeMachine = (): Machine => ({
  platform: `${process.platform} ${process.arch}`,
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.versions.node,
  onnxruntime: versionOf("onnxruntime-node/package.json"),
});

/** Cores that schedulers tell of, which may be those of several tasks: Slurm's of a node, SGE's, PBS's, LSF's. */
const CORES_TOLD = ["SLURM_CPUS_ON_NODE", "NSLOTS", "NCPUS", "LSB_DJOB_NUMPROC"] as const;

/**
 * Workers or threads to run side by side: as asked, else what Slurm gave the task (`SLURM_CPUS_PER_TASK`), else the cores that
 * this process may run on (its affinity), or fewer where a scheduler tells of fewer.
 * @param available cores that this process may run on
 */
export function workerCount(
  asked: number | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  available: number = availableParallelism(),
): number {
  const told = (name: string): readonly number[] => {
    const cores = Number(environment[name]);
    return Number.isInteger(cores) && cores > 0 ? [cores] : [];
  };
  const [given] = told("SLURM_CPUS_PER_TASK");
  return asked ?? given ?? smallestOf(CORES_TOLD.flatMap(told), available);
}
