import { checkCount, checkOutput } from "../network/index.ts";
import type { RandomStream } from "../random.ts";
import type { ActiveNetwork } from "./active-network.ts";
import { visitEdgesInto } from "./edges-into.ts";
import { type Path, PathReader, type Step } from "./path.ts";
import { MOMENTS, type NodeTotals, pathPass } from "./path-pass.ts";

/**
 * Paths to an output drawn independently in proportion to `|contribution|`, exactly: a walk backward from the output
 * takes each edge by the share of the mass that comes through it (theory 2.12).
 * @returns `count` paths, with repetitions; none if all contributions are 0
 * @throws GatewiseError if there is no such output, or `count` is none
 */
export function samplePaths(
  active: ActiveNetwork,
  output: number,
  count: number,
  stream: RandomStream,
): readonly Path[] {
  checkOutput(active.network, output);
  checkCount("number of samples", count, 0);
  const masses = pathPass(active, MOMENTS[1]);
  const end = active.network.output;
  if (!((masses.get(end)?.totals[output] ?? 0) > 0)) return [];
  // a walk visits a node at most once
  const uniforms = stream.uniform(count * masses.size, 0, 1);
  const reader = new PathReader(active);
  const walk = new BackwardWalk(active, masses);
  return Array.from({ length: count }, (_, sample) => {
    const backward: Step[] = [];
    let step: Step | undefined = { position: end, unit: output, weight: 1 };
    for (let i = sample * masses.size; step !== undefined; i++) {
      backward.push(step);
      step = walk.stepBefore(step, uniforms[i] ?? 0);
    }
    return reader.pathOf(backward.reverse());
  });
}

/** The edges into a unit that mass comes through, and where a walk goes on for a number below their mass. */
interface Choices {
  /** Mass of the path that starts at the unit; what comes through edges adds to it. */
  readonly start: number;
  readonly count: number;
  /** Of each edge the node it comes from, the unit there, its weight, and the mass up to it, ascending. */
  readonly edges: Float64Array;
}

/** Numbers of an edge among those of {@link Choices}. */
const SIZE = 4;
/** Numbers that are kept for the next walk that comes by, 34 MB: most walks of a dense network come by the same units. */
const MOST_KEPT = 2 ** 22;

class BackwardWalk {
  readonly #active: ActiveNetwork;
  readonly #masses: ReadonlyMap<number, NodeTotals>;
  readonly #known = new Map<number, Map<number, Choices>>();
  #kept = 0;
  /** Room for the edges of a unit, until they are kept. */
  #edges = new Float64Array(SIZE * 1024);

  constructor(active: ActiveNetwork, masses: ReadonlyMap<number, NodeTotals>) {
    this.#active = active;
    this.#masses = masses;
  }

  /** The step that a walk takes backward, or undefined where the path starts. */
  stepBefore({ position, unit }: Step, uniform: number): Step | undefined {
    const { start, count, edges } = this.#choicesAt(position, unit);
    const target = uniform * (count === 0 ? start : edges[SIZE * count - 1]!);
    if (target < start || count === 0) return undefined;
    const at = SIZE * firstAbove(edges, count, target);
    return { position: edges[at]!, unit: edges[at + 1]!, weight: edges[at + 2]! };
  }

  #choicesAt(position: number, unit: number): Choices {
    const known = this.#known.get(position)?.get(unit);
    if (known !== undefined) return known;
    const made = this.#choices(position, unit);
    const numbers = SIZE * made.count;
    if (this.#kept + numbers > MOST_KEPT) return made;
    this.#kept += numbers;
    const ofNode = this.#known.get(position) ?? new Map<number, Choices>();
    this.#known.set(position, ofNode);
    const kept = { ...made, edges: made.edges.slice(0, numbers) };
    ofNode.set(unit, kept);
    return kept;
  }

  /** Valid until the next call. */
  #choices(position: number, unit: number): Choices {
    const { exponent = 0 } = this.#masses.get(position) ?? {};
    const start = Math.abs(this.#active.starts.get(position)?.[unit] ?? 0) * 2 ** -exponent;
    let edges = this.#edges;
    let end = 0;
    let mass = start;
    let [last, scale] = [-1, 1];
    let totals: Float64Array = edges;
    visitEdgesInto(this.#active, position, unit, (source, from, weight) => {
      if (source !== last) {
        const prefix = this.#masses.get(source);
        if (prefix === undefined) throw new Error(`unreachable: no mass at ${source}`);
        last = source;
        totals = prefix.totals;
        scale = 2 ** (prefix.exponent - exponent);
      }
      const own = totals[from]! * Math.abs(weight) * scale;
      if (!(own > 0)) return;
      mass += own;
      if (end === edges.length) {
        edges = new Float64Array(2 * end);
        edges.set(this.#edges);
        this.#edges = edges;
      }
      edges[end] = source;
      edges[end + 1] = from;
      edges[end + 2] = weight;
      edges[end + 3] = mass;
      end += SIZE;
    });
    return { start, count: end / SIZE, edges };
  }
}

/** The first edge with mass up to it above `target`, or the last. */
function firstAbove(edges: Float64Array, count: number, target: number): number {
  let [from, to] = [0, count - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (target < edges[SIZE * middle + SIZE - 1]!) to = middle;
    else from = middle + 1;
  }
  return from;
}
