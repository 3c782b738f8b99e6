/** Which uses of parameters make up the arrays of nodes, and in which pattern. */
import { sizeOf } from "../../graph/index.ts";
import { type GatedNetwork, gateOfNode, isWeightNode, type ParameterUse } from "../../network/index.ts";

export type Factors = number | Float64Array;

/** A use whose factors are known. */
export interface Use extends ParameterUse {
  readonly factors: Factors;
}

/** A parameter of `size` numbers. */
export interface Parameter {
  readonly size: number;
  readonly uses: readonly Use[];
}

export const arrayName = ({ position, kind }: Pick<Use, "position" | "kind">): string => `${position}.${kind}`;

/** Numbers in the array of a use. */
export function arraySize({ nodes }: GatedNetwork, { position, kind }: Pick<Use, "position" | "kind">): number {
  const node = nodes[position];
  if (kind === "slopes") {
    const rule = gateOfNode(node)?.rule;
    return rule?.kind === "leaky" ? rule.slopes.data.length : 0;
  }
  return isWeightNode(node) ? sizeOf(node[kind]?.shape ?? [0]) : 0;
}

/** Whether no number of a parameter is used twice. */
export function usedOnce({ uses, size }: Parameter): boolean {
  if (uses.length === 1 && uses[0]?.places === undefined) return true;
  const used = new Uint8Array(size);
  for (const { places } of uses) {
    for (let i = 0; i < (places?.length ?? size); i++) {
      const place = places === undefined ? i : places[i]!;
      if (place < 0) continue;
      if (used[place] === 1) return false;
      used[place] = 1;
    }
  }
  return true;
}

/** The factors of an array's numbers if the uses make up all of it, each number once. */
export function factorsOfAll(uses: readonly Use[], size: number): Factors | undefined {
  const [first] = uses;
  if (uses.length === 1 && first !== undefined && (first.places?.every((place) => place >= 0) ?? true)) {
    return first.factors;
  }
  const factors = new Float64Array(size);
  const covered = new Uint8Array(size);
  for (const use of uses) {
    for (let i = 0; i < size; i++) {
      if ((use.places?.[i] ?? i) < 0) continue;
      if (covered[i] === 1) return undefined;
      covered[i] = 1;
      factors[i] = typeof use.factors === "number" ? use.factors : use.factors[i]!;
    }
  }
  return covered.every((one) => one === 1) ? factors : undefined;
}

export const largestPlace = ({ places }: Use, size: number): number =>
  places === undefined ? size - 1 : places.reduce((most, place) => Math.max(most, place), 0);

/** Factors of a weight `[in, out]` by unit, if all inputs of a unit have the same. */
export function unitFactors(factors: Factors, units: number): Factors | undefined {
  if (typeof factors === "number") return factors;
  return factors.every((one, i) => one === factors[i % units]) ? factors.slice(0, units) : undefined;
}

export function sameFactors(a: Factors, b: Factors): boolean {
  if (typeof a === "number") return typeof b === "number" ? a === b : b.every((one) => one === a);
  return typeof b === "number" ? a.every((one) => one === b) : a.every((one, i) => one === b[i]);
}

/** Whether a matrix `[inputs, units]` is a parameter transposed; undefined if it is neither that nor the parameter. */
export function isTransposed(places: Int32Array | undefined, inputs: number, units: number): boolean | undefined {
  if (places === undefined || places.every((place, i) => place === i)) return false;
  const fits = places.every((place, i) => place === (i % units) * inputs + Math.floor(i / units));
  return fits ? true : undefined;
}
