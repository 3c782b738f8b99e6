/** What a set of gates tells, layer by layer: how many are on, how they differ from others, what classes share. */
import { GatewiseError } from "../errors.ts";
import { type ClassOverlap, classOverlaps } from "./class-overlap.ts";
import type { PackedGates } from "./packed-gates.ts";
import { flippedShares, gateStatistics, type LayerStatistics } from "./statistics.ts";

export interface LayerSummary extends LayerStatistics {
  /** Share of gates that differ from those of another network. */
  readonly flipped?: number;
  /** Of every two classes the share of gates that are on for an example of each, `[classes][classes]`; NaN if there is none. */
  readonly classOverlap?: ClassOverlap["shares"];
}

export interface GateSummary {
  readonly examples: number;
  readonly layers: readonly LayerSummary[];
  /** The labels that occur, rising. */
  readonly classes?: readonly number[];
}

export interface GateSummaryOptions {
  /** One an example; any whole numbers, such as −1 and +1. */
  readonly labels?: ArrayLike<number> | undefined;
  /** Of another network of this shape, for the same inputs. */
  readonly against?: PackedGates | undefined;
}

/** A class beyond this is a mistake: overlaps are told for every pair of classes. */
const MAX_CLASSES = 1000;

/** @throws GatewiseError for labels or gates that are not of these examples, and for more than 1,000 classes */
export function summarizeGates(gates: PackedGates, { labels, against }: GateSummaryOptions = {}): GateSummary {
  const flipped = against && flippedShares(against, gates);
  const classes = labels && classesOf(labels);
  const overlaps = labels && classes && overlapsOf(gates, labels, classes);
  return {
    examples: gates.examples,
    layers: gateStatistics(gates).map((layer, i) => ({
      ...layer,
      ...(flipped === undefined ? {} : { flipped: flipped[i] ?? 0 }),
      ...(overlaps === undefined ? {} : { classOverlap: overlaps[i]?.shares ?? [] }),
    })),
    ...(classes === undefined ? {} : { classes }),
  };
}

/**
 * The labels that occur, rising.
 * @param name what the labels are called: their file
 * @throws GatewiseError for more than 1,000
 */
export function classesOf(labels: ArrayLike<number>, name = "labels"): readonly number[] {
  const classes = [...new Set(Array.from(labels))].sort((a, b) => a - b);
  if (classes.length <= MAX_CLASSES) return classes;
  throw new GatewiseError({
    received: `${name} with ${classes.length} different labels`,
    expected: `at most ${MAX_CLASSES} classes`,
    next: "give the class of each example, or fewer examples",
  });
}

function overlapsOf(
  gates: PackedGates,
  labels: ArrayLike<number>,
  classes: readonly number[],
): readonly ClassOverlap[] {
  const places = new Map(classes.map((label, place) => [label, place]));
  return classOverlaps(
    gates,
    Array.from(labels, (label) => places.get(label) ?? 0),
    classes.length,
  );
}
