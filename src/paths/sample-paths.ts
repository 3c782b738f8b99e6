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
  return Array.from({ length: count }, (_, sample) => {
    const backward: Step[] = [];
    let step: Step | undefined = { position: end, unit: output, weight: 1 };
    for (let i = sample * masses.size; step !== undefined; i++) {
      backward.push(step);
      step = stepBefore(active, masses, step, uniforms[i] ?? 0);
    }
    return reader.pathOf(backward.reverse());
  });
}

/** The step that a walk takes backward, or undefined where the path starts. */
function stepBefore(
  active: ActiveNetwork,
  masses: ReadonlyMap<number, NodeTotals>,
  { position, unit }: Step,
  uniform: number,
): Step | undefined {
  const { exponent = 0 } = masses.get(position) ?? {};
  const start = Math.abs(active.starts.get(position)?.[unit] ?? 0) * 2 ** -exponent;
  const edges: (Step & { readonly upTo: number })[] = [];
  let mass = start;
  visitEdgesInto(active, position, unit, (source, from, weight) => {
    const prefix = masses.get(source);
    if (prefix === undefined) throw new Error(`unreachable: no mass at ${source}`);
    const own = prefix.totals[from]! * Math.abs(weight) * 2 ** (prefix.exponent - exponent);
    if (!(own > 0)) return;
    mass += own;
    edges.push({ position: source, unit: from, weight, upTo: mass });
  });
  const target = uniform * mass;
  return target < start ? undefined : (edges.find(({ upTo }) => target < upTo) ?? edges.at(-1));
}
