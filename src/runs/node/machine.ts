import { availableParallelism, cpus, totalmem } from "node:os";
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

/**
 * Workers to run side by side: as asked, else what a Slurm job was given, else all cores.
 */
export function workerCount(
  asked: number | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): number {
  const slurm = Number(environment.SLURM_CPUS_PER_TASK);
  return asked ?? (Number.isInteger(slurm) && slurm > 0 ? slurm : availableParallelism());
}
