/** The page's side of one worker. */
import { GatewiseError, unpackError } from "../../errors.ts";
import { watchLife } from "./life.ts";
import type { AssetName, FromWorker, Progress, Topic, ToWorker } from "./protocol.ts";

/** What is told while a question is answered. */
export interface Hearing<Part> {
  readonly onPart?: (part: Part) => void;
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the question; it then comes back as abandoned. */
  readonly signal?: AbortSignal;
  /** Buffers of the question that the worker may have for good. */
  readonly transfer?: readonly Transferable[];
}

/** How a question ended; a failure is thrown. */
export type Ending = "done" | "abandoned";

interface Open {
  readonly onPart: (part: unknown) => void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly resolve: (ending: Ending) => void;
  readonly reject: (error: Error) => void;
}

/** What a desk needs of the page. */
export interface DeskWorld {
  readonly startWorker: () => Worker;
  readonly readAsset: (name: AssetName) => string;
  /** Told when the worker is gone, whether it was asked anything or not: what it knew is gone with it. */
  readonly onLost?: ((error: GatewiseError) => void) | undefined;
}

/**
 * Asks a worker, which starts with the first question, and after a loss with the next one. `Topics` says which topics there are.
 */
export class Desk<Topics extends Readonly<Record<string, Topic<unknown, unknown>>>> {
  private readonly open = new Map<number, Open>();
  private worker: Worker | undefined;
  private lastSerial = 0;

  constructor(private readonly world: DeskWorld) {}

  /** @throws GatewiseError that the worker threw, or that says that it is gone */
  ask<Name extends keyof Topics & string>(
    topic: Name,
    question: Topics[Name]["question"],
    { onPart, onProgress, signal, transfer = [] }: Hearing<Topics[Name]["part"]> = {},
  ): Promise<Ending> {
    const serial = ++this.lastSerial;
    const worker = this.started();
    return new Promise<Ending>((resolve, reject) => {
      this.open.set(serial, { onPart: onPart ?? (() => {}), onProgress, resolve, reject });
      signal?.addEventListener("abort", () => this.send(worker, { kind: "cancel", serial }), { once: true });
      this.send(worker, { kind: "ask", serial, topic, question }, transfer);
    });
  }

  /** Ends the worker and all that it is asked; its memory is given back. */
  close(why: Error = closed()): void {
    this.worker?.terminate();
    this.worker = undefined;
    const lost = [...this.open.values()];
    this.open.clear();
    for (const { reject } of lost) reject(why);
  }

  private send(worker: Worker, message: ToWorker, transfer: readonly Transferable[] = []): void {
    worker.postMessage(message, [...transfer]);
  }

  private started(): Worker {
    if (this.worker !== undefined) return this.worker;
    const worker = this.world.startWorker();
    this.worker = worker;
    const lose = (why: string): void => {
      if (this.worker !== worker) return;
      const error = lost(why);
      this.close(error);
      this.world.onLost?.(error);
    };
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === "alive")
        watchLife(data.lock, () => lose("it ended without a word, perhaps for lack of memory"));
      else if (this.worker === worker) this.hear(worker, data);
    });
    worker.addEventListener("error", ({ message }) => lose(message || "it could not be started"));
    worker.addEventListener("messageerror", () => lose("a message could not be read"));
    return worker;
  }

  private hear(worker: Worker, message: Exclude<FromWorker, { readonly kind: "alive" }>): void {
    if (message.kind === "needs-asset") {
      this.send(worker, { kind: "asset", name: message.name, base64: this.world.readAsset(message.name) });
      return;
    }
    const asked = this.open.get(message.serial);
    if (asked === undefined) return;
    switch (message.kind) {
      case "part":
        asked.onPart(message.part);
        return;
      case "progress":
        asked.onProgress?.(message.progress);
        return;
      case "failed":
        asked.reject(unpackError(message.error));
        break;
      default:
        asked.resolve(message.kind);
    }
    this.open.delete(message.serial);
  }
}

const lost = (why: string): GatewiseError =>
  new GatewiseError({
    code: "worker-ended",
    received: `the worker that computes is gone (${why})`,
    expected: "a worker that answers",
    next: "ask again: another one starts; a smaller model or fewer examples take less memory",
  });

const closed = (): GatewiseError =>
  new GatewiseError({
    code: "interrupted",
    received: "a question to a worker that was ended",
    expected: "a worker that answers",
    next: "ask again",
  });
