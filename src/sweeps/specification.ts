/**
 * What a sweep tries, as its user writes it: a JSON file of options of `train` in camel case. `base` holds for all trials;
 * every entry of `list` is combined with every point of `grid`, every draw of `random` and every seed.
 */
import { GatewiseError, messageOf } from "../errors.ts";
import { trainingOptionNames } from "../experiments/index.ts";
import { listOf, nearMiss, parseChoice, parseWhole } from "../parse-value.ts";

/** Options of one training by their names, as they are written. */
export type WrittenOptions = Readonly<Record<string, unknown>>;

/** From where to where values of an option are drawn. */
export interface DrawnRange {
  readonly min: number;
  readonly max: number;
  /** `log`: as many values in each power of ten. */
  readonly scale: "linear" | "log";
}

/** Points that are drawn; draw `i` of an option hangs on the seed, its name and `i` alone. */
export interface RandomPart {
  readonly draws: number;
  readonly seed: number;
  /** A range, or values that are equally likely. */
  readonly options: Readonly<Record<string, DrawnRange | readonly unknown[]>>;
}

/** What a sweep tries. */
export interface SweepSpecification {
  readonly base: WrittenOptions;
  readonly grid: Readonly<Record<string, readonly unknown[]>>;
  /** One entry without any option where nothing is listed. */
  readonly list: readonly WrittenOptions[];
  readonly random: RandomPart | undefined;
  readonly seeds: readonly number[];
  /** Options of the command that say where things are, and are no part of a training. */
  readonly places: Readonly<Partial<Record<PlaceOption, unknown>>>;
}

const PARTS = ["base", "grid", "list", "random", "seeds"] as const;

const PLACES = ["dataDir", "modelInput", "set", "inputShape"] as const;
/** Options of `train` beside the training, which a sweep has for all of its trials. */
export type PlaceOption = (typeof PLACES)[number];
const isPlace = (name: string): name is PlaceOption => PLACES.some((one) => one === name);

/** Options of `train` that a sweep decides itself. */
const NOT_HERE: ReadonlyMap<string, string> = new Map([
  ["out", "leave it out: each trial has a folder of its own in that of the sweep"],
  ["resume", "leave it out: a sweep always goes on with what is there"],
  ["timeLimit", "give the time limit to `sweep run`"],
  ["json", "leave it out"],
]);

/** More than anybody waits for, and than a folder should hold. */
const MOST_TRIALS = 100_000;

/**
 * Reads the text of a specification; the values of options are read with each trial.
 * @param file its name, for errors
 * @throws GatewiseError for text that is no JSON, and for parts and options that there are none of, with those that were
 * probably meant
 */
export function readSpecification(text: string, file: string): SweepSpecification {
  const whole = fieldsOf(parsed(text, file), file, "an object with base, grid, list, random or seeds");
  for (const name of Object.keys(whole)) checkPart(name, file);
  const { base: written = {}, grid = {}, list = [{}], random, seeds } = whole;
  const base = optionsIn(written, `${file}, base`);
  const [places, options] = partition(base, isPlace);
  const points = {
    grid: Object.fromEntries(
      Object.entries(optionsIn(grid, `${file}, grid`)).map(([name, values]) => [
        name,
        valuesOf(values, `${file}, grid.${name}`),
      ]),
    ),
    list: valuesOf(list, `${file}, list`).map((one, i) => optionsIn(one, `${file}, list[${i}]`)),
    random: random === undefined ? undefined : readRandom(random, `${file}, random`),
  };
  const tried = [points.grid, ...points.list, points.random?.options ?? {}].flatMap(Object.keys);
  const place = tried.find(isPlace);
  if (place !== undefined) {
    throw new GatewiseError({
      received: `${file}: "${place}" outside of base`,
      expected: "one for all trials",
      next: `put ${place} into base`,
    });
  }
  checkOnce(points, file);
  const specification = { base: options, ...points, seeds: readSeeds(seeds, options, tried, file), places };
  const count = trialCount(specification);
  if (count > MOST_TRIALS) {
    throw new GatewiseError({
      code: "too-large",
      received: `${file}, which makes ${count} trials`,
      expected: `at most ${MOST_TRIALS}`,
      next: "try fewer values, or make several sweeps of it",
    });
  }
  return specification;
}

/** Trials that are asked for, the same ones counted as often as they are. */
export const trialCount = ({ grid, list, random, seeds }: SweepSpecification): number =>
  Object.values(grid).reduce((product, values) => product * values.length, 1) *
  list.length *
  (random?.draws ?? 1) *
  seeds.length;

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: ${messageOf(cause)}`,
      expected: "JSON",
      next: "mend the file",
      cause,
    });
  }
}

function fieldsOf(value: unknown, where: string, expected: string): Readonly<Record<string, unknown>> {
  if (isFields(value)) return value;
  throw new GatewiseError({ received: `${where}: ${kindOf(value)}`, expected, next: "mend the file" });
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const kindOf = (value: unknown): string =>
  Array.isArray(value)
    ? "a list"
    : value === null
      ? "null"
      : typeof value === "object"
        ? "an object"
        : JSON.stringify(value);

function checkPart(name: string, file: string): void {
  if (PARTS.some((part) => part === name)) return;
  const meant = nearMiss(name, PARTS);
  const isOption = [...trainingOptionNames(), ...PLACES].some((option) => option === name);
  throw new GatewiseError({
    received: `${file}: "${name}"`,
    expected: listOf(PARTS),
    next: isOption ? `put ${name} into base` : meant === undefined ? "choose one of them" : `did you mean "${meant}"?`,
  });
}

/** An object of options of `train`; their values are read later. */
function optionsIn(value: unknown, where: string): WrittenOptions {
  const options = fieldsOf(value, where, "an object of options");
  const known: readonly string[] = [...trainingOptionNames(), ...PLACES];
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = nearMiss(name, known);
    throw new GatewiseError({
      received: `${where}: option "${name}"`,
      expected: "options of a training, in camel case",
      next: NOT_HERE.get(name) ?? (meant === undefined ? `choose of ${known.join(", ")}` : `did you mean "${meant}"?`),
    });
  }
  return options;
}

function valuesOf(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw new GatewiseError({
    received: `${where}: ${Array.isArray(value) ? "an empty list" : kindOf(value)}`,
    expected: "a list with at least one value",
    next: "list the values; one for all trials stands in base",
  });
}

function readRandom(value: unknown, where: string): RandomPart {
  const { draws, seed = 0, options, ...more } = fieldsOf(value, where, "an object with draws, seed and options");
  const [unknown] = Object.keys(more);
  if (unknown !== undefined || draws === undefined || options === undefined) {
    const known = ["draws", "seed", "options"] as const;
    const meant = unknown === undefined ? undefined : nearMiss(unknown, known);
    throw new GatewiseError({
      received:
        unknown === undefined
          ? `${where} without ${draws === undefined ? "draws" : "options"}`
          : `${where}: "${unknown}"`,
      expected: "draws, a number of points; options, ranges or lists of values; and perhaps a seed",
      next:
        meant === undefined
          ? 'for instance {"draws": 20, "options": {"lr": {"min": 1e-4, "max": 1e-2, "scale": "log"}}}'
          : `did you mean "${meant}"?`,
    });
  }
  return {
    draws: parseWhole(`${where}.draws`, draws, 1),
    seed: parseWhole(`${where}.seed`, seed, 0),
    options: Object.fromEntries(
      Object.entries(optionsIn(options, `${where}.options`)).map(([name, one]) => [
        name,
        isFields(one) ? readRange(one, `${where}.options.${name}`) : valuesOf(one, `${where}.options.${name}`),
      ]),
    ),
  };
}

function readRange(
  { min, max, scale = "linear", ...more }: Readonly<Record<string, unknown>>,
  where: string,
): DrawnRange {
  const kind = parseChoice(`${where}: scale`, scale, ["linear", "log"]);
  const [unknown] = Object.keys(more);
  const isRange = typeof min === "number" && typeof max === "number" && min < max && (kind === "linear" || min > 0);
  if (isRange && unknown === undefined) return { min, max, scale: kind };
  throw new GatewiseError({
    received: `${where}: ${unknown === undefined ? `from ${JSON.stringify(min)} to ${JSON.stringify(max)}` : `"${unknown}"`}`,
    expected: `min and max, two numbers in this order${kind === "log" ? " above 0" : ""}, and perhaps scale, linear or log`,
    next: 'for instance {"min": 1e-4, "max": 1e-2, "scale": "log"}',
  });
}

function readSeeds(value: unknown, base: WrittenOptions, tried: readonly string[], file: string): readonly number[] {
  if (value === undefined) {
    // a seed that is tried, or the one of base, stands in the options
    return tried.includes("seed") ? [0] : [parseWhole(`${file}, base.seed`, base.seed ?? 0, 0)];
  }
  if (base.seed !== undefined || tried.includes("seed")) {
    throw new GatewiseError({
      received: `${file}: seeds beside the option "seed"`,
      expected: "one of them",
      next: 'leave one out; "seeds" may be a list, [3, 5]',
    });
  }
  if (!Array.isArray(value)) {
    const count = parseWhole(`${file}, seeds`, value, 1);
    if (count > MOST_TRIALS) return Array.from({ length: MOST_TRIALS + 1 }, (_, seed) => seed);
    return Array.from({ length: count }, (_, seed) => seed);
  }
  return [...new Set(valuesOf(value, `${file}, seeds`).map((seed) => parseWhole(`${file}, seeds`, seed, 0)))];
}

/** An option that two parts try has two values in a trial. */
function checkOnce({ grid, list, random }: Pick<SweepSpecification, "grid" | "list" | "random">, file: string): void {
  const parts = [
    { part: "grid", names: Object.keys(grid) },
    { part: "list", names: [...new Set(list.flatMap(Object.keys))] },
    { part: "random", names: Object.keys(random?.options ?? {}) },
  ];
  for (const [i, { part, names }] of parts.entries()) {
    for (const other of parts.slice(i + 1)) {
      const both = names.find((name) => other.names.includes(name));
      if (both === undefined) continue;
      throw new GatewiseError({
        received: `${file}: "${both}" in ${part} and in ${other.part}`,
        expected: "each option in one of them: their points are combined",
        next: "leave it out of one",
      });
    }
  }
}

function partition<K extends string>(
  options: WrittenOptions,
  isOf: (name: string) => name is K,
): readonly [Readonly<Partial<Record<K, unknown>>>, WrittenOptions] {
  const own: Partial<Record<K, unknown>> = {};
  const others: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (isOf(name)) own[name] = value;
    else others[name] = value;
  }
  return [own, others];
}
