import type { DenseArray, DType, Graph, KernelTable, WrittenModel } from "../graph/index.ts";

/** Where a graph runs. `cuda` needs ONNX Runtime's CUDA provider, which this package does not install. */
export const DEVICES = ["cpu", "wasm", "webgpu", "cuda"] as const;
/** One of {@link DEVICES}. */
export type Device = (typeof DEVICES)[number];

/** An array that lives in the engine: uploaded once, or kept there by a run. */
export interface ResidentArray extends AsyncDisposable {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** A copy of the values. */
  read(): Promise<DenseArray>;
}

/** Elements for one input: an array of this process, or one that stayed in the engine. */
export type Feed = DenseArray | ResidentArray;
/** Elements for the inputs of a program, by name. */
export type Feeds = Readonly<Record<string, Feed>>;

/** What a run gives back: copies of most outputs, and those that were asked to stay in the engine. */
export interface ProgramResult {
  readonly fetched: Readonly<Record<string, DenseArray>>;
  readonly kept: Readonly<Record<string, ResidentArray>>;
}

/** A compiled graph, ready to run any number of times. */
export interface Program extends AsyncDisposable {
  /** What it takes and gives. */
  readonly model: Pick<WrittenModel, "inputs" | "outputs">;
  /**
   * @param feeds one array for every input of the graph
   * @param keep names of outputs that stay in the engine, to be fed to a later run
   * @throws GatewiseError for a missing or unknown feed, a wrong dtype or shape, an unknown output to keep, an array of
   * another engine, something that has been released, or a failure inside the engine
   */
  run(feeds: Feeds, keep?: readonly string[]): Promise<ProgramResult>;
}

/** Runs graphs on one device. Released with `await using`; its programs and arrays go with it. */
export interface Engine extends AsyncDisposable {
  readonly device: Device;
  /** What the device cannot do is declared here and refused when a graph is compiled. */
  readonly capabilities: Capabilities;
  /** @param keep outputs that runs will keep: the program is made ready for them, where that makes a difference */
  compile(graph: Graph, keep?: readonly string[]): Promise<Program>;
  /** A model that was not built here, or was built elsewhere with `writeModel`. */
  load(model: WrittenModel, keep?: readonly string[]): Promise<Program>;
  /** Puts values into the engine, once for many runs; `array.data` must not change any more. */
  upload(array: DenseArray): Promise<ResidentArray>;
}

/** What an engine can run; a model that needs more is refused with the node that needs it. */
export interface Capabilities {
  /** Loops inside a graph. */
  readonly scan: boolean;
  readonly float64: boolean;
  /** Ops with kernels, where not every op has one. */
  readonly kernels: KernelTable | "all";
  /** Bytes of an array that is sure to find room in the engine as one piece. */
  readonly largestArray: number;
}

/** How an engine works: its threads, its memory, its smallest numbers. */
export interface EngineOptions {
  /**
   * Threads of the processor inside one op, at least 1; 1 for bit-equal results and for several engines side by side. What
   * runs on a graphics processor needs none.
   */
  readonly threads: number;
  /**
   * `planned` unless told otherwise: all of a run's memory at once, by a plan of the run before; 6 % faster for small
   * tensors. `as-needed` holds half as much where maps are large, at the same speed (bench/gconv-training.bench.ts). Of the processor's memory: WebGPU plans its own.
   */
  readonly memory?: "planned" | "as-needed";
  /**
   * `kept` unless told otherwise. `flushed`: numbers below 1.2e-38 count as 0, for the averages of Adam sink there and some
   * processors take a hundred times as long for them. ONNX Runtime flushes in the thread that runs it, and heeds the first
   * session of a process alone: all engines of the process should say the same. WebGPU
   * does as its device does; WebAssembly keeps them, and refuses to flush.
   */
  readonly denormals?: "kept" | "flushed";
}

/** Opens an engine: what is passed to rooms that need one. */
export type OpenEngine = (options: EngineOptions) => Promise<Engine>;
