/**
 * Writes what a training yields into its run. What short epochs yield is written together: a file is five calls of the file
 * system, which of a network serve hundreds of trials at a time.
 */
import type { PackedGates } from "../gates/index.ts";
import type { Checkpoint, EpochMetrics, GateWatch } from "../train/index.ts";
import { gateWatch } from "./gates-of-run.ts";
import type { KernelMeasuring } from "./kernel-while-training.ts";
import { appendMetrics, keepBest, writeCheckpoint } from "./run-files.ts";
import type { Store } from "./store.ts";
import type { TrialRequest } from "./trial-request.ts";

/** Epochs that end within it are written together: what a kill or a power cut costs of short ones. */
const TOGETHER_MS = 10_000;
/**
 * Checkpoints within an epoch come this far apart: what a kill costs of long ones at most, and a stop that comes upon a run
 * of steps which is longer than it may wait.
 */
const WITHIN_MS = 30_000;

/** Of a run, what is written with its epochs, and how its time passes. */
export interface RunWriting extends Pick<TrialRequest, "keepBestUntil" | "keepEpochs"> {
  readonly kernels: KernelMeasuring;
  readonly watchGates: boolean;
  /** Milliseconds from any fixed point. */
  readonly clock: () => number;
  /** Told of each checkpoint that a later start can go on from. */
  readonly onKept: () => void;
}

export class RunWriter {
  private epochs: EpochMetrics[] = [];
  private best: Checkpoint | undefined;
  private last: Checkpoint | undefined;
  private gates: PackedGates | undefined;
  private readonly lastGates: GateWatch;
  private written: number;
  /** Whether the last checkpoint is of a whole epoch, of this start: others go on until there is one. */
  private isWhole = false;

  constructor(
    private readonly run: Store,
    private readonly writing: RunWriting,
  ) {
    this.lastGates = gateWatch(run);
    this.written = writing.clock();
  }

  /** For a training that is watched; its gates are written before a checkpoint that needs them. */
  get watch(): GateWatch | undefined {
    if (!this.writing.watchGates) return undefined;
    return {
      ...this.lastGates,
      keep: async (gates) => {
        this.gates = gates;
      },
    };
  }

  /** An epoch has ended. */
  async epoch(metrics: EpochMetrics, checkpoint: Checkpoint, improved: boolean): Promise<void> {
    const { kernels, keepBestUntil, keepEpochs = [] } = this.writing;
    await kernels.after(checkpoint);
    this.epochs.push(metrics);
    this.last = checkpoint;
    if (improved) this.best = checkpoint;
    const isKept = [...keepBestUntil, ...keepEpochs].includes(checkpoint.epoch);
    if (isKept || !this.isWhole || this.elapsed() >= TOGETHER_MS) await this.flush();
  }

  /** Steps of an epoch are done: it is time for a checkpoint, or not. */
  get isDue(): boolean {
    return this.elapsed() >= WITHIN_MS;
  }

  /** A checkpoint from within an epoch. */
  async part(checkpoint: Checkpoint): Promise<void> {
    // a part goes on from the gates of the epoch before: until both are there, the whole one does
    await this.end();
    await this.writeLast(checkpoint);
    this.isWhole = false;
  }

  /** Nothing more will come, for now. */
  async end(): Promise<void> {
    await this.flush();
    if (this.gates !== undefined) await this.lastGates.keep(this.gates);
    this.gates = undefined;
  }

  /** Writes what epochs have left; lines first, the checkpoint last: lines behind it are dropped, and computed again. */
  async flush(): Promise<void> {
    const { run, epochs, best, last } = this;
    if (last === undefined) return;
    const { kernels, keepBestUntil, keepEpochs = [] } = this.writing;
    await appendMetrics(run, epochs);
    this.epochs = [];
    await kernels.write();
    if (best !== undefined) await writeCheckpoint(run, "best", best);
    this.best = undefined;
    if (keepBestUntil.includes(last.epoch)) await keepBest(run, last.epoch);
    if (keepEpochs.includes(last.epoch)) await writeCheckpoint(run, `epoch-${last.epoch}`, last);
    await this.writeLast(last);
    this.last = undefined;
    this.isWhole = true;
  }

  private elapsed(): number {
    return this.writing.clock() - this.written;
  }

  private async writeLast(checkpoint: Checkpoint): Promise<void> {
    await writeCheckpoint(this.run, "last", checkpoint);
    this.writing.onKept();
    this.written = this.writing.clock();
  }
}
