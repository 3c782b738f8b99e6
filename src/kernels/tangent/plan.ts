/**
 * How the gradients of a network's parameters are taken together (theory 4.1, 4.8). Each parameter counts once: gradients by its
 * uses are summed before the product, which is a product of layers only where every number is used once.
 *
 * A dense layer's gradient is the product `z δᵀ` of two vectors. It is kept as these two, also where a parameter is used
 * by several layers, whole and as it is or transposed: then the kernel has a term for each two uses. Every other gradient
 * is formed and kept, `[batch, numbers]`.
 */
import {
  edgePattern,
  type GatedNetwork,
  type GatedNode,
  gateOfNode,
  type NetworkParameter,
  networkParameters,
  type ParameterUse,
  pathInputs,
  pathNodes,
  scalarGate,
  type Weights,
} from "../../network/index.ts";
import {
  arrayName,
  arraySize,
  type Factors,
  factorsOfAll,
  isTransposed,
  largestPlace,
  type Parameter,
  sameFactors,
  type Use,
  unitFactors,
  usedOnce,
} from "./parameter-uses.ts";

/** Parameters that carry the value, or that only make its gates (theory 4.1). */
export type TangentPart = "value" | "feature";

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
    const uses = parameter.uses
      .filter(({ position }) => reached.has(position))
      // read once: large ones are made when they are asked for
      .map(({ position, kind, places, factors }): ParameterUse => ({ position, kind, places, factors }));
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

function gradientInputs(node: GatedNode): readonly number[] {
  const gate = gateOfNode(node);
  return gate !== undefined && scalarGate(gate.rule).hasGradient ? [...pathInputs(node), gate.by] : pathInputs(node);
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
    const matrix = matrixAt(network, use.position);
    if (matrix === undefined || use.kind === "slopes") {
      formed.push({ kind: "array", use, size });
      continue;
    }
    const [rows = 0, columns = 0] = matrix.shape;
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

/** Weights `[in, out]` of a node whose units read every unit of its input. */
function matrixAt({ nodes }: GatedNetwork, position: number): Weights | undefined {
  const node = nodes[position];
  const pattern = node && edgePattern(node);
  return pattern?.kind === "every" ? pattern.weight : undefined;
}

/** A parameter that several dense layers use, whole, as it is or transposed, if that is less work than its gradients. */
function outerOfShared(network: GatedNetwork, { uses, size }: Parameter): OuterGradients | undefined {
  const outerUses: OuterUse[] = [];
  let shape: readonly number[] | undefined;
  for (const { position, kind, places, factors } of uses) {
    const matrix = matrixAt(network, position);
    if (matrix === undefined || kind !== "weight") return undefined;
    const [inputs = 0, units = 0] = matrix.shape;
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
