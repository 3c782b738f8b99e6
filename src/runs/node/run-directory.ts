/** What a run directory holds. */
import type { Checkpoint, EpochMetrics } from "../../train/index.ts";
import type { RunKernels } from "../kernel-record.ts";
import { kernelsOf } from "../kernels-of-run.ts";
import { bestOf, findRecord, metricsOf, readRecord } from "../run-files.ts";
import type { RunRecord } from "../run-record.ts";
import { folderStore } from "./folder-store.ts";

/** The record of a run, or undefined if the directory holds none. */
export const findRun = (directory: string): Promise<RunRecord | undefined> => findRecord(folderStore(directory));

/**
 * The record of a run.
 * @throws GatewiseError if the directory is no run directory
 */
export const readRun = (directory: string): Promise<RunRecord> => readRecord(folderStore(directory));

/**
 * Metrics of the finished epochs; a last line that a kill cut short is left out.
 * @throws GatewiseError unless the lines are those of the epochs 1, 2, 3, …
 */
export const readMetrics = (directory: string): Promise<readonly EpochMetrics[]> => metricsOf(folderStore(directory));

/**
 * Parameters of the best epoch of a run.
 * @param until of the epochs up to this one, at which the run has kept it
 * @throws GatewiseError if no epoch of it has ended yet, or it has not kept that one
 */
export const readBest = (directory: string, until?: number): Promise<Checkpoint> =>
  bestOf(folderStore(directory), until);

/** The kernels of a run; undefined if it has none, as those of older versions. */
export const readRunKernels = (directory: string): Promise<RunKernels | undefined> => kernelsOf(folderStore(directory));
