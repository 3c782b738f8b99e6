/**
 * The `k` paths of largest `|contribution|`, exactly (theory 2.9). A pass of maxima gives each unit its best prefix; the
 * search goes backward from the output and always extends the suffix whose best completion is largest. That bound is
 * exact, so only paths among the answers are ever extended: `O(k · depth)` extensions of a unit's in-degree each, and
 * memory for about `k` open suffixes.
 */

import { GatewiseError } from "../errors.ts";
import { checkCount, checkOutput } from "../network/index.ts";
import type { ActiveNetwork } from "./active-network.ts";
import { visitEdgesInto } from "./edges-into.ts";
import { Heap } from "./heap.ts";
import { type Path, PathReader, type Step, sortedPaths } from "./path.ts";
import { countActivePaths } from "./path-counts.ts";
import { LARGEST, type NodeTotals, pathPass } from "./path-pass.ts";

/** Magnitudes this near to each other are one in the search: a product's rounding depends on its order. */
const NEAR = 1 - 1e-12;
/**
 * A completion this near to its suffix's bound is the one that the bound stands for, and inherits it: were it a few
 * roundings smaller, shorter suffixes would come first and tied paths be opened all at once.
 */
const SAME = 1 - 4e-15;
/** So many paths that tie with the last are looked at for the order of units; weights ±σ tie by the million. */
const MOST_TIES = 1000;

/** Of all paths that are kept at once: JavaScript's heap ends at 2 GB or 4 GB. */
const MOST_BYTES = 2 ** 30;
/** Of a path with its suffixes, and of each node that it may pass; 3.6 kB for six dense layers were measured. */
const PATH_BYTES = 1000;
const NODE_BYTES = 200;

/** @throws GatewiseError (`too-large`) for more paths than memory holds, where there are as many */
function checkMemory(active: ActiveNetwork, output: number, k: number): void {
  const bytes = PATH_BYTES + NODE_BYTES * active.network.nodes.length;
  const most = Math.floor(MOST_BYTES / bytes);
  if (k <= most || countActivePaths(active, output) <= BigInt(most)) return;
  throw new GatewiseError({
    code: "too-large",
    received: `the ${k} largest paths, ${((k * bytes) / 1e9).toFixed(1)} GB`,
    expected: `at most ${most} of this network, what memory holds`,
    next: "ask for fewer paths",
  });
}

/** The end of a path, from a unit to the output; or a whole path, where its first node is where it starts. */
interface Suffix {
  readonly position: number;
  readonly unit: number;
  /** Weight of the edge to `next`. */
  readonly weight: number;
  readonly next: Suffix | undefined;
  readonly starts: boolean;
  /** `Π|w|` from the unit on, in units of `2^(exponent of the output − exponent of the node)`. */
  readonly magnitude: number;
  /** Magnitude of the best completion, in units of the output's exponent. */
  readonly bound: number;
}

/**
 * The `k` paths of largest `|contribution|` to an output, largest first, ties by their units; contributions of 0 are
 * left out, so there may be fewer.
 * @throws GatewiseError if there is no such output, `k` is no count, or memory does not hold so many (`too-large`)
 */
export function kBestPaths(active: ActiveNetwork, output: number, k: number): readonly Path[] {
  checkOutput(active.network, output);
  checkCount("number of paths", k, 0);
  const reader = new PathReader(active);
  return sortedPaths(largestSteps(active, output, k).map((steps) => reader.pathOf(steps))).slice(0, k);
}

/** The same paths as their steps, from start to output, and up to a thousand more that tie with the last. */
export const largestSteps = (active: ActiveNetwork, output: number, k: number): readonly (readonly Step[])[] =>
  largestSuffixes(active, output, k).map(stepsOf);

function stepsOf(start: Suffix): readonly Step[] {
  const steps: Step[] = [];
  for (let at: Suffix | undefined = start; at !== undefined; at = at.next) {
    steps.push({ position: at.position, unit: at.unit, weight: at.weight });
  }
  return steps;
}

function largestSuffixes(active: ActiveNetwork, output: number, k: number): readonly Suffix[] {
  checkMemory(active, output, k);
  const best = pathPass(active, LARGEST);
  const at = (position: number): NodeTotals => {
    const totals = best.get(position);
    if (totals === undefined) throw new Error(`unreachable: no pass at ${position}`);
    return totals;
  };
  const end = active.network.output;
  const first = { position: end, unit: output, weight: 1, next: undefined, starts: false, magnitude: 1 };
  const open = new OpenSuffixes(k);
  open.push({ ...first, bound: at(end).totals[output] ?? 0 });
  const found: Suffix[] = [];
  for (let suffix = open.pop(); suffix !== undefined; suffix = open.pop()) {
    const last = found[k - 1];
    if (last !== undefined && (suffix.bound < NEAR * last.bound || found.length >= k + MOST_TIES)) break;
    if (suffix.starts) found.push(suffix);
    else extend(active, suffix, at, open);
  }
  return found;
}

/** Opens what a suffix may continue with: an edge into its unit, or a start there. */
function extend(active: ActiveNetwork, suffix: Suffix, at: (position: number) => NodeTotals, open: OpenSuffixes): void {
  const { position, unit, magnitude } = suffix;
  const { exponent } = at(position);
  const start = Math.abs(active.starts.get(position)?.[unit] ?? 0);
  const inherited = (bound: number): number => (bound >= SAME * suffix.bound ? suffix.bound : bound);
  if (start > 0) open.push({ ...suffix, starts: true, bound: inherited(magnitude * start * 2 ** -exponent) });
  // most edges of a unit come from one node
  let [last, prefix, scale] = [-1, at(position), 1];
  visitEdgesInto(active, position, unit, (source, from, weight) => {
    if (source !== last) {
      [last, prefix] = [source, at(source)];
      scale = 2 ** (prefix.exponent - exponent);
    }
    const longer = magnitude * Math.abs(weight) * scale;
    const bound = inherited(longer * prefix.totals[from]!);
    if (!open.holds(bound)) return;
    open.push({ position: source, unit: from, weight, next: suffix, starts: false, magnitude: longer, bound });
  });
}

/** Open suffixes by their bounds. Each leads to another best path, so those behind the `k`-th are forgotten. */
class OpenSuffixes {
  readonly #k: number;
  #heap = new Heap<Suffix>(isBefore);
  #least = 0;
  #limit: number;

  constructor(k: number) {
    this.#k = k;
    this.#limit = 4 * k + 4096;
  }

  holds(bound: number): boolean {
    return bound > 0 && bound >= this.#least;
  }

  push(suffix: Suffix): void {
    if (!this.holds(suffix.bound)) return;
    this.#heap.push(suffix);
    if (this.#heap.size < this.#limit) return;
    const bounds = Float64Array.from(this.#heap.items, ({ bound }) => bound).sort();
    this.#least = Math.max(this.#least, NEAR * bounds[bounds.length - this.#k]!);
    this.#heap = new Heap(
      isBefore,
      this.#heap.items.filter(({ bound }) => bound >= this.#least),
    );
    this.#limit = Math.max(this.#limit, 2 * this.#heap.size);
  }

  pop(): Suffix | undefined {
    return this.#heap.pop();
  }
}

/** Larger bounds first; at a tie the suffix that is nearer to the input, so that paths are completed soon. */
const isBefore = (a: Suffix, b: Suffix): boolean =>
  a.bound > b.bound || (a.bound === b.bound && (a.position < b.position || (a.position === b.position && a.starts)));
