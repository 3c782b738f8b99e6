/** Options as programs in plain JavaScript give them: one reader, for every function that takes some. */
import { GatewiseError } from "./errors.ts";

/**
 * The options of a call, once they are an object, with what all long answers take: a signal that stops them, and whom they tell.
 * @throws GatewiseError for null, a number, a text, a list or a function in their place, or in that of a signal
 */
export function optionsIn<T extends object>(options: T): T {
  const given: unknown = options;
  if (typeof given === "object" && given !== null && !Array.isArray(given)) {
    if ("signal" in given) checkSignal(given.signal);
    if ("onProgress" in given) checkCallback(given.onProgress);
    return options;
  }
  throw new GatewiseError({
    received: `options that are ${wordOf(given)}`,
    expected: "an object, or nothing",
    next: "leave them out",
  });
}

function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  const isSignal =
    typeof signal === "object" &&
    signal !== null &&
    "throwIfAborted" in signal &&
    typeof signal.throwIfAborted === "function";
  if (isSignal) return;
  throw new GatewiseError({
    received: `a \`signal\` that is ${wordOf(signal)}`,
    expected: "an AbortSignal, or nothing",
    next: "give the signal of an AbortController, or leave it out",
  });
}

function checkCallback(callback: unknown): void {
  if (callback === undefined || typeof callback === "function") return;
  throw new GatewiseError({
    received: `an \`onProgress\` that is ${wordOf(callback)}`,
    expected: "a function, or nothing",
    next: "leave it out",
  });
}

const wordOf = (value: unknown): string =>
  Array.isArray(value) ? "a list" : value === null ? "null" : `of type ${typeof value}`;
