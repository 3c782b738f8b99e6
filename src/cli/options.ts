import type { Command } from "commander";
import { distance } from "fastest-levenshtein";
import { GatewiseError } from "../errors.ts";

/**
 * One of `choices`; a near miss is suggested.
 * @param others in words: what may be given in place of a choice
 */
export function parseChoice<T extends string>(
  what: string,
  text: string,
  choices: readonly T[],
  others: readonly string[] = [],
): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const nearest = nearMiss(text, choices);
  throw new GatewiseError({
    received: `${what} "${text}"`,
    expected: listOf([...choices, ...others]),
    next: nearest === undefined ? "choose one of them" : `did you mean "${nearest}"?`,
  });
}

/** The choice that was meant: one that few letters tell from what was typed. */
export function nearMiss<T extends string>(text: string, choices: readonly T[]): T | undefined {
  const [nearest] = [...choices].sort((a, b) => distance(text, a) - distance(text, b));
  if (nearest === undefined) return undefined;
  return distance(text, nearest) <= Math.max(2, Math.floor(nearest.length / 3)) ? nearest : undefined;
}

/** Several of `choices`, separated by commas. */
export function parseChoices<T extends string>(what: string, text: string, choices: readonly T[]): readonly T[] {
  const words = text.split(",").map((word) => word.trim());
  return [...new Set(words.map((word) => parseChoice(what, word, choices)))];
}

/** Whether an option was typed, not filled in by its default. */
export const isGiven = (command: Command, long: string): boolean =>
  command.getOptionValueSource(long.replace(/^--/, "").replaceAll(/-./g, ([, letter = ""]) => letter.toUpperCase())) ===
  "cli";

/** `a, b or c` */
export const listOf = (words: readonly string[]): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

/** A whole number of at least `least`. */
export function parseWhole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw new GatewiseError({
    received: `${option} ${text}`,
    expected: `a whole number of at least ${least}`,
    next: `give another ${option}`,
  });
}

/** A number above zero. */
export function parsePositive(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new GatewiseError({
    received: `${option} ${text}`,
    expected: "a number above 0",
    next: `give another ${option}`,
  });
}
