/** Values as people write them, in options of a command line, fields of JSON, inputs of a page: one parser of each kind. */
import { distance } from "fastest-levenshtein";
import { GatewiseError } from "./errors.ts";

/**
 * One of `choices`; a near miss is suggested.
 * @param others in words: what may be given in place of a choice
 */
export function parseChoice<T extends string>(
  what: string,
  value: unknown,
  choices: readonly T[],
  others: readonly string[] = [],
): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const nearest = typeof value === "string" ? nearMiss(value, choices) : undefined;
  throw new GatewiseError({
    received: `${what} ${JSON.stringify(value)}`,
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

/** `a, b or c` */
export const listOf = (words: readonly string[]): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

/** A whole number of at least `least`. */
export function parseWhole(name: string, value: unknown, least: number): number {
  const number = numberOf(value);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new GatewiseError({
    received: `${name} ${written(value)}`,
    expected: `a whole number of at least ${least}`,
    next: `give another ${name}`,
  });
}

/** A number above zero. */
export function parsePositive(name: string, value: unknown): number {
  const number = numberOf(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new GatewiseError({
    received: `${name} ${written(value)}`,
    expected: "a number above 0",
    next: `give another ${name}`,
  });
}

/** A number of at least `least`, and below `below` if there is such a bound. */
export function parseBetween(name: string, value: unknown, least: number, below = Number.POSITIVE_INFINITY): number {
  const number = numberOf(value);
  if (Number.isFinite(number) && number >= least && number < below) return number;
  throw new GatewiseError({
    received: `${name} ${written(value)}`,
    expected: `a number of at least ${least}${Number.isFinite(below) ? ` and below ${below}` : ""}`,
    next: `give another ${name}`,
  });
}

/** A share that is neither nothing nor all. */
export function parseShare(name: string, value: unknown): number {
  const number = numberOf(value);
  if (number > 0 && number < 1) return number;
  throw new GatewiseError({
    received: `${name} ${written(value)}`,
    expected: "a number above 0 and below 1",
    next: `give another ${name}`,
  });
}

/** Yes or no: of JSON, of a flag, of a word. */
export function parseSwitch(name: string, value: unknown): boolean {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw new GatewiseError({
    received: `${name} ${written(value)}`,
    expected: "true or false",
    next: `give ${name} alone, or leave it out`,
  });
}

/** The parts of a list, as JSON has it or as a command line has it: `2,1,3`. */
export const parseList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : typeof value === "string" ? value.split(",").map((part) => part.trim()) : [value];

/** JSON has numbers, a command line words. */
function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}

const written = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
