/**
 * How the gradients of a network's parameters are taken together (theory 4.1, 4.8). Each parameter counts once: gradients by its
 * uses are summed before the product, which is a product of layers only where every number is used once.
 *
 * A dense layer's gradient is the product `z δᵀ` of two vectors. It is kept as these two, also where a parameter is used
 * by several layers, whole and as it is or transposed: then the kernel has a term for each two uses. Every other gradient
 * is formed and kept, `[batch, numbers]`.
 */
import { sizeOf } from "../../graph/index.ts";
import {
  type GatedNetwork,
  type GatedNode,
  isWeightNode,
  type NetworkParameter,
  networkParameters,
  type ParameterUse,
  pathInputs,
  pathNodes,
  scalarGate,
} from "../../network/index.ts";

/** Parameters that carry the value, or that only make its gates (theory 4.1). */
export type TangentPart = "value" | "feature";

type Factors = number | Float64Array;

/** A use whose factors are known. */
export interface Use extends ParameterUse {
  readonly factors: Factors;
}

/** The gradient `z δᵀ` of a dense layer as two vectors. */
export interface OuterUse {
  readonly position: number;
  /** Whether rows of the parameter are the layer's units. */
  readonly transposed: boolean;
  /** By which each unit's gradient is multiplied: one for all, or one each. */
  readonly factors: Factors;
}

/** Gradients `Σ_u l_u r_uᵀ`, kept as their factors. */
export interface OuterGradients {
  readonly uses: readonly OuterUse[];
  /** Sizes of `l` and `r`. */
  readonly rows: number;
  readonly columns: number;
  /** Whether the layer's bias, of the same factors, is taken in: a 1 beside `l`. */
  readonly withBias: boolean;
}

/** Gradients that are formed: by the numbers of an array, each times a factor, or by those of a parameter, summed over its uses. */
export type FormedGradients =
  | { readonly kind: "array"; readonly use: Use; readonly size: number }
  | { readonly kind: "parameter"; readonly uses: readonly Use[]; readonly size: number };

export interface PartPlan {
  readonly outer: readonly OuterGradients[];
  readonly formed: readonly FormedGradients[];
}

export interface TangentPlan extends Readonly<Record<TangentPart, PartPlan>> {
  /** Parameters that the weights of a node are made of in a way whose derivative is not known. */
  readonly unknown: readonly { readonly parameter: NetworkParameter; readonly position: number }[];
}

/**
 * The plan for both parts of a network. A parameter that carries the value somewhere belongs to the value's part.
 * Gradients reach the feature network through soft gates only: behind hard gates its part is empty, and the feature
 * kernel zero.
 */
export function tangentPlan(network: GatedNetwork): TangentPlan {
  const reached = reachedByGradients(network);
  const onPaths = new Set(pathNodes(network));
  const parameters = networkParameters(network).flatMap((parameter): readonly NetworkParameter[] => {
    const uses = parameter.uses.filter(({ position }) => reached.has(position));
    return uses.length === 0 ? [] : [{ ...parameter, uses }];
  });
  const isKnown = (use: ParameterUse): use is Use => use.factors !== undefined;
  const unknown = parameters.flatMap((parameter) => {
    const use = parameter.uses.find(({ factors }) => factors === undefined);
    return use === undefined ? [] : [{ parameter, position: use.position }];
  });
  const partOf = (wanted: boolean): PartPlan =>
    planOf(
      network,
      parameters
        .filter(({ uses }) => uses.some(({ position }) => onPaths.has(position)) === wanted)
        .map((parameter) => ({ size: parameter.values.data.length, uses: parameter.uses.filter(isKnown) })),
    );
  return { value: partOf(true), feature: partOf(false), unknown };
}

function reachedByGradients({ nodes, output }: GatedNetwork): ReadonlySet<number> {
  const reached = new Set([output]);
  for (let position = output; position >= 0; position--) {
    const node = nodes[position];
    if (node !== undefined && reached.has(position)) for (const from of gradientInputs(node)) reached.add(from);
  }
  return reached;
}

const gradientInputs = (node: GatedNode): readonly number[] =>
  node.kind === "gate" && scalarGate(node.rule).hasGradient ? [node.input, node.gatedBy] : pathInputs(node);

interface Parameter {
  readonly size: number;
  readonly uses: readonly Use[];
}

function planOf(network: GatedNetwork, parameters: readonly Parameter[]): PartPlan {
  const outer: OuterGradients[] = [];
  const formed: FormedGradients[] = [];
  const alone = new Map<string, Use[]>();
  for (const parameter of parameters) {
    if (usedOnce(parameter)) {
      for (const use of parameter.uses) alone.set(arrayName(use), [...(alone.get(arrayName(use)) ?? []), use]);
      continue;
    }
    const shared = outerOfShared(network, parameter);
    if (shared === undefined) formed.push({ kind: "parameter", ...parameter });
    else outer.push(shared);
  }
  // arrays that are made of such parameters alone: it does not matter of which
  const arrays = new Map<string, { readonly use: Use; readonly size: number }>();
  for (const [name, uses] of alone) {
    const [first] = uses;
    if (first === undefined) continue;
    const size = arraySize(network, first);
    const factors = factorsOfAll(uses, size);
    if (factors !== undefined) arrays.set(name, { use: { ...first, places: undefined, factors }, size });
    else for (const use of uses) formed.push({ kind: "parameter", uses: [use], size: largestPlace(use, size) + 1 });
  }
  for (const { use, size } of arrays.values()) {
    const node = network.nodes[use.position];
    if (node?.kind !== "dense" || use.kind === "slopes") {
      formed.push({ kind: "array", use, size });
      continue;
    }
    const [rows = 0, columns = 0] = node.weight.shape;
    if (use.kind === "bias") {
      const weight = arrays.get(arrayName({ ...use, kind: "weight" }));
      const taken = weight === undefined ? undefined : unitFactors(weight.use.factors, columns);
      // the weight's product has a 1 for it
      if (taken === undefined || !sameFactors(taken, use.factors)) formed.push({ kind: "array", use, size });
      continue;
    }
    const factors = unitFactors(use.factors, columns);
    if (factors === undefined) {
      formed.push({ kind: "array", use, size });
      continue;
    }
    const bias = arrays.get(arrayName({ ...use, kind: "bias" }));
    const withBias = bias !== undefined && sameFactors(factors, bias.use.factors);
    outer.push({ uses: [{ position: use.position, transposed: false, factors }], rows, columns, withBias });
  }
  return { outer, formed };
}

const arrayName = ({ position, kind }: Pick<Use, "position" | "kind">): string => `${position}.${kind}`;

/** Numbers in the array of a use. */
export function arraySize({ nodes }: GatedNetwork, { position, kind }: Pick<Use, "position" | "kind">): number {
  const node = nodes[position];
  if (kind === "slopes") return node?.kind === "gate" && node.rule.kind === "leaky" ? node.rule.slopes.data.length : 0;
  return isWeightNode(node) ? sizeOf(node[kind]?.shape ?? [0]) : 0;
}

/** Whether no number of a parameter is used twice. */
function usedOnce({ uses, size }: Parameter): boolean {
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
function factorsOfAll(uses: readonly Use[], size: number): Factors | undefined {
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

const largestPlace = ({ places }: Use, size: number): number =>
  places === undefined ? size - 1 : places.reduce((most, place) => Math.max(most, place), 0);

/** Factors of a weight `[in, out]` by unit, if all inputs of a unit have the same. */
function unitFactors(factors: Factors, units: number): Factors | undefined {
  if (typeof factors === "number") return factors;
  return factors.every((one, i) => one === factors[i % units]) ? factors.slice(0, units) : undefined;
}

function sameFactors(a: Factors, b: Factors): boolean {
  if (typeof a === "number") return typeof b === "number" ? a === b : b.every((one) => one === a);
  return typeof b === "number" ? a.every((one) => one === b) : a.every((one, i) => one === b[i]);
}

/** A parameter that several dense layers use, whole, as it is or transposed, if that is less work than its gradients. */
function outerOfShared(network: GatedNetwork, { uses, size }: Parameter): OuterGradients | undefined {
  const outerUses: OuterUse[] = [];
  let shape: readonly number[] | undefined;
  for (const { position, kind, places, factors } of uses) {
    const node = network.nodes[position];
    if (node?.kind !== "dense" || kind !== "weight") return undefined;
    const [inputs = 0, units = 0] = node.weight.shape;
    const byUnit = unitFactors(factors, units);
    const transposed = isTransposed(places, inputs, units);
    if (inputs * units !== size || byUnit === undefined || transposed === undefined) return undefined;
    const own = transposed ? [units, inputs] : [inputs, units];
    shape ??= own;
    if (`${shape}` !== `${own}`) return undefined;
    outerUses.push({ position, transposed, factors: byUnit });
  }
  const [rows = 0, columns = 0] = shape ?? [];
  if (uses.length ** 2 * (rows + columns) > size) return undefined;
  return { uses: outerUses, rows, columns, withBias: false };
}

/** Whether a matrix `[inputs, units]` is a parameter transposed; undefined if it is neither that nor the parameter. */
function isTransposed(places: Int32Array | undefined, inputs: number, units: number): boolean | undefined {
  if (places === undefined || places.every((place, i) => place === i)) return false;
  const fits = places.every((place, i) => place === (i % units) * inputs + Math.floor(i / units));
  return fits ? true : undefined;
}
