/** One changed file after the other: read, or refused by a GatewiseError, within bounds of time and memory. */
import { GatewiseError, messageOf } from "../../src/errors.ts";
import { FORMATS, type Format, type FormatName } from "./formats.ts";
import { Random } from "./random.ts";

/** A case that takes longer, or more memory than all before it, has failed; the machine may be busy. */
export const LIMITS = { seconds: 20, megabytes: 768 } as const;

/** The bytes of a case: the same for the same numbers. */
export function bytesOfCase(name: FormatName, seed: number, index: number): Uint8Array {
  const format: Format = FORMATS[name];
  const random = new Random(name, seed, index);
  let bytes = random.pick(format.seeds);
  // mostly one change: more seldom leave anything to be read
  for (let changes = random.pick([1, 1, 1, 2, 3, 6]); changes > 0; changes--) bytes = format.change(bytes, random);
  return bytes;
}

export interface Outcome {
  readonly accepted: boolean;
  readonly seconds: number;
  /** By which the process's peak grew. */
  readonly megabytes: number;
  /** What went wrong, if something did. */
  readonly failure: string | undefined;
}

const peak = (): number => process.resourceUsage().maxRSS / 1024;

export async function runCase(name: FormatName, bytes: Uint8Array): Promise<Outcome> {
  const [before, start] = [peak(), performance.now()];
  let accepted = true;
  let failure: string | undefined;
  try {
    const format: Format = FORMATS[name];
    await format.read(bytes);
  } catch (thrown) {
    accepted = false;
    if (!(thrown instanceof GatewiseError))
      failure = thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown);
    else if (thrown.message.length + thrown.hint.length > 4000)
      failure = `an error of ${thrown.message.length} characters`;
  }
  const [seconds, megabytes] = [(performance.now() - start) / 1000, peak() - before];
  if (seconds > LIMITS.seconds) failure ??= `${seconds.toFixed(1)} s`;
  if (megabytes > LIMITS.megabytes) failure ??= `${megabytes.toFixed(0)} MB`;
  return { accepted, seconds, megabytes, failure };
}
