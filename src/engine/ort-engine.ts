/**
 * The engine over ONNX Runtime, the same for its Node and its browser package: both implement `onnxruntime-common`.
 */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { GatewiseError, messageOf } from "../errors.ts";
import {
  bytesOf,
  type DenseArray,
  type DType,
  fromBytes,
  type Graph,
  nodeThatNeeds,
  nodeWithoutKernel,
  type Port,
  type WrittenModel,
  writeModel,
} from "../graph/index.ts";
import { DeviceCopies, isCopied } from "./device-copies.ts";
import type { Capabilities, Device, Engine, Feed, Feeds, Program, ProgramResult, ResidentArray } from "./engine.ts";
import {
  beyondDevice,
  checkFeeds,
  checkOutputs,
  foreignArray,
  type ModelFeature,
  released,
  unfitFeed,
  withoutKernel,
} from "./misuse.ts";
import { releaseSession, runSession } from "./ort-session.ts";
import { dtypeOf, toDense } from "./ort-values.ts";

/** The part of ONNX Runtime's packages that an engine uses. */
export interface OrtRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (type: DType, data: DenseArray["data"], dims: readonly number[]) => OrtTensor;
}

export interface OrtEngineOptions {
  readonly device: Device;
  readonly capabilities: Capabilities;
  readonly session: InferenceSession.SessionOptions;
  /** The device has memory of its own: arrays that live in the engine, and outputs that are kept, stay there. */
  readonly ownMemory: boolean;
}

class OrtArray implements ResidentArray {
  private isReleased = false;

  constructor(
    private readonly engine: OrtEngine,
    private readonly tensor: OrtTensor,
  ) {}

  get dtype(): DType {
    return dtypeOf(this.tensor);
  }

  get shape(): readonly number[] {
    return this.tensor.dims;
  }

  /** The tensor, for a run of the engine that owns it. */
  tensorIn(engine: OrtEngine): OrtTensor {
    if (this.isReleased) throw released("array");
    if (engine !== this.engine) throw foreignArray();
    return this.tensor;
  }

  async read(): Promise<DenseArray> {
    if (this.isReleased || this.engine.isReleased) throw released("array");
    return copyOf(toDense(await this.engine.fetch(this.tensor)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isReleased = true;
    this.tensor.dispose();
  }
}

class OrtProgram implements Program {
  private isReleased = false;

  /** @param sessions of the model, by the names of the outputs that stay in the device's own memory */
  constructor(
    readonly model: WrittenModel,
    private readonly engine: OrtEngine,
    private readonly sessions: Map<string, Promise<InferenceSession>>,
  ) {}

  async run(feeds: Feeds, keep: readonly string[] = []): Promise<ProgramResult> {
    if (this.isReleased) throw released("program");
    const { inputs, outputs } = this.model;
    checkFeeds(feeds, inputs);
    checkOutputs(keep, outputs);
    const sizes = new Map<string, number>();
    const tensors = inputs.map((port) => [port.name, this.tensorFor(port, feeds[port.name], sizes)] as const);
    const session = await this.sessionThatKeeps(keep);
    const results = await runSession(session, Object.fromEntries(tensors));
    const fetched: Record<string, DenseArray> = {};
    const kept: Record<string, ResidentArray> = {};
    for (const { name } of outputs) {
      const tensor = results[name];
      if (tensor === undefined) throw new Error(`the engine left out the output "${name}"`);
      if (keep.includes(name)) kept[name] = new OrtArray(this.engine, tensor);
      else fetched[name] = toDense(tensor);
    }
    return { fetched, kept };
  }

  private tensorFor(port: Port, feed: Feed | undefined, sizes: Map<string, number>): OrtTensor {
    if (feed === undefined || feed.dtype !== port.dtype || !fits(feed.shape, port, sizes)) {
      throw unfitFeed(feed, port, sizes);
    }
    if (feed instanceof OrtArray) return feed.tensorIn(this.engine);
    if ("data" in feed) return this.engine.tensorOf(feed);
    throw foreignArray();
  }

  /** Where outputs lie is decided when a session is made; a program has one for each choice of outputs that it is run with. */
  private sessionThatKeeps(keep: readonly string[]): Promise<InferenceSession> {
    const names = this.engine.namesOnDevice(this.model, keep);
    const key = sessionKey(names);
    const session = this.sessions.get(key) ?? this.engine.openSession(this.model, names);
    this.sessions.set(key, session);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    this.engine.forget(this);
    for (const session of this.sessions.values()) await releaseSession(session);
  }
}

const sessionKey = (names: readonly string[]): string => [...names].sort().join("\n");

/** Symbolic dimensions take any size, the same wherever they are named; `sizes` collects them. */
function fits(shape: readonly number[], port: Port, sizes: Map<string, number>): boolean {
  return (
    shape.length === port.shape.length &&
    shape.every((size, i) => {
      const wanted = port.shape[i];
      if (typeof wanted !== "string") return size === wanted;
      if (!sizes.has(wanted)) sizes.set(wanted, size);
      return size === sizes.get(wanted);
    })
  );
}

const FEATURES = ["scan", "float64"] as const satisfies readonly ModelFeature[];

const copyOf = (array: DenseArray): DenseArray => fromBytes(array.dtype, array.shape, bytesOf(array));

class OrtEngine implements Engine {
  private readonly programs = new Set<Program>();
  private readonly copies = new DeviceCopies(
    (model, onDevice) => this.openSession(model, onDevice),
    (array) => this.tensorOf(array),
  );
  readonly device: Device;
  readonly capabilities: Capabilities;
  isReleased = false;

  constructor(
    private readonly ort: OrtRuntime,
    private readonly options: OrtEngineOptions,
  ) {
    this.device = options.device;
    this.capabilities = options.capabilities;
  }

  async compile(graph: Graph, keep?: readonly string[]): Promise<Program> {
    return this.load(writeModel(graph), keep);
  }

  async load(model: WrittenModel, keep: readonly string[] = []): Promise<Program> {
    if (this.isReleased) throw released("engine");
    checkOutputs(keep, model.outputs);
    this.expectCapable(model);
    const names = this.namesOnDevice(model, keep);
    const session = this.openSession(model, names);
    await session;
    const program = new OrtProgram(model, this, new Map([[sessionKey(names), session]]));
    this.programs.add(program);
    return program;
  }

  /** @param onDevice names of outputs that stay in the device's own memory */
  async openSession({ bytes }: WrittenModel, onDevice: readonly string[]): Promise<InferenceSession> {
    const { session } = this.options;
    try {
      return await this.ort.InferenceSession.create(bytes, {
        ...session,
        ...(onDevice.length === 0
          ? {}
          : { preferredOutputLocation: Object.fromEntries(onDevice.map((name) => [name, "gpu-buffer"])) }),
      });
    } catch (thrown) {
      throw new GatewiseError({
        code: "unsupported-model",
        received: `a model that ${this.device} does not take: ${messageOf(thrown)}`,
        expected: "a model whose nodes this device has kernels for",
        next: "look at the node that the message names, or run it with `device` cpu",
        cause: thrown,
      });
    }
  }

  /** Those of the outputs to keep that can stay in the device's own memory, if it has one. */
  namesOnDevice({ outputs }: WrittenModel, keep: readonly string[]): readonly string[] {
    if (!this.options.ownMemory) return [];
    const stays = ({ name, dtype, shape }: Port): boolean => keep.includes(name) && isCopied(dtype, shape.length);
    return outputs.filter(stays).map(({ name }) => name);
  }

  async upload(array: DenseArray): Promise<ResidentArray> {
    if (this.isReleased) throw released("engine");
    const tensor = this.tensorOf(array);
    const moves = this.options.ownMemory && isCopied(array.dtype, array.shape.length);
    return new OrtArray(this, moves ? await this.copies.copied(tensor, "to device") : tensor);
  }

  /** The tensor where its values can be read. */
  async fetch(tensor: OrtTensor): Promise<OrtTensor> {
    return tensor.location === "gpu-buffer" ? await this.copies.copied(tensor, "from device") : tensor;
  }

  tensorOf({ dtype, data, shape }: DenseArray): OrtTensor {
    return new this.ort.Tensor(dtype, data, shape);
  }

  forget(program: Program): void {
    this.programs.delete(program);
  }

  private expectCapable({ bytes }: WrittenModel): void {
    for (const feature of FEATURES) {
      const lacking = this.capabilities[feature] ? undefined : nodeThatNeeds(feature, bytes);
      if (lacking !== undefined) throw beyondDevice(lacking, feature, this.device);
    }
    const { kernels } = this.capabilities;
    const lacking = kernels === "all" ? undefined : nodeWithoutKernel(kernels, bytes);
    if (lacking !== undefined) throw withoutKernel(lacking, this.device);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isReleased = true;
    for (const program of this.programs) await program[Symbol.asyncDispose]();
    await this.copies[Symbol.asyncDispose]();
  }
}

/** An engine over a loaded ONNX Runtime package. */
export const ortEngine = (ort: OrtRuntime, options: OrtEngineOptions): Engine => new OrtEngine(ort, options);
