import type { ExampleSource } from "../data/index.ts";
import type { Engine } from "../engine/index.ts";
import type { Inputs, Neighbor, PackedGates } from "../gates/index.ts";
import type { DenseArray } from "../graph/index.ts";
import type { PairWay, TangentKernels } from "../kernels/index.ts";
import { type GatedNetwork, inputShapeOf, outputCount } from "../network/index.ts";
import { optionsIn } from "../options.ts";
import type { Evaluation } from "../train/index.ts";
import type { Description } from "./description.ts";
import type { EvaluatingOptions } from "./evaluating-options.ts";
import { ExampleQuestions } from "./example-questions.ts";
import type { GateDifferences } from "./gate-differences.ts";
import type { ExampleTargets } from "./influence-targets.ts";
import type { KeptPrograms } from "./kept-programs.ts";
import type { ManyNeighbors, ManyNeighborsOptions, NeighborPair, NeighborPairsOptions } from "./many-neighbors.ts";
import type { DescribeOptions, ModelOptions, ModelSource } from "./model-options.ts";
import type { Monitor, MonitorOptions } from "./monitor/monitor.ts";
import type { WatchedInputs, WatchOptions } from "./monitor/watch-inputs.ts";
import type { NeighborsOptions } from "./neighbors.ts";
import type { NeuralPathKernel, NeuralPathKernelOptions } from "./neural-path-kernel.ts";
import type { Asking } from "./progress.ts";
import { releasedModel } from "./released-model.ts";
import type { TangentAnswer, TangentAnswerOptions, TangentKernelOptions } from "./tangent-kernels.ts";
import type { InfluenceOptions, TrainingInfluence } from "./training-influence.ts";

/**
 * A network with an engine: all that can be asked of it. The engine starts at the first question that needs it, and what
 * it compiled serves the next ones. Released with `await using`. What answers a question is loaded when it is asked, so
 * that a page pays for what it uses.
 */
export class Model extends ExampleQuestions implements AsyncDisposable {
  private engineOpened: Promise<KeptPrograms> | undefined;
  private pairsFound: Promise<PairWay> | undefined;
  private isReleased = false;

  constructor(
    readonly network: GatedNetwork,
    private readonly options: ModelOptions,
  ) {
    super();
  }

  get source(): ModelSource {
    return this.options.source ?? { kind: "network" };
  }

  /** Shape of one example. */
  get inputShape(): readonly number[] {
    return inputShapeOf(this.network);
  }

  get outputs(): number {
    return outputCount(this.network);
  }

  /**
   * What the network is, before anything runs: layers, parameters, gates, paths, and what its kernels will take. In a few
   * seconds at most.
   */
  async describe(options: DescribeOptions = {}): Promise<Description> {
    this.checkUse(options);
    const { describeModel } = await import("./description.ts");
    const [engine, pairs] = [() => this.engine(), () => this.pairWay()];
    return await describeModel(this.network, engine, pairs, options);
  }

  /** The engine that answers are computed with: for questions of one's own. The model releases it. */
  async engine(): Promise<Engine> {
    this.checkUse();
    this.engineOpened ??= this.options.openEngine().then(async (engine) => {
      const { KeptPrograms } = await import("./kept-programs.ts");
      return new KeptPrograms(engine);
    });
    return await this.engineOpened;
  }

  /** How its exact path kernel is made of pairs of inputs, found once: that takes up to a second. @internal */
  async pairWay(): Promise<PairWay> {
    this.pairsFound ??= import("../kernels/index.ts").then(({ pairWay }) => pairWay(this.network));
    return await this.pairsFound;
  }

  /** Whether it may be asked, and with these options: callers without types may give null. */
  protected checkUse(options: object = {}): void {
    if (this.isReleased) throw releasedModel();
    optionsIn(options);
  }

  /**
   * Logits, in float32.
   * @param inputs `[n, …inputShape]`
   * @returns `[n, outputs]`
   * @throws GatewiseError if the inputs do not have the network's shape
   */
  async predict(inputs: Inputs, options: Asking = {}): Promise<DenseArray<"float32">> {
    this.checkUse(options);
    const { logitsOf } = await import("./logits.ts");
    return await logitsOf(this.network, await this.engine(), inputs, options);
  }

  /**
   * Accuracy and cross-entropy on labeled examples, such as those of a data set, that of a sigmoid where one output tells two classes
   * apart; or how far it is from real values.
   * @param examples `[n, …]` bytes, scaled by 1/255 unless the network normalizes them itself, or floats; maps `[c, h, w]`
   * are turned where the network reads `[h, w, c]`
   * @throws GatewiseError if the network reads another number of pixels, or gives another number of outputs
   */
  async evaluate(examples: ExampleSource, options: EvaluatingOptions = {}): Promise<Evaluation> {
    this.checkUse(options);
    const { evaluateNetwork } = await import("./evaluation.ts");
    const raw = this.source.kind !== "network" && this.source.raw !== undefined;
    const asTheyAre = raw ? { normalization: { factor: [1], shift: [0] } } : {};
    return await evaluateNetwork(this.network, await this.engine(), examples, { ...asTheyAre, ...options });
  }

  /**
   * Gates of all inputs as bits (theory 1.1): a layer for each gate that paths pass, in the order of the network.
   * @param inputs `[n, …inputShape]`
   * @throws GatewiseError if the inputs do not have the network's shape
   */
  async gates(inputs: Inputs, options: Asking = {}): Promise<PackedGates> {
    this.checkUse(options);
    const { gatesOfInputs } = await import("./gates-of-inputs.ts");
    return await gatesOfInputs(this.network, await this.engine(), inputs, options);
  }

  /**
   * How often the gates that the engine computes in float32, which kernels and neighbors use, differ from those that
   * {@link Model.paths} computes in float64: where a pre-activation is 0 up to rounding.
   * @param inputs `[n, …inputShape]`
   * @throws GatewiseError if the inputs do not have the network's shape
   */
  async gateDifferences(inputs: Inputs, options: Asking = {}): Promise<GateDifferences> {
    this.checkUse(options);
    const { gateDifferences } = await import("./gate-differences.ts");
    return await gateDifferences(this.network, await this.engine(), inputs, options);
  }

  /**
   * The other input most like one of them, by the distance of their elements, of those to which the network gives a class: a
   * reference for {@link Model.flow}.
   * @param inputs `[n, …inputShape]`
   * @param example one of them, from 0
   * @param wanted the class: the output whose logit is largest
   * @returns which of the inputs, from 0
   * @throws GatewiseError if there is no such class or example, or no other example of that class
   */
  async nearestOfClass(inputs: Inputs, example: number, wanted: number, options: Asking = {}): Promise<number> {
    this.checkUse(options);
    const { nearestOfClass } = await import("./nearest-of-class.ts");
    return await nearestOfClass(this.network, await this.engine(), inputs, example, wanted, options);
  }

  /**
   * Neural path kernel of inputs (theory 3.1), the fastest exact way that the network's form allows, or estimated.
   * @param inputs `[n, …inputShape]`
   * @returns `[n, n]`, or `[n, m]` with `m` other inputs; float64
   * @throws GatewiseError if the inputs do not have the network's shape, or the options do not go together
   */
  async pathKernel(inputs: Inputs, options: NeuralPathKernelOptions = {}): Promise<NeuralPathKernel> {
    this.checkUse(options);
    const { neuralPathKernel } = await import("./neural-path-kernel.ts");
    const { tileMakers } = this.options;
    return await neuralPathKernel(this.network, await this.engine(), inputs, options, tileMakers, () => this.pairWay());
  }

  /**
   * Tangent kernel of one output (theory 4.1).
   * @param inputs `[n, …inputShape]`
   * @returns `[n, n]`, or `[n, m]` with `m` other inputs; float64
   * @throws GatewiseError if the inputs do not have the network's shape, or it has no such output
   */
  async tangentKernel(inputs: Inputs, options: TangentKernelOptions = {}): Promise<DenseArray<"float64">> {
    this.checkUse(options);
    const { tangentKernelOf } = await import("./tangent-kernels.ts");
    return await tangentKernelOf(this.network, await this.engine(), inputs, options.part ?? "all", options);
  }

  /** Both parts of the tangent kernel in one pass; their sum is the whole. See {@link tangentKernel}. */
  async tangentKernels(inputs: Inputs, options: Omit<TangentKernelOptions, "part"> = {}): Promise<TangentKernels> {
    this.checkUse(options);
    const { tangentKernelsOf } = await import("./tangent-kernels.ts");
    return await tangentKernelsOf(this.network, await this.engine(), inputs, options);
  }

  /**
   * Tangent kernel of one output in numbers: size and smallest eigenvalue, and the sizes of its parts where the network has
   * a feature network.
   * @param inputs `[n, …inputShape]`
   * @throws GatewiseError if the inputs do not have the network's shape, or it has no such output
   */
  async tangentAnswer(inputs: Inputs, options: TangentAnswerOptions = {}): Promise<TangentAnswer> {
    this.checkUse(options);
    const { tangentAnswer } = await import("./tangent-kernels.ts");
    return await tangentAnswer(this.network, await this.engine(), inputs, options);
  }

  /** Bytes that {@link tangentAnswer} takes at most for a number of examples. */
  async tangentBytes(examples: number, part?: TangentKernelOptions["part"]): Promise<number> {
    this.checkUse();
    const { tangentAnswerBytes } = await import("./tangent-kernels.ts");
    return tangentAnswerBytes(this.network, examples, part);
  }

  /**
   * The examples that share most active paths with one of them, exactly.
   * @param inputs `[n, …inputShape]`
   * @param query one of them, from 0
   * @returns the nearest first, the query left out
   * @throws GatewiseError if there is no such example, or the inputs do not have the network's shape
   */
  async neighbors(inputs: Inputs, query: number, options?: NeighborsOptions): Promise<readonly Neighbor[]>;
  /**
   * The examples that share most active paths with each of many queries, exactly, and how usual that is: of examples that are
   * held out of `inputs`, each compared with all the others, the share in percent whose nearest similarity is at most the
   * query's.
   * @param inputs `[n, …inputShape]`, the examples that are searched
   * @param queries `[m, …inputShape]`
   * @throws GatewiseError if the inputs do not have the network's shape, or there is not one label an example
   */
  async neighbors(inputs: Inputs, queries: Inputs, options?: ManyNeighborsOptions): Promise<ManyNeighbors>;
  async neighbors(
    inputs: Inputs,
    queries: number | Inputs,
    options: ManyNeighborsOptions = {},
  ): Promise<readonly Neighbor[] | ManyNeighbors> {
    this.checkUse(options);
    if (typeof queries !== "object") {
      const { neighbors } = await import("./neighbors.ts");
      return await neighbors(this.network, await this.engine(), inputs, queries, options);
    }
    const { manyNeighbors } = await import("./many-neighbors.ts");
    return await manyNeighbors(this.network, await this.engine(), inputs, queries, options, this.options.openRanker);
  }

  /**
   * The pairs that share most active paths, the most alike first: of two inputs, or of an input and one of others.
   * @param inputs `[n, …inputShape]`
   * @throws GatewiseError if the inputs do not have the network's shape
   */
  async neighborPairs(inputs: Inputs, options: NeighborPairsOptions = {}): Promise<readonly NeighborPair[]> {
    this.checkUse(options);
    const { neighborPairs } = await import("./many-neighbors.ts");
    return await neighborPairs(this.network, await this.engine(), inputs, options, this.options.openRanker);
  }

  /**
   * Which training examples helped and which hurt (theory 8.3), to be asked for many queries; released before the model.
   * @param train `[n, …inputShape]`
   * @param labels classes, one each; real values of a network of one output, or `[n, outputs]`
   * @throws GatewiseError if the inputs do not have the network's shape, or there is not one label an example
   */
  async influence(train: Inputs, labels: ExampleTargets, options: InfluenceOptions = {}): Promise<TrainingInfluence> {
    this.checkUse(options);
    const { trainingInfluence } = await import("./training-influence.ts");
    const from = { ...this.options, pairs: () => this.pairWay() };
    return await trainingInfluence(this.network, await this.engine(), train, labels, options, from);
  }

  /**
   * A monitor of the network (theory 8): examples of each class that it gives, chosen to cover `inputs`, and how familiar clean
   * inputs are. `writeMonitor` makes a file of it.
   * @param inputs `[n, …inputShape]`, familiar ones: those that it was trained on
   * @throws GatewiseError for a network that tells no classes or whose gates are no bits, or inputs that are not of its shape
   */
  async fitMonitor(inputs: Inputs, options: MonitorOptions = {}): Promise<Monitor> {
    this.checkUse(options);
    const { fitMonitor } = await import("./monitor/fit-monitor.ts");
    const { refuseRegression } = await import("./monitor/check-monitored.ts");
    refuseRegression(this.source);
    return await fitMonitor(this.network, await this.engine(), inputs, options);
  }

  /**
   * How unusual inputs are by a monitor of this network, which of them raise an alarm, and whether together they have drifted. It
   * finds unfamiliar inputs and errors; attacks are not claimed.
   * @param inputs `[n, …inputShape]`
   * @throws GatewiseError for the monitor of another network, inputs that are not of its shape, or a level beyond its clean inputs
   */
  async watchInputs(monitor: Monitor, inputs: Inputs, options: WatchOptions = {}): Promise<WatchedInputs> {
    this.checkUse(options);
    const { watchInputs } = await import("./monitor/watch-inputs.ts");
    return await watchInputs(this.network, await this.engine(), monitor, inputs, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isReleased = true;
    const opened = this.engineOpened;
    this.engineOpened = undefined;
    await (await opened?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}
