/**
 * What a page and its worker say to each other. A question has a serial number and a topic; of each topic the newest question
 * wins: one that is still being answered is abandoned at its next breath. An answer comes in parts, the quickest first.
 */
import type { PackedError } from "../../errors.ts";

/** What takes its time: how much of it is done. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

export type ToWorker =
  | { readonly kind: "ask"; readonly serial: number; readonly topic: string; readonly question: unknown }
  | { readonly kind: "cancel"; readonly serial: number }
  /** Bytes that the page carries, gzipped and in base64: the worker has asked for them. */
  | { readonly kind: "asset"; readonly name: AssetName; readonly base64: string };

export type FromWorker =
  /** The worker holds this lock for as long as it lives. */
  | { readonly kind: "alive"; readonly lock: string }
  | { readonly kind: "part"; readonly serial: number; readonly part: unknown }
  | { readonly kind: "progress"; readonly serial: number; readonly progress: Progress }
  | { readonly kind: "done"; readonly serial: number }
  /** A newer question has taken its place, or the page has canceled it. */
  | { readonly kind: "abandoned"; readonly serial: number }
  | { readonly kind: "failed"; readonly serial: number; readonly error: PackedError }
  | { readonly kind: "needs-asset"; readonly name: AssetName };

/** What the page carries beside its program, each in an element of its own. */
export type AssetName = "engine" | "digits" | "start-model";

/** A question's words, and those of the parts of its answer, by topic. */
export interface Topic<Question, Part> {
  readonly question: Question;
  readonly part: Part;
}
