/** Experiments whose parts are seeds, each with a place of its own. */
import type { Store } from "../store.ts";

const placeOf = (seed: number): string => `seed${seed}`;

const seedsOf = (runs: number): readonly number[] => Array.from({ length: runs }, (_, seed) => seed);

/** Their names. */
export const seedPlaces = (runs: number): readonly string[] => seedsOf(runs).map(placeOf);

/** The seeds that are asked for, with their places. */
export const seedParts = (
  { store, part }: { readonly store: Store; readonly part?: string | undefined },
  runs: number,
): readonly (readonly [seed: number, part: Store])[] =>
  seedsOf(runs)
    .filter((seed) => part === undefined || part === placeOf(seed))
    .map((seed) => [seed, store.at(placeOf(seed))] as const);
