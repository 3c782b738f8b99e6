/** One regime's training, which goes on as far as it is asked to. */
import { GatewiseError } from "../../errors.ts";
import type { Training } from "../../experiments/index.ts";
import type { PackedGates } from "../../gates/index.ts";
import type { Checkpoint, EpochMetrics, TrainingEvent } from "../../train/index.ts";
import type { TrainedRegime } from "./settings.ts";
import type { EpochPart, LanePart } from "./topics.ts";

export class Lane {
  /** After the last epoch, and after the best one: what others are measured by and take gates from. */
  last: Checkpoint | undefined;
  best: Checkpoint | undefined;
  state: LanePart["state"] = "waits";
  readonly metrics: EpochMetrics[] = [];
  private readonly kernels: Float64Array[] = [];
  private why: string | undefined;
  private events: AsyncGenerator<TrainingEvent, void, undefined> | undefined;

  /** @param kernelOf what of the gates is kept of each epoch: the kernel by class */
  constructor(
    readonly regime: TrainedRegime,
    readonly training: Training,
    private readonly kernelOf: (gates: PackedGates) => Float64Array,
  ) {}

  get plan(): Training["plan"] {
    return this.training.plan;
  }

  /** @param events of its training */
  begin(events: AsyncGenerator<TrainingEvent, void, undefined>): void {
    this.events = events;
    this.state = "trains";
  }

  fail(why: string): void {
    this.why = why;
    this.state = "failed";
  }

  /** Goes on by some steps; a loss that is no longer finite ends this training alone. */
  async advance(): Promise<void> {
    try {
      const next = await this.events?.next();
      if (next === undefined || next.done === true) this.state = "ended";
      else if (next.value.kind === "epoch") this.note(next.value);
    } catch (thrown) {
      if (!(thrown instanceof GatewiseError)) throw thrown;
      this.fail(thrown.message);
    }
  }

  async close(): Promise<void> {
    await this.events?.return();
  }

  get part(): LanePart {
    const epochs = this.metrics.map(
      ({ trainLoss, testAccuracy, gates }, i): EpochPart => ({
        trainLoss,
        testAccuracy,
        flipped: gates.map(({ flippedInEpoch }) => flippedInEpoch ?? 0),
        kernel: this.kernels[i] ?? new Float64Array(),
      }),
    );
    return { regime: this.regime, state: this.state, epochs, why: this.why };
  }

  private note({ metrics, improved, checkpoint, gates }: Extract<TrainingEvent, { readonly kind: "epoch" }>): void {
    this.metrics.push(metrics);
    this.kernels.push(this.kernelOf(gates));
    this.last = checkpoint;
    if (improved) this.best = checkpoint;
    if (this.metrics.length >= this.plan.epochs) this.state = "ended";
  }
}
