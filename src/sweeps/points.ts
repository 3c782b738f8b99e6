/** The points of a specification: the options of each trial. */
import { takesWholeNumbers } from "../experiments/index.ts";
import { randomStream } from "../random.ts";
import type { DrawnRange, RandomPart, SweepSpecification, WrittenOptions } from "./specification.ts";

/** One training that is asked for. */
export interface SweepPoint {
  /** All of its options, as they are written. */
  readonly options: WrittenOptions;
  /** Those that are tried, in the order in which the parts name them; of the seed apart. */
  readonly settings: WrittenOptions;
}

/** Every entry of the list with every point of the grid and every draw, with the seeds innermost. */
export function pointsOf({ base, grid, list, random, seeds }: SweepSpecification): readonly SweepPoint[] {
  const tried = [
    ...new Set([...Object.keys(grid), ...list.flatMap(Object.keys), ...Object.keys(random?.options ?? {})]),
  ];
  const draws = random === undefined ? [{}] : drawnPoints(random);
  return list.flatMap((listed) =>
    gridPoints(Object.entries(grid)).flatMap((point) =>
      draws.flatMap((drawn) =>
        seeds.map((seed) => {
          const options = { ...base, seed, ...listed, ...point, ...drawn };
          return { options, settings: chosen(options, tried) };
        }),
      ),
    ),
  );
}

/** The first option moves slowest. */
function gridPoints([first, ...others]: readonly (readonly [string, readonly unknown[]])[]): readonly WrittenOptions[] {
  if (first === undefined) return [{}];
  const [name, values] = first;
  const rest = gridPoints(others);
  return values.flatMap((value) => rest.map((point) => ({ [name]: value, ...point })));
}

/** What a trial has of these options, but for the seed; what it leaves open is left out. */
const chosen = (options: WrittenOptions, names: readonly string[]): WrittenOptions =>
  Object.fromEntries(names.flatMap((name) => (name !== "seed" && name in options ? [[name, options[name]]] : [])));

/** Draws of all options; more of them begin with the same ones, and another option changes none. */
function drawnPoints({ draws, seed, options }: RandomPart): readonly WrittenOptions[] {
  const columns = Object.entries(options).map(([name, from]) => {
    const shares = randomStream(seed, "sweep", name).uniform(draws, 0, 1);
    return { name, values: Array.from(shares, (share) => drawn(from, share, takesWholeNumbers(name))) };
  });
  return Array.from({ length: draws }, (_, i) =>
    Object.fromEntries(columns.map(({ name, values }) => [name, values[i]])),
  );
}

function drawn(from: DrawnRange | readonly unknown[], share: number, whole: boolean): unknown {
  if (isList(from)) return from[Math.floor(share * from.length)];
  const { scale } = from;
  const [min, max] = whole ? [Math.ceil(from.min), Math.floor(from.max)] : [from.min, from.max];
  // every whole number of the range has the same share of it
  const end = whole ? max + 1 : max;
  const value = scale === "log" ? min * (end / min) ** share : min + (end - min) * share;
  if (whole) return Math.min(max, Math.floor(value));
  // the last bits of powers are not the same everywhere, and nobody tries a rate of 17 digits
  return Math.min(max, Math.max(min, Number(value.toPrecision(6))));
}

const isList = (from: DrawnRange | readonly unknown[]): from is readonly unknown[] => Array.isArray(from);
