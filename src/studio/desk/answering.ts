/** The worker's side: answers questions by topic, the newest of each topic first and alone. */
import { packError } from "../../errors.ts";
import { holdLife } from "./life.ts";
import type { AssetName, FromWorker, Topic, ToWorker } from "./protocol.ts";
import { unpacked } from "./unpacked.ts";

/** What an answer may do while it is made. */
export interface Turn<Part> {
  /** Aborted when a newer question of the topic comes, or the page cancels: heard at the next {@link breathe}. */
  readonly signal: AbortSignal;
  /** Gives a part of the answer. */
  tell(part: Part, transfer?: readonly Transferable[]): void;
  progress(done: number, total: number): void;
  /**
   * Lets messages in. Called between stages, and every 50 ms or so within a long one.
   * @throws the signal's reason once there is a newer question
   */
  breathe(): Promise<void>;
  /** Bytes that the page carries, unpacked; the same array each time. */
  asset(name: AssetName): Promise<Uint8Array>;
}

export type Answer<One extends Topic<unknown, unknown>> = (
  question: One["question"],
  turn: Turn<One["part"]>,
) => Promise<void>;

/** How each topic is answered. */
export type Answers<Topics extends Readonly<Record<string, Topic<unknown, unknown>>>> = {
  readonly [Name in keyof Topics]: Answer<Topics[Name]>;
};

/** The part of a worker's global scope that this needs. */
export interface WorkerPort {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToWorker>) => void): void;
}

const ABANDONED = Symbol("abandoned");

/** Answers what comes in through a port, for as long as the worker lives. */
export function answerAll(port: WorkerPort, answers: Readonly<Record<string, Answer<Topic<never, never>>>>): void {
  const turns = new Map<string, { readonly serial: number; readonly stop: AbortController }>();
  const waiting = new Map<AssetName, (base64: string) => void>();
  const assets = new Map<AssetName, Promise<Uint8Array>>();
  const asset = (name: AssetName): Promise<Uint8Array> => {
    const known = assets.get(name);
    if (known !== undefined) return known;
    const asked = new Promise<string>((resolve) => {
      waiting.set(name, resolve);
      port.postMessage({ kind: "needs-asset", name });
    }).then(unpacked);
    assets.set(name, asked);
    return asked;
  };

  async function answer(topic: string, serial: number, question: unknown): Promise<void> {
    const stop = new AbortController();
    turns.get(topic)?.stop.abort(ABANDONED);
    turns.set(topic, { serial, stop });
    const { signal } = stop;
    const turn: Turn<unknown> = {
      signal,
      tell: (part, transfer = []) => {
        if (!signal.aborted) port.postMessage({ kind: "part", serial, part }, [...transfer]);
      },
      progress: (done, total) => port.postMessage({ kind: "progress", serial, progress: { done, total } }),
      breathe: async () => {
        await macrotask();
        signal.throwIfAborted();
      },
      asset,
    };
    try {
      const one = answers[topic];
      if (one === undefined) throw new Error(`unreachable: no topic ${topic}`);
      // messages that are here already may hold a newer question
      await turn.breathe();
      // the page and the worker are one build: what comes on a topic is its question
      await one(question as never, turn as Turn<never>);
      port.postMessage(signal.aborted ? { kind: "abandoned", serial } : { kind: "done", serial });
    } catch (thrown) {
      if (signal.aborted) port.postMessage({ kind: "abandoned", serial });
      else port.postMessage({ kind: "failed", serial, error: packError(thrown) });
    } finally {
      if (turns.get(topic)?.serial === serial) turns.delete(topic);
    }
  }

  port.addEventListener("message", ({ data }) => {
    switch (data.kind) {
      case "ask":
        void answer(data.topic, data.serial, data.question);
        break;
      case "cancel":
        for (const { serial, stop } of turns.values()) if (serial === data.serial) stop.abort(ABANDONED);
        break;
      case "asset":
        waiting.get(data.name)?.(data.base64);
        break;
    }
  });
  holdLife((lock) => port.postMessage({ kind: "alive", lock }));
}

/** A turn of the loop that lets messages in; a timer would wait 4 ms once they are nested. */
const macrotask = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
