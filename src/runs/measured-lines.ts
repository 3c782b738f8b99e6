/**
 * What an experiment has measured of one of its parts (a seed, a network): `measured.jsonl`, a line a measurement, in a place
 * of its own; where the part trains, its checkpoint stands beside it as `last.safetensors`, written after the line.
 */
import { z } from "zod";
import { readLines } from "./json-lines.ts";
import { parseJson } from "./parse-json.ts";
import type { Store } from "./store.ts";

const LINES = "measured.jsonl";

/** Any number; JSON has no word for those that are none. */
export const Real = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** The lines of a part, none if it has not begun; a last one that a kill cut short is left out. */
export async function measuredLines<T extends z.ZodType>(part: Store, line: T): Promise<readonly z.infer<T>[]> {
  return await readLines(part, LINES, (one, place) => parseJson(line, one, place));
}

/** Drops all other lines of a part, and what a kill has left of one. */
export const keepMeasured = (part: Store, lines: readonly unknown[]): Promise<void> =>
  part.write(LINES, lines.map(textOf).join(""));

export const appendMeasured = (part: Store, line: unknown): Promise<void> => part.append(LINES, textOf(line));

const textOf = (line: unknown): string => `${JSON.stringify(line)}\n`;
