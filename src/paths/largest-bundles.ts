/**
 * The path bundles of largest `|sum of contributions|`, by best-first search from the output back (branch and bound).
 * Paths of a bundle cancel and share gates differently at every position, so unlike the largest paths this is no
 * shortest-path problem: where bounds are far above what any bundle attains, the search ends at a limit and says how
 * much a bundle that it did not see may contribute at most.
 */

import { checkCount, checkOutput } from "../network/index.ts";
import { optionsIn } from "../options.ts";
import type { ActiveNetwork } from "./active-network.ts";
import { type Bundle, BundleReader } from "./bundle.ts";
import { bundleBounds, visitOptions } from "./bundle-options.ts";
import { type BundleEnd, type BundleStep, BundleWalk, type Reached, startKey } from "./bundle-walk.ts";
import { stepsOfPath } from "./bundles-of-paths.ts";
import { Heap } from "./heap.ts";
import { largestSteps } from "./k-best-paths.ts";
import { plain } from "./path-pass.ts";

/** How long the search for the largest bundles may take. */
export interface BundleOptions {
  /**
   * The search ends when it has looked at so many edges, a thousand at least for each step of a bundle: 2e8 unless told
   * otherwise, a few seconds at most.
   */
  readonly edges?: number | undefined;
  /** Bundles of so many of the largest paths are there before the search begins, to prune it: 200 unless told otherwise. */
  readonly seedPaths?: number | undefined;
  /** So many of the first openings are followed to their end at once, along the best bounds: 50 unless told otherwise. */
  readonly dives?: number | undefined;
}

/** Bundles of the largest sums, and what is proved of them. */
export interface LargestBundles {
  /** Largest magnitude first. */
  readonly bundles: readonly Bundle[];
  /**
   * Whether these are proved to be the largest. If not, they are the largest of those that the search completed and of
   * those that the largest paths belong to.
   */
  readonly exact: boolean;
  /** No other bundle contributes more than this, in magnitude: proved, whether exact or not. */
  readonly othersAtMost: number;
}

/** Sums of the same terms in another order may differ by so much. */
const ABOVE = 1 + 1e-12;
/** Open ends that are remembered; behind that the smaller half is forgotten, and its bound kept. */
const MOST_OPEN = 1 << 20;

interface Branch {
  readonly behind: Branch | undefined;
  readonly step: BundleStep | undefined;
  readonly reached: Reached;
}

interface Open {
  readonly branch: Branch;
  readonly step: BundleStep;
  readonly bound: number;
}

interface Complete {
  readonly steps: readonly BundleStep[];
  readonly end: BundleEnd | undefined;
  readonly sum: number;
}

/**
 * The `k` bundles of largest `|contribution|` to an output; sums of 0 are left out, so there may be fewer. Bundles
 * that tie with the last are in no order.
 * @throws GatewiseError if there is no such output, or `k` is no count
 */
export function largestBundles(
  active: ActiveNetwork,
  output: number,
  k: number,
  options: BundleOptions = {},
): LargestBundles {
  const { edges = 2e8, seedPaths = 200, dives = 50 } = optionsIn(options);
  checkOutput(active.network, output);
  checkCount("number of bundles", k);
  checkCount("number of seed paths", seedPaths, 0);
  const bounds = bundleBounds(active);
  const exponentAt = (position: number): number => bounds.get(position)?.exponent ?? 0;
  const walk = new BundleWalk(active, { exponentAt, counting: false });
  const best = new BestBundles(k);
  const root: Branch = { behind: undefined, step: undefined, reached: walk.begin(output) };
  for (const path of largestSteps(active, output, seedPaths)) {
    const found = completed(walk, root.reached, stepsOfPath(active.network, path), path[0]?.position);
    if (found !== undefined) best.add(found);
  }
  const open = new OpenEnds();
  let spent = 0;
  /** Completes what ends here, opens what goes on, and returns the best of that. */
  const enter = (branch: Branch): Open | undefined => {
    const steps = stepsTo(branch);
    for (const end of branch.reached.ends) best.add({ steps, end, sum: end.sum });
    let next: Open | undefined;
    spent += 1000;
    spent += visitOptions(active.network, branch.reached, bounds, (step, bound) => {
      if (bound <= ABOVE * best.least) return;
      if (step.bias) {
        best.add({ steps: [...steps, step], end: undefined, sum: walk.fromBias(branch.reached, step).sum });
        return;
      }
      const option = { branch, step, bound };
      open.push(option);
      if (next === undefined || bound > next.bound) next = option;
    });
    return next;
  };
  const follow = ({ branch, step }: Open): Branch => ({
    behind: branch,
    step,
    reached: walk.through(branch.reached, step),
  });
  enter(root);
  const followed = new Set<Open>();
  let opened = 0;
  let exact = false;
  for (;;) {
    const first = open.peek();
    if (first === undefined || first.bound <= ABOVE * best.least) {
      exact = open.forgotten <= ABOVE * best.least;
      break;
    }
    if (spent >= edges) break;
    open.pop();
    if (followed.delete(first)) continue;
    let next = enter(follow(first));
    opened += 1;
    while (opened <= dives && next !== undefined) {
      followed.add(next);
      next = enter(follow(next));
    }
  }
  const found = best.sorted();
  const reader = new BundleReader(active, output, exponentAt(active.network.output));
  const last = found.length < k ? 0 : Math.abs(found.at(-1)?.sum ?? 0);
  const others = exact ? last : Math.max(last, open.forgotten, open.peek()?.bound ?? 0);
  return {
    bundles: found.map((one) => reader.bundleOf(one)),
    exact,
    othersAtMost: plain({ value: others, exponent: exponentAt(active.network.output) }),
  };
}

/** The steps of a branch, from the output back. */
function stepsTo(branch: Branch): readonly BundleStep[] {
  const steps: BundleStep[] = [];
  for (let at: Branch | undefined = branch; at?.step !== undefined; at = at.behind) steps.push(at.step);
  return steps.reverse();
}

/** The bundle of these steps, which starts without a bias at the node `start` unless the last is one. */
function completed(
  walk: BundleWalk,
  begin: Reached,
  steps: readonly BundleStep[],
  start: number | undefined,
): Complete | undefined {
  let reached = begin;
  for (const step of steps) {
    if (step.bias) return { steps, end: undefined, sum: walk.fromBias(reached, step).sum };
    reached = walk.through(reached, step);
  }
  const end = reached.ends.find(({ positions }) => start !== undefined && positions.includes(start));
  return end && { steps, end, sum: end.sum };
}

/** The `k` largest, each once. */
class BestBundles {
  readonly #k: number;
  readonly #known = new Set<string>();
  readonly #kept = new Heap<Complete>((a, b) => Math.abs(a.sum) < Math.abs(b.sum));

  constructor(k: number) {
    this.#k = k;
  }

  /** What a bundle has to exceed to be among them. */
  get least(): number {
    return this.#kept.size < this.#k ? 0 : Math.abs(this.#kept.items[0]?.sum ?? 0);
  }

  add(bundle: Complete): void {
    if (Math.abs(bundle.sum) <= this.least) return;
    const key = keyOf(bundle);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#kept.push(bundle);
    if (this.#kept.size > this.#k) this.#kept.pop();
  }

  sorted(): readonly Complete[] {
    return [...this.#kept.items].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum) || (keyOf(a) < keyOf(b) ? -1 : 1));
  }
}

const keyOf = ({ steps, end }: Complete): string =>
  `${steps.map(({ position, bias, index }) => `${position}${bias ? "b" : "w"}${index}`).join(" ")} ${
    end === undefined ? "" : startKey(end)
  }`;

/** Open ends, the largest bound first. */
class OpenEnds {
  #heap = new Heap<Open>((a, b) => a.bound > b.bound);
  #forgotten = 0;

  /** The largest bound of those that were forgotten. */
  get forgotten(): number {
    return this.#forgotten;
  }

  peek(): Open | undefined {
    return this.#heap.items[0];
  }

  pop(): Open | undefined {
    return this.#heap.pop();
  }

  push(open: Open): void {
    if (open.bound <= this.#forgotten) return;
    this.#heap.push(open);
    if (this.#heap.size <= MOST_OPEN) return;
    const bounds = Float64Array.from(this.#heap.items, ({ bound }) => bound).sort();
    const median = bounds[bounds.length >> 1]!;
    this.#forgotten = median;
    this.#heap = new Heap<Open>(
      (a, b) => a.bound > b.bound,
      this.#heap.items.filter(({ bound }) => bound > median),
    );
  }
}
