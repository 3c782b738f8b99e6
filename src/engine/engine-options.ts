/** Options of engines, checked: callers in JavaScript have no types. */
import { GatewiseError } from "../errors.ts";
import { DEVICES, type Device, type EngineOptions } from "./engine.ts";

const MEMORY = ["planned", "as-needed"] as const satisfies readonly EngineOptions["memory"][];
const DENORMALS = ["kept", "flushed"] as const satisfies readonly EngineOptions["denormals"][];

/** With what is meant where nothing is said. */
export type CheckedOptions = Required<EngineOptions>;

/**
 * @param possible devices of this kind of engine
 * @throws GatewiseError for another device, threads that are no whole number of at least 1, or a word that no option has
 */
export function checkEngineOptions<D extends Device>(
  device: D,
  possible: readonly D[],
  { threads, memory = "planned", denormals = "kept" }: EngineOptions,
): CheckedOptions {
  checkWord("device", device, possible);
  checkWord("memory", memory, MEMORY);
  checkWord("denormals", denormals, DENORMALS);
  // ONNX Runtime takes 0 for as many as there are cores, and other numbers for what they are once cut off
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new GatewiseError({
      received: `an engine of ${String(threads)} threads`,
      expected: `a whole number from 1 to ${MOST_THREADS}`,
      next: "give the number of cores it may use, or 1 for equal bits",
    });
  }
  return { threads, memory, denormals };
}

/** More than machines have; each takes a stack when the engine opens. */
const MOST_THREADS = 1024;

function checkWord(what: string, word: string, words: readonly string[]): void {
  if (words.includes(word)) return;
  throw new GatewiseError({
    received: `${what} ${JSON.stringify(word)} of an engine`,
    expected: words.map((one) => `"${one}"`).join(" or "),
    next: DEVICES.some((device) => device === word) ? "open the engine that has it" : "name one of them",
  });
}
