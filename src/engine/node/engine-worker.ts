/** Entry of the engine's worker thread: one engine, driven by the messages of `worker-engine.ts`. */
import { parentPort } from "node:worker_threads";
import { packError } from "../../errors.ts";
import type { Engine, Feed, Program, ResidentArray } from "../engine.ts";
import { openNodeEngine } from "./node-engine.ts";
import type { EngineReply, EngineRequest, FromMain, FromWorker, WireFeed } from "./protocol.ts";

const port = parentPort;
if (port === null) throw new Error("engine-worker.ts is started as a worker thread");
const post = (message: FromWorker): void => port.postMessage(message);

let engine: Engine | undefined;
const programs = new Map<number, Program>();
const arrays = new Map<number, ResidentArray>();

function existing<T>(value: T | undefined, name: string | number): T {
  if (value === undefined) throw new Error(`the engine worker knows no object ${name}`);
  return value;
}

const feedOf = (feed: WireFeed): Feed => (feed.kind === "values" ? feed.array : existing(arrays.get(feed.id), feed.id));

async function answer(open: Engine, request: EngineRequest): Promise<EngineReply> {
  switch (request.kind) {
    case "load":
      programs.set(request.program, await open.load(request.model, request.keep));
      return { kind: "done" };
    case "run": {
      const feeds = Object.fromEntries(Object.entries(request.feeds).map(([name, feed]) => [name, feedOf(feed)]));
      const { fetched, kept } = await existing(programs.get(request.program), request.program).run(
        feeds,
        Object.keys(request.keep),
      );
      const ids = Object.entries(request.keep).map(([name, id]) => {
        const array = existing(kept[name], name);
        arrays.set(id, array);
        return [name, { id, dtype: array.dtype, shape: array.shape }] as const;
      });
      return { kind: "results", fetched, kept: Object.fromEntries(ids) };
    }
    case "upload":
      arrays.set(request.id, await open.upload(request.array));
      return { kind: "done" };
    case "read":
      return { kind: "array", array: await existing(arrays.get(request.id), request.id).read() };
    case "release":
      await existing(arrays.get(request.id), request.id)[Symbol.asyncDispose]();
      arrays.delete(request.id);
      return { kind: "done" };
    case "unload":
      await existing(programs.get(request.program), request.program)[Symbol.asyncDispose]();
      programs.delete(request.program);
      return { kind: "done" };
  }
}

port.on("message", async (message: FromMain) => {
  const call = message.kind === "request" ? message.call : undefined;
  try {
    switch (message.kind) {
      case "open":
        engine = await openNodeEngine(message.device, message.options);
        post({ kind: "opened", capabilities: engine.capabilities });
        break;
      case "request":
        if (engine === undefined) throw new Error("the engine worker is not open yet");
        post({ kind: "reply", call: message.call, reply: await answer(engine, message.request) });
        break;
      case "close":
        // also if the release fails: the thread that waits for the end of this one must not wait forever
        await Promise.resolve(engine?.[Symbol.asyncDispose]()).finally(() => port.close());
        break;
    }
  } catch (thrown) {
    post({ kind: "error", call, error: packError(thrown) });
  }
});
