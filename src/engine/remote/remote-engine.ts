/**
 * An engine that lives elsewhere, behind messages: in a worker thread of Node or in a worker of a browser. The thread of
 * this side stays free to draw and to answer while it runs.
 */
import { GatewiseError, unpackError } from "../../errors.ts";
import {
  bytesOf,
  type DenseArray,
  type DType,
  fromBytes,
  type Graph,
  type WrittenModel,
  writeModel,
} from "../../graph/index.ts";
import type {
  Capabilities,
  Device,
  Engine,
  EngineOptions,
  Feeds,
  Program,
  ProgramResult,
  ResidentArray,
} from "../engine.ts";
import { foreignArray, released } from "../misuse.ts";
import type { EngineReply, EngineRequest, FromMain, FromWorker, MessageChannelTo, WireFeed } from "./protocol.ts";

/** A worker that has just been started and speaks the protocol. */
export interface EngineWorker extends MessageChannelTo<FromMain, FromWorker> {
  /** Called once, when the worker ends of itself or by a fault. */
  readonly onEnd: (listener: (reason: string, cause?: unknown) => void) => void;
  /** Settled once the worker has ended, whatever ended it. */
  readonly ended: Promise<void>;
  readonly terminate: () => Promise<void>;
}

/**
 * Opens an engine in a worker.
 * @throws GatewiseError if the device is missing, or (from any later call) if the worker has died
 */
export async function openRemoteEngine(worker: EngineWorker, device: Device, options: EngineOptions): Promise<Engine> {
  const calls = new Calls(worker);
  try {
    return new RemoteEngine(device, await calls.open({ kind: "open", device, options }), calls);
  } catch (thrown) {
    await worker.terminate();
    throw thrown;
  }
}

interface Pending<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (reason: Error) => void;
}

/** Requests under way, settled by replies, or all at once by the death of the worker. */
class Calls {
  private readonly pending = new Map<number, Pending<EngineReply>>();
  private opening: Pending<Capabilities> | undefined;
  private dead: Error | undefined;
  private counter = 0;
  isClosed = false;

  constructor(private readonly worker: EngineWorker) {
    worker.onMessage((message) => this.receive(message));
    worker.onEnd((reason, cause) => this.die(reason, cause));
  }

  nextId(): number {
    this.counter += 1;
    return this.counter;
  }

  open(message: FromMain): Promise<Capabilities> {
    return new Promise((resolve, reject) => {
      this.opening = { resolve, reject };
      this.worker.post(message);
    });
  }

  request(request: EngineRequest): Promise<EngineReply> {
    if (this.dead !== undefined) return Promise.reject(this.dead);
    const call = this.nextId();
    return new Promise((resolve, reject) => {
      this.worker.post({ kind: "request", call, request });
      this.pending.set(call, { resolve, reject });
    });
  }

  /** Gives something back, unless the worker has gone and took it along. */
  async release(request: EngineRequest): Promise<void> {
    if (this.dead === undefined && !this.isClosed) await this.request(request);
  }

  async close(): Promise<void> {
    if (!this.isClosed) this.worker.post({ kind: "close" });
    this.isClosed = true;
    await this.worker.ended;
  }

  private receive(message: FromWorker): void {
    switch (message.kind) {
      case "opened":
        this.opening?.resolve(message.capabilities);
        break;
      case "reply":
        this.settle(message.call)?.resolve(message.reply);
        break;
      case "error": {
        const waiting = message.call === undefined ? this.opening : this.settle(message.call);
        waiting?.reject(unpackError(message.error));
        break;
      }
    }
  }

  private settle(call: number): Pending<EngineReply> | undefined {
    const waiting = this.pending.get(call);
    this.pending.delete(call);
    return waiting;
  }

  private die(reason: string, cause?: unknown): void {
    this.dead ??= new GatewiseError({
      code: "worker-ended",
      received: `an engine worker that ended: ${reason}`,
      expected: "a worker that lives until it is released",
      next: "try again; if it was out of memory, with fewer workers or a smaller batch",
      cause,
    });
    this.opening?.reject(this.dead);
    for (const { reject } of this.pending.values()) reject(this.dead);
    this.pending.clear();
  }
}

class RemoteArray implements ResidentArray {
  private isReleased = false;

  constructor(
    private readonly id: number,
    readonly dtype: DType,
    readonly shape: readonly number[],
    private readonly calls: Calls,
  ) {}

  /** The array as a feed of a run of the engine that owns it. */
  feedIn(calls: Calls): WireFeed {
    if (this.isReleased) throw released("array");
    if (calls !== this.calls) throw foreignArray();
    return { kind: "resident", id: this.id };
  }

  async read(): Promise<DenseArray> {
    if (this.isReleased || this.calls.isClosed) throw released("array");
    const reply = await this.calls.request({ kind: "read", id: this.id });
    if (reply.kind !== "array") throw new Error(`a reply ${reply.kind} to a read`);
    return reply.array;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    await this.calls.release({ kind: "release", id: this.id });
  }
}

class RemoteProgram implements Program {
  private isReleased = false;

  constructor(
    readonly model: WrittenModel,
    private readonly id: number,
    private readonly calls: Calls,
  ) {}

  async run(feeds: Feeds, keep: readonly string[] = []): Promise<ProgramResult> {
    if (this.isReleased || this.calls.isClosed) throw released("program");
    const wire = Object.entries(feeds).map(([name, feed]) => [name, this.wireFeed(feed)] as const);
    const ids = Object.fromEntries(keep.map((name) => [name, this.calls.nextId()]));
    const reply = await this.calls.request({
      kind: "run",
      program: this.id,
      feeds: Object.fromEntries(wire),
      keep: ids,
    });
    if (reply.kind !== "results") throw new Error(`a reply ${reply.kind} to a run`);
    const kept = Object.entries(reply.kept).map(([name, { id, dtype, shape }]) => {
      return [name, new RemoteArray(id, dtype, shape, this.calls)] as const;
    });
    return { fetched: reply.fetched, kept: Object.fromEntries(kept) };
  }

  private wireFeed(feed: Feeds[string]): WireFeed {
    if (feed instanceof RemoteArray) return feed.feedIn(this.calls);
    if ("data" in feed) return { kind: "values", array: compact(feed) };
    throw foreignArray();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    await this.calls.release({ kind: "unload", program: this.id });
  }
}

/** The array over a buffer of its own: a message carries the whole buffer that a view lies in. */
const compact = (array: DenseArray): DenseArray =>
  array.data.byteLength === array.data.buffer.byteLength ? array : fromBytes(array.dtype, array.shape, bytesOf(array));

class RemoteEngine implements Engine {
  constructor(
    readonly device: Device,
    readonly capabilities: Capabilities,
    private readonly calls: Calls,
  ) {}

  async compile(graph: Graph, keep?: readonly string[]): Promise<Program> {
    return this.load(writeModel(graph), keep);
  }

  async load(model: WrittenModel, keep: readonly string[] = []): Promise<Program> {
    if (this.calls.isClosed) throw released("engine");
    const program = this.calls.nextId();
    await this.calls.request({ kind: "load", program, model, keep });
    return new RemoteProgram(model, program, this.calls);
  }

  async upload(array: DenseArray): Promise<ResidentArray> {
    if (this.calls.isClosed) throw released("engine");
    const id = this.calls.nextId();
    await this.calls.request({ kind: "upload", id, array: compact(array) });
    return new RemoteArray(id, array.dtype, array.shape, this.calls);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.calls.close();
  }
}
