/**
 * The engine over ONNX Runtime, the same for its Node and its browser package: both implement `onnxruntime-common`.
 */
import type { InferenceSession, Tensor as OrtTensor, TypedTensor } from "onnxruntime-common";
import { GatewiseError, messageOf } from "../errors.ts";
import {
  bytesOf,
  type DenseArray,
  type DType,
  fromBytes,
  type Graph,
  type Model,
  nodeThatNeeds,
  type Port,
  writeModel,
} from "../graph/index.ts";
import type { Capabilities, Device, Engine, Feed, Feeds, Program, ResidentArray, RunResult } from "./engine.ts";
import { beyondDevice, foreignArray, released, unfitFeed, unknownFeed, unknownOutput } from "./misuse.ts";

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
    await this.tensor.getData();
    return copyOf(toDense(this.tensor));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isReleased = true;
    this.tensor.dispose();
  }
}

class OrtProgram implements Program {
  private isReleased = false;

  constructor(
    readonly model: Model,
    private readonly engine: OrtEngine,
    private readonly session: InferenceSession,
  ) {}

  async run(feeds: Feeds, keep: readonly string[] = []): Promise<RunResult> {
    if (this.isReleased) throw released("program");
    const { inputs, outputs } = this.model;
    const unknown = Object.keys(feeds).find((name) => !inputs.some((port) => port.name === name));
    if (unknown !== undefined) throw unknownFeed(unknown, inputs);
    const unknownKept = keep.find((name) => !outputs.some((port) => port.name === name));
    if (unknownKept !== undefined) throw unknownOutput(unknownKept, outputs);
    const sizes = new Map<string, number>();
    const tensors = inputs.map((port) => [port.name, this.tensorFor(port, feeds[port.name], sizes)] as const);
    const results = await this.runSession(Object.fromEntries(tensors));
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

  private async runSession(tensors: Record<string, OrtTensor>): Promise<InferenceSession.ReturnType> {
    try {
      return await this.session.run(tensors);
    } catch (thrown) {
      throw new GatewiseError({
        received: `a failed run: ${messageOf(thrown)}`,
        expected: "a run to the end",
        next: "look at the node that the message names; with large batches, try a smaller one",
        cause: thrown,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    this.engine.forget(this);
    await this.session.release();
  }
}

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

const dtypeOf = (tensor: OrtTensor): DType => {
  const { type } = tensor;
  switch (type) {
    case "float32":
    case "float64":
    case "int64":
    case "int32":
    case "uint8":
    case "bool":
      return type;
    default:
      throw new GatewiseError({
        received: `an output of ${type}`,
        expected: "float32, float64, int64, int32, uint8 or bool",
        next: "cast it inside the graph",
      });
  }
};

function toDense(tensor: OrtTensor): DenseArray {
  // dtype and typed array of an ONNX Runtime tensor agree by its own construction
  const { data, dims } = tensor as TypedTensor<"float32">;
  return { dtype: dtypeOf(tensor), shape: dims, data } as unknown as DenseArray;
}

const FEATURES = ["scan", "float64"] as const satisfies readonly (keyof Capabilities)[];

const copyOf = (array: DenseArray): DenseArray => fromBytes(array.dtype, array.shape, bytesOf(array));

class OrtEngine implements Engine {
  private readonly programs = new Set<Program>();
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

  async compile(graph: Graph): Promise<Program> {
    return this.load(writeModel(graph));
  }

  async load(model: Model): Promise<Program> {
    if (this.isReleased) throw released("engine");
    this.expectCapable(model);
    try {
      const session = await this.ort.InferenceSession.create(model.bytes, this.options.session);
      const program = new OrtProgram(model, this, session);
      this.programs.add(program);
      return program;
    } catch (thrown) {
      throw new GatewiseError({
        received: `a model that ${this.device} does not take: ${messageOf(thrown)}`,
        expected: "a model whose nodes this device has kernels for",
        next: "look at the node that the message names, or run it with --device cpu",
        cause: thrown,
      });
    }
  }

  async upload(array: DenseArray): Promise<ResidentArray> {
    if (this.isReleased) throw released("engine");
    return new OrtArray(this, this.tensorOf(array));
  }

  tensorOf({ dtype, data, shape }: DenseArray): OrtTensor {
    return new this.ort.Tensor(dtype, data, shape);
  }

  forget(program: Program): void {
    this.programs.delete(program);
  }

  private expectCapable({ bytes }: Model): void {
    for (const feature of FEATURES) {
      const lacking = this.capabilities[feature] ? undefined : nodeThatNeeds(feature, bytes);
      if (lacking !== undefined) throw beyondDevice(lacking, feature, this.device);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isReleased = true;
    for (const program of this.programs) await program[Symbol.asyncDispose]();
  }
}

/** An engine over a loaded ONNX Runtime package. */
export const ortEngine = (ort: OrtRuntime, options: OrtEngineOptions): Engine => new OrtEngine(ort, options);
