/** One regime's training, which goes on as far as it is asked to. */
import { GatewiseError } from "../../errors.ts";
import type { Checkpoint, TrainingEvent, TrainingPlan } from "../../train/index.ts";
import type { PaperRegime } from "./settings.ts";
import type { EpochPart, LanePart } from "./topics.ts";

export class Lane {
  /** After the last epoch, and after the best one: what others are measured by and take gates from. */
  last: Checkpoint | undefined;
  best: Checkpoint | undefined;
  state: LanePart["state"] = "waits";
  readonly epochs: EpochPart[] = [];
  private why: string | undefined;
  private events: AsyncGenerator<TrainingEvent, void, undefined> | undefined;

  constructor(
    readonly regime: PaperRegime,
    readonly plan: TrainingPlan,
  ) {}

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
    return { regime: this.regime, state: this.state, epochs: [...this.epochs], why: this.why };
  }

  private note({ metrics, improved, checkpoint }: Extract<TrainingEvent, { readonly kind: "epoch" }>): void {
    this.epochs.push({ trainLoss: metrics.trainLoss, testAccuracy: metrics.testAccuracy });
    this.last = checkpoint;
    if (improved) this.best = checkpoint;
    if (this.epochs.length >= this.plan.epochs) this.state = "ended";
  }
}
