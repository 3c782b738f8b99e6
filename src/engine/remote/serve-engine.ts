import { packError } from "../../errors.ts";
import type { Device, Engine, EngineOptions, Feed, Program, ResidentArray } from "../engine.ts";
import type { EngineReply, EngineRequest, FromMain, FromWorker, MessageChannelTo, WireFeed } from "./protocol.ts";

/** What a worker has of the thread that started it. */
export interface EngineHost extends MessageChannelTo<FromWorker, FromMain> {
  /** Ends the worker, once its engine is released. */
  readonly close: () => void;
}

/**
 * Serves one engine to the other side of a channel, as `openRemoteEngine` asks for it.
 * @param open opens an engine of a device in this thread
 */
export function serveEngine(host: EngineHost, open: (device: Device, options: EngineOptions) => Promise<Engine>): void {
  let engine: ServedEngine | undefined;
  host.onMessage(async (message) => {
    const call = message.kind === "request" ? message.call : undefined;
    try {
      switch (message.kind) {
        case "open": {
          const opened = await open(message.device, message.options);
          engine = new ServedEngine(opened);
          host.post({ kind: "opened", capabilities: opened.capabilities });
          break;
        }
        case "request":
          if (engine === undefined) throw new Error("the engine worker is not open yet");
          host.post({ kind: "reply", call: message.call, reply: await engine.answer(message.request) });
          break;
        case "close":
          // also if the release fails: the thread that waits for the end of this one must not wait forever
          await Promise.resolve(engine?.[Symbol.asyncDispose]()).finally(() => host.close());
          break;
      }
    } catch (thrown) {
      host.post({ kind: "error", call, error: packError(thrown) });
    }
  });
}

/** The programs and arrays that the other side knows by numbers. */
class ServedEngine implements AsyncDisposable {
  private readonly programs = new Map<number, Program>();
  private readonly arrays = new Map<number, ResidentArray>();

  constructor(private readonly engine: Engine) {}

  async answer(request: EngineRequest): Promise<EngineReply> {
    switch (request.kind) {
      case "load":
        this.programs.set(request.program, await this.engine.load(request.model, request.keep));
        return { kind: "done" };
      case "run": {
        const feeds = Object.fromEntries(
          Object.entries(request.feeds).map(([name, feed]) => [name, this.feedOf(feed)]),
        );
        const { fetched, kept } = await existing(this.programs.get(request.program), request.program).run(
          feeds,
          Object.keys(request.keep),
        );
        const ids = Object.entries(request.keep).map(([name, id]) => {
          const array = existing(kept[name], name);
          this.arrays.set(id, array);
          return [name, { id, dtype: array.dtype, shape: array.shape }] as const;
        });
        return { kind: "results", fetched, kept: Object.fromEntries(ids) };
      }
      case "upload":
        this.arrays.set(request.id, await this.engine.upload(request.array));
        return { kind: "done" };
      case "read":
        return { kind: "array", array: await existing(this.arrays.get(request.id), request.id).read() };
      case "release":
        await existing(this.arrays.get(request.id), request.id)[Symbol.asyncDispose]();
        this.arrays.delete(request.id);
        return { kind: "done" };
      case "unload":
        await existing(this.programs.get(request.program), request.program)[Symbol.asyncDispose]();
        this.programs.delete(request.program);
        return { kind: "done" };
    }
  }

  private feedOf(feed: WireFeed): Feed {
    return feed.kind === "values" ? feed.array : existing(this.arrays.get(feed.id), feed.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
  }
}

function existing<T>(value: T | undefined, name: string | number): T {
  if (value === undefined) throw new Error(`the engine worker knows no object ${name}`);
  return value;
}
