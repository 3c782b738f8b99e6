import { GatewiseError } from "../errors.ts";
import type { CliContext } from "./context.ts";

/** Why a signal was aborted: the time of the command is over. */
export class TimeIsUp extends Error {
  /** @param what came to its end, as a message has it: `the time limit of 2h` */
  constructor(what: string) {
    super(what);
    this.name = "TimeIsUp";
  }
}

const limitWords = (limit: string): string => `the time limit of ${limit}`;

const MILLISECONDS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;
/** What a timer of the platform can wait for is 24.8 days. */
const LONGEST = 24 * MILLISECONDS.d;

/**
 * Milliseconds of a duration: whole numbers of days, hours, minutes and seconds, in this order (`1h30m`).
 * @throws GatewiseError for another notation, zero, or more than 24 days
 */
export function parseDuration(option: string, text: string): number {
  const match = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = (match ?? []).slice(1).map((digits) => Number(digits ?? 0));
  const { d, h, m, s } = MILLISECONDS;
  const milliseconds = days * d + hours * h + minutes * m + seconds * s;
  if (milliseconds > 0 && milliseconds <= LONGEST) return milliseconds;
  throw new GatewiseError({
    received: `${option} ${text}`,
    expected: "a duration such as 45s, 90m, 2h or 1h30m, at most 24d",
    next: `give another ${option}`,
  });
}

/**
 * A context whose signal is also aborted at the limit; the timer goes with its owner. The process that hears signals is
 * told, for a long loop lets no timer through either.
 */
export function withTimeLimit(
  context: CliContext,
  limit: string | undefined,
): Disposable & { readonly context: CliContext } {
  if (limit === undefined) return { context, [Symbol.dispose]: () => {} };
  const milliseconds = parseDuration("--time-limit", limit);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new TimeIsUp(limitWords(limit))), milliseconds);
  context.onLimit?.({ milliseconds, timeIsUp: limitWords(limit) });
  return {
    context: { ...context, signal: AbortSignal.any([context.signal, controller.signal]) },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
