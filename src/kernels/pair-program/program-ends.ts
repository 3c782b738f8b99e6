/** Where the kernel of a network is one number at last, and what its means and weights come to before it. */
import { inputsOfKernel, type KernelNode, type KernelPart, type KernelPlace } from "./kernel-nodes.ts";

/**
 * The first kernel of one number that all others come through, and values come in before: behind it there are single
 * numbers, before it sums that can be gone through from their end.
 * @param ordered each behind its inputs, the last one of a single number
 */
export function waistOf(ordered: readonly KernelNode[]): KernelNode {
  const places = new Map(ordered.map((node, index) => [node, index]));
  const isSingle = ({ size: [rows, columns] }: KernelNode): boolean => rows * columns === 1;
  const first = ordered.findLastIndex(
    (node) => !isSingle(node) || (node.kind === "gather" && node.parts.some(({ kind }) => kind === "values")),
  );
  // the furthest reader of those before each place
  let furthest = 0;
  const reach = ordered.map(() => 0);
  for (const [index, node] of ordered.entries()) {
    for (const input of inputsOfKernel(node)) {
      const at = places.get(input) ?? 0;
      reach[at] = Math.max(reach[at] ?? 0, index);
    }
  }
  for (const [index, node] of ordered.entries()) {
    if (index >= first && furthest <= index && node.kind === "gather" && isSingle(node)) return node;
    furthest = Math.max(furthest, reach[index] ?? 0);
  }
  throw new Error("unreachable: a kernel that ends in many numbers");
}

/**
 * What each kernel before the waist is multiplied by where means are sums of equal weights; undefined where weights
 * differ within a kernel or between the ways to it, so that they have to be multiplied one by one.
 */
export function uniformScales(
  ordered: readonly KernelNode[],
  waist: KernelNode,
): ReadonlyMap<KernelNode, number> | undefined {
  const scales = new Map<KernelNode, number>([[waist, 1]]);
  const give = (node: KernelNode, scale: number): boolean => {
    const known = scales.get(node);
    scales.set(node, scale);
    return known === undefined || known === scale;
  };
  for (const node of ordered.toReversed()) {
    const own = scales.get(node);
    if (own === undefined) continue;
    if (node.kind === "box" && !give(node.input, own)) return undefined;
    if (node.kind !== "gather") continue;
    const divisor = squaredDivisor(node, waist);
    if (Number.isNaN(divisor)) return undefined;
    for (const part of node.parts) {
      if (part.kind === "values") continue;
      const weight = weightOf(part);
      if (weight === undefined || !give(part.kernel, (own * weight * weight) / divisor)) return undefined;
    }
  }
  return scales;
}

/** What all numbers of a kernel are divided by, those of the waist at the end; not a number where they differ. */
export function squaredDivisor(node: KernelNode, waist: KernelNode | undefined): number {
  if (node === waist || node.kind !== "gather" || node.divisors === undefined) return 1;
  const divisor = uniform(node.divisors);
  return divisor === undefined ? Number.NaN : divisor * divisor;
}

function weightOf(part: KernelPart): number | undefined {
  if (part.kind !== "places") return 1;
  const weights = part.places.map(placeWeight);
  return uniform(weights.map((weight) => weight ?? Number.NaN));
}

/** Of the positions that there are. */
const placeWeight = ({ map, weights }: KernelPlace): number | undefined => {
  if (weights === undefined) return 1;
  return uniform(map === undefined ? weights : weights.filter((_, p) => (map.from[p] ?? -1) >= 0));
};

/** The number that all of them are; 1 of none. */
function uniform(values: ArrayLike<number>): number | undefined {
  const [first = 1] = Array.from({ length: Math.min(1, values.length) }, () => values[0]);
  for (let i = 0; i < values.length; i++) if (values[i] !== first) return undefined;
  return first;
}
