/** Regimes side by side: an epoch of each in turn; the one with learnt gates once there are such. */
import { type ExampleSet, fitExamples } from "../../data/index.ts";
import type { Engine } from "../../engine/index.ts";
import { type ShareInGates, shareInGates } from "../../experiments/index.ts";
import { sizeOf } from "../../graph/index.ts";
import { classKernel } from "../../kernels/index.ts";
import { exampleScores } from "../../models/index.ts";
import { initialParameters } from "../../network/index.ts";
import { train, trainedNetwork } from "../../train/index.ts";
import type { Turn } from "../desk/answering.ts";
import type { Progress } from "../desk/protocol.ts";
import { Lane } from "./lane.ts";
import type { TrainingData } from "./opened-data.ts";
import { type TrainedRegime, trainingBy, type WrittenSettings } from "./settings.ts";
import type { AdvanceQuestion, CoursePart } from "./topics.ts";

/** What the trainings of a course need. */
export interface CourseWorld {
  readonly engine: Engine;
  readonly data: TrainingData;
  /** Milliseconds from any fixed point. */
  readonly clock: () => number;
}

/** Test examples whose paths the kernel by class compares: all of them would take longer than an epoch. */
const IN_KERNEL = 200;
const DIGITS = 10;
/** What the paper's question is asked of. */
const COMPARED: readonly TrainedRegime[] = ["relu", "flnpf", "frnpf-ii"];
/** Gates are watched, and nothing is resumed. */
const NOTHING_KEPT = { keep: async () => {}, last: async () => undefined };

export class Course {
  private readonly lanes: readonly Lane[];
  private readonly data: { readonly train: ExampleSet; readonly test: ExampleSet };
  private share: ShareInGates | undefined;
  private isPaused = false;

  /** @throws GatewiseError for settings that cannot be trained */
  constructor(
    readonly settings: WrittenSettings,
    private readonly world: CourseWorld,
  ) {
    const { train, test, described, words } = world.data;
    const labels = test.labels.data.subarray(0, IN_KERNEL);
    const classes = words?.classes.length ?? DIGITS;
    const ends = {
      inputs: sizeOf(test.exampleShape),
      outputs: classes,
      biases: Array.from({ length: Number(settings.depth) }, () => true),
    };
    this.lanes = settings.regimes.map(
      (regime) =>
        new Lane(regime, trainingBy(settings, regime, described), (gates) => classKernel(gates, labels, classes, ends)),
    );
    const shape = this.lanes[0]?.plan.architecture.inputShape ?? [];
    this.data = { train: fitExamples(train, shape), test: fitExamples(test, shape) };
    this.begin();
  }

  get part(): CoursePart {
    return { lanes: this.lanes.map(({ part }) => part), share: this.share, data: this.world.data.words };
  }

  lane(regime: TrainedRegime): Lane {
    const found = this.lanes.find((lane) => lane.regime === regime);
    if (found === undefined) throw new Error(`unreachable: no training of ${regime}`);
    return found;
  }

  pause(): void {
    this.isPaused = true;
  }

  async advance({ until }: AdvanceQuestion, turn: Turn<CoursePart>): Promise<void> {
    this.isPaused = false;
    const going = this.lanes.filter(({ state }) => state === "trains");
    const lanes = until === "end" ? this.lanes : going;
    const target =
      until === "end"
        ? Number.POSITIVE_INFINITY
        : 1 + going.reduce((least, lane) => Math.min(least, epochsOf(lane)), Number.POSITIVE_INFINITY);
    for (;;) {
      const lane = behind(lanes, target);
      if (lane === undefined || this.isPaused) break;
      const before = epochsOf(lane);
      await lane.advance();
      this.begin();
      if (epochsOf(lane) > before || lane.state === "failed") {
        turn.tell(this.part);
        const { done, total } = this.progress();
        turn.progress(done, total);
      }
      await turn.breathe();
    }
    const ended = new Set(this.lanes.filter(({ state }) => state === "ended").map(({ regime }) => regime));
    if (COMPARED.every((regime) => ended.has(regime))) this.share ??= await this.measureShare();
    turn.tell(this.part);
  }

  async close(): Promise<void> {
    for (const lane of this.lanes) await lane.close();
  }

  /** Begins what can begin: fixed gates that were learnt are those of the ReLU network after its best epoch. */
  private begin(): void {
    const { engine, clock } = this.world;
    for (const lane of this.lanes) {
      if (lane.state !== "waits") continue;
      const context = { engine, clock, watch: NOTHING_KEPT };
      if (lane.regime !== "flnpf") {
        lane.begin(train(lane.plan, this.data, initialParameters(lane.plan), context));
        continue;
      }
      const relu = this.lane("relu");
      if (relu.state === "failed") lane.fail("the ReLU network whose gates it takes has failed");
      else if (relu.state === "ended") {
        const initial = initialParameters(lane.plan, relu.best?.parameters.value);
        lane.begin(train(lane.plan, this.data, initial, context));
      }
    }
  }

  /** Epochs that are done, and all that there are. */
  private progress(): Progress {
    const count = (lane: Lane): number => (lane.state === "failed" ? lane.plan.epochs : epochsOf(lane));
    return {
      done: this.lanes.reduce((sum, lane) => sum + count(lane), 0),
      total: this.lanes.reduce((sum, { plan }) => sum + plan.epochs, 0),
    };
  }

  private async measureShare(): Promise<ShareInGates> {
    const scores = async (regime: TrainedRegime): Promise<Float64Array> => {
      const { plan, last } = this.lane(regime);
      if (last === undefined) throw new Error(`unreachable: ${regime} has ended without an epoch`);
      const network = trainedNetwork(plan, last.parameters);
      return (await exampleScores(network, this.world.engine, this.data.test)).scores;
    };
    return shareInGates({
      model: await scores("relu"),
      gates: [await scores("flnpf")],
      random: [await scores("frnpf-ii")],
    });
  }
}

const epochsOf = ({ metrics }: Lane): number => metrics.length;

/** Of those that train and have not come to the target, the first of those that have come least far. */
function behind(lanes: readonly Lane[], target: number): Lane | undefined {
  const able = lanes.filter((lane) => lane.state === "trains" && epochsOf(lane) < target);
  return able.reduce<Lane | undefined>(
    (least, lane) => (least === undefined || epochsOf(lane) < epochsOf(least) ? lane : least),
    undefined,
  );
}
