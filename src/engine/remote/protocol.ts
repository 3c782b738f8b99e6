import type { PackedError } from "../../errors.ts";
import type { DenseArray, DType, WrittenModel } from "../../graph/index.ts";
import type { Capabilities, Device, EngineOptions } from "../engine.ts";

/** A feed on its way to the worker: values, or the number of an array that lives there. */
export type WireFeed =
  | { readonly kind: "values"; readonly array: DenseArray }
  | { readonly kind: "resident"; readonly id: number };

/** What the main thread asks of an engine worker; programs and resident arrays go by numbers that it chooses. */
export type EngineRequest =
  | { readonly kind: "load"; readonly program: number; readonly model: WrittenModel; readonly keep: readonly string[] }
  | {
      readonly kind: "run";
      readonly program: number;
      readonly feeds: Readonly<Record<string, WireFeed>>;
      readonly keep: Readonly<Record<string, number>>;
    }
  | { readonly kind: "upload"; readonly id: number; readonly array: DenseArray }
  | { readonly kind: "read"; readonly id: number }
  | { readonly kind: "release"; readonly id: number }
  | { readonly kind: "unload"; readonly program: number };

/** An array that a run has left in the worker. */
export interface KeptArray {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export type EngineReply =
  | { readonly kind: "done" }
  | { readonly kind: "array"; readonly array: DenseArray }
  | {
      readonly kind: "results";
      readonly fetched: Readonly<Record<string, DenseArray>>;
      readonly kept: Readonly<Record<string, KeptArray>>;
    };

/** A way for messages to the other side and back: a worker, or what a worker has of its parent. */
export interface MessageChannelTo<Sent, Received> {
  readonly post: (message: Sent) => void;
  readonly onMessage: (listener: (message: Received) => void) => void;
}

export type FromMain =
  | { readonly kind: "open"; readonly device: Device; readonly options: EngineOptions }
  | { readonly kind: "request"; readonly call: number; readonly request: EngineRequest }
  | { readonly kind: "close" };
export type FromWorker =
  | { readonly kind: "opened"; readonly capabilities: Capabilities }
  | { readonly kind: "reply"; readonly call: number; readonly reply: EngineReply }
  | { readonly kind: "error"; readonly call: number | undefined; readonly error: PackedError };
