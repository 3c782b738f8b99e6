/** Numbers and points as the address has them, in letters that need no escape: `0.5_-1`, `0.5_-1_0*1_2_1`. */
import type { OwnPoint } from "./topics.ts";

export const numbersText = (numbers: readonly number[]): string => numbers.join("_");

/** The numbers of a word; what is none is left out. */
export const wordsIn = (word: string | undefined): readonly number[] =>
  word === undefined || word === "" ? [] : word.split("_").map(Number).filter(Number.isFinite);

export const pointsText = (points: readonly OwnPoint[]): string =>
  points.map(({ x, y, label }) => numbersText([x, y, label])).join("*");

/** Points whose classes are 0 to 5; what is none is left out. */
export const pointsIn = (word: string | undefined): readonly OwnPoint[] =>
  (word ?? "").split("*").flatMap((text) => {
    const [x, y, label] = wordsIn(text);
    if (x === undefined || y === undefined || label === undefined) return [];
    return Number.isInteger(label) && label >= 0 && label < 6 ? [{ x, y, label }] : [];
  });
