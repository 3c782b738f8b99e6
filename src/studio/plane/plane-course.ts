/** One training of points of the plane, whose networks are all kept: what is drawn goes back and forth between them. */
import type { Engine, Program } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import { type GatedNetwork, initialParameters, type TrialParameters } from "../../network/index.ts";
import {
  type EpochMetrics,
  logitsGraph,
  type TrainingEvent,
  type TrainingPlan,
  train,
  trainedModel,
  trainedNetwork,
} from "../../train/index.ts";
import type { Turn } from "../desk/answering.ts";
import type { PlaneData } from "./plane-data.ts";
import type { CoursePart, MomentPart } from "./topics.ts";

interface CourseWorld {
  /** Opened when something is trained or evaluated; always the same. */
  readonly openEngine: () => Promise<Engine>;
  /** Milliseconds from any fixed point. */
  readonly clock: () => number;
}

/** A network that the training has been. */
interface Moment extends MomentPart {
  readonly parameters: TrialParameters;
  readonly plan: TrainingPlan;
  network: GatedNetwork | undefined;
}

export class PlaneCourse {
  private readonly moments: Moment[] = [];
  /** What is trained now: behind learnt gates first the ReLU network that they are of. */
  private now: TrainingPlan;
  private events: AsyncGenerator<TrainingEvent, void, undefined> | undefined;
  /** After its best epoch. */
  private best: TrialParameters | undefined;
  private state: CoursePart["state"] = "trains";
  private why: string | undefined;
  /** What each has open in the engine, by regime. */
  private readonly programs = new Map<string, Promise<Program>>();

  /** @throws GatewiseError for a plan that cannot be trained */
  constructor(
    private readonly plan: TrainingPlan,
    readonly data: PlaneData,
    readonly world: CourseWorld,
  ) {
    this.now = plan.regime === "flnpf" ? { ...plan, regime: "relu" } : plan;
    this.begin();
  }

  get part(): CoursePart {
    const trainings = this.plan.regime === "flnpf" ? 2 : 1;
    return {
      stage: "course",
      moments: this.moments.map(({ regime, epoch, trainLoss, testAccuracy }) => ({
        ...{ regime, epoch, trainLoss, testAccuracy },
      })),
      epochs: this.plan.epochs,
      total: trainings * (this.plan.epochs + 1),
      state: this.state,
      why: this.why,
    };
  }

  /** Goes on by some epochs. */
  async advance(epochs: number, turn: Turn<CoursePart>): Promise<void> {
    const until = this.moments.length + epochs;
    while (this.state === "trains" && this.moments.length < until) {
      await this.goOn();
      await turn.breathe();
    }
    turn.tell(this.part);
  }

  network(moment: number): GatedNetwork {
    const one = this.at(moment);
    one.network ??= trainedNetwork(one.plan, one.parameters);
    return one.network;
  }

  /** As ONNX. */
  model(moment: number): Uint8Array<ArrayBuffer> {
    const { plan, parameters } = this.at(moment);
    return new Uint8Array(trainedModel(plan, parameters).bytes);
  }

  /** The moments of the same training, up to this one. */
  momentsUpTo(moment: number): readonly number[] {
    const { plan } = this.at(moment);
    const first = this.moments.findIndex((one) => one.plan === plan);
    return Array.from({ length: moment - first + 1 }, (_, i) => first + i);
  }

  /** What gives logits of inputs, and the parameters that it is fed for a moment. */
  async predictor(moment: number): Promise<{ readonly program: Program; readonly parameters: TrialParameters }> {
    const { plan, parameters } = this.at(moment);
    const engine = await this.world.openEngine();
    const known = this.programs.get(plan.regime);
    const program = known ?? engine.compile(logitsGraph(plan, "float32"));
    this.programs.set(plan.regime, program);
    return { program: await program, parameters };
  }

  async close(): Promise<void> {
    await this.events?.return();
    for (const program of this.programs.values()) await (await program)[Symbol.asyncDispose]();
  }

  private at(moment: number): Moment {
    const found = this.moments[moment];
    if (found === undefined) throw new Error(`unreachable: no moment ${moment}`);
    return found;
  }

  /** Some steps; a loss that is no longer finite ends the training. */
  private async goOn(): Promise<void> {
    const { clock, openEngine } = this.world;
    const { parameters } = this.at(this.moments.length - 1);
    this.events ??= train(this.now, this.data, parameters, { engine: await openEngine(), clock });
    try {
      const next = await this.events.next();
      if (next.done === true) this.end();
      else if (next.value.kind === "epoch") this.note(next.value);
    } catch (thrown) {
      if (!(thrown instanceof GatewiseError)) throw thrown;
      this.state = "failed";
      this.why = thrown.message;
    }
  }

  private note({ metrics, improved, checkpoint }: Extract<TrainingEvent, { readonly kind: "epoch" }>): void {
    if (improved) this.best = checkpoint.parameters;
    this.keep(checkpoint.parameters, metrics);
    if (metrics.epoch >= this.now.epochs && this.now === this.plan) this.state = "ended";
  }

  /** The training behind the gates of the one that has ended, if that is what was asked. */
  private end(): void {
    this.events = undefined;
    if (this.now === this.plan) this.state = "ended";
    else {
      this.now = this.plan;
      this.begin();
    }
  }

  /** The network before its training is a moment, too. */
  private begin(): void {
    this.keep(initialParameters(this.now, this.best?.value), undefined);
  }

  private keep(parameters: TrialParameters, metrics: EpochMetrics | undefined): void {
    const { now: plan } = this;
    if (plan.regime === "by-layer") throw new Error("unreachable: gates by layer in a page");
    const { epoch = 0, trainLoss, testAccuracy } = metrics ?? {};
    this.moments.push({ regime: plan.regime, epoch, trainLoss, testAccuracy, plan, parameters, network: undefined });
  }
}
