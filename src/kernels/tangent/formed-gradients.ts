/** Gradients of each example by the numbers of a node, and by those of the parameters that these are made of. */
import {
  cast,
  concat,
  constant,
  convolution,
  float64,
  gainsByTiles,
  gather,
  int32,
  matMul,
  multiply,
  pad,
  reduceSum,
  reshape,
  sizeOf,
  slice,
  subtract,
  type Tensor,
  tiledWeightGradients,
  transpose,
} from "../../graph/index.ts";
import {
  type EdgePattern,
  edgePattern,
  type GatedNode,
  gateOfNode,
  isOpen,
  isWeightNode,
  visitEdges,
  type WeightNode,
} from "../../network/index.ts";
import type { Use } from "./parameter-uses.ts";
import { segmentSums } from "./segment-sums.ts";

type Maps = Tensor<"float64">;
type Convolution = Extract<EdgePattern, { readonly kind: "convolution" }>;

/** A node with what comes into it, `[batch, …]`, and the gradient of the logit by what it gives. */
export interface Layer {
  readonly node: GatedNode;
  readonly z: Maps;
  readonly delta: Maps;
  /** What decides the node's gate, if it is one. */
  readonly q: Maps | undefined;
}

/** Gradients by the numbers of an array, each times its factor, `[batch, numbers]`, in any order. */
export function perArray(layer: Layer, use: Use): Maps {
  const { values, order } = arrayGradients(layer, use.kind);
  const { factors } = use;
  return times(values, typeof factors === "number" || order === undefined ? factors : order.map((i) => factors[i]!));
}

/** Gradients by the numbers of a parameter, as far as they come from one use, `[batch, count]`. */
export function perParameter(layer: Layer, use: Use, count: number): Maps {
  const byUnit = gradientsByUnit(layer, use);
  if (byUnit !== undefined) return segmentSums(byUnit.values, byUnit.places, count);
  const { values, order } = arrayGradients(layer, use.kind);
  const own = order ?? Float64Array.from({ length: Number(values.shape[1]) }, (_, i) => i);
  const { factors, places } = use;
  const scaled = times(values, typeof factors === "number" ? factors : own.map((i) => factors[i]!));
  if (places === undefined && order === undefined && own.length === count) return scaled;
  return segmentSums(
    scaled,
    Int32Array.from(own, (i) => places?.[i] ?? i),
    count,
  );
}

const times = (values: Maps, factors: number | Float64Array): Maps => {
  if (factors === 1) return values;
  return multiply(values, typeof factors === "number" ? factors : constant(float64([1, factors.length], factors)));
};

interface ArrayGradients {
  readonly values: Maps;
  /** Which number of the array each column belongs to; the same order where undefined. */
  readonly order: Float64Array | undefined;
}

function arrayGradients({ node, z, delta, q }: Layer, kind: Use["kind"]): ArrayGradients {
  const inOrder = (values: Maps): ArrayGradients => ({ values, order: undefined });
  if (kind === "bias") return inOrder(overPositions(delta));
  const pattern = edgePattern(node);
  if (pattern.kind === "every") {
    const [inputs = 0, units = 0] = pattern.weight.shape;
    const batch = z.shape[0] ?? 1;
    const outer = multiply(reshape(z, [batch, inputs, 1]), reshape(delta, [batch, 1, units]));
    return inOrder(reshape(outer, [batch, inputs * units]));
  }
  if (pattern.kind === "convolution") {
    return { values: convolutionGradients(pattern, node, z, delta), order: orderOfTaps(pattern.weight.shape) };
  }
  const rule = gateOfNode(node)?.rule;
  if (isWeightNode(node)) {
    return inOrder(pattern.kind === "unit" ? overPositions(multiply(z, delta)) : edgeGradients(node, z, delta));
  }
  if (rule?.kind === "leaky") {
    // `Σ z · 1{q ≤ 0} · δ`
    const shut = subtract(1, cast(isOpen(q ?? z), "float64"));
    const values = overPositions(multiply(multiply(z, shut), delta));
    return inOrder(rule.slopes.data.length === 1 ? reduceSum(values, [1], true) : values);
  }
  throw new Error(`unreachable: ${kind} of ${node.kind}`);
}

/** Of weights in a pattern of their own: `z · δ` of the two units of each edge, summed over the edges of a weight. */
function edgeGradients(node: WeightNode, z: Maps, delta: Maps): Maps {
  const [batch = 1, ...inputShape] = z.shape;
  const [from, to, places]: [number[], number[], number[]] = [[], [], []];
  for (let unit = 0; unit < sizeOf(node.shape); unit++) {
    visitEdges(node, [inputShape.map(Number)], unit, (_which, source, _weight, place) => {
      from.push(source);
      to.push(unit);
      places.push(place);
    });
  }
  const rows = (maps: Maps, units: readonly number[]): Maps => {
    const flat = transpose(reshape(maps, [batch, sizeOf(maps.shape.slice(1).map(Number))]));
    return gather(flat, constant(int32([units.length], Int32Array.from(units))));
  };
  const products = transpose(multiply(rows(z, from), rows(delta, to)));
  return segmentSums(products, Int32Array.from(places), sizeOf(node.weight?.shape ?? [0]));
}

const joined = ([first, ...rest]: readonly Maps[]): Maps => {
  if (first === undefined) throw new Error("unreachable: no taps");
  return rest.length === 0 ? first : concat([first, ...rest], 1);
};

/** `[batch, channels]` of maps `[batch, channels, …]`. */
const overPositions = (maps: Maps): Maps =>
  maps.shape.length === 2
    ? maps
    : reduceSum(
        maps,
        maps.shape.slice(2).map((_, axis) => axis + 2),
      );

/**
 * Where all weights of a unit are made of one number of the parameter (a batch normalization's scale that was folded into
 * the layer), no gradient by weights is formed: their sum is what the layer gives with the factors as its weights.
 */
function gradientsByUnit(
  { node, z, delta }: Layer,
  { kind, places, factors }: Use,
): { readonly values: Maps; readonly places: Int32Array } | undefined {
  if (kind !== "weight" || places === undefined) return undefined;
  const factorAt = (i: number): number => (typeof factors === "number" ? factors : factors[i]!);
  const pattern = edgePattern(node);
  if (pattern.kind === "every") {
    const [, units = 0] = pattern.weight.shape;
    if (!places.every((place, i) => place === places[i % units])) return undefined;
    const matrix = float64(
      pattern.weight.shape,
      Float64Array.from(places, (_, i) => factorAt(i)),
    );
    return { values: multiply(matMul(z, constant(matrix)), delta), places: places.slice(0, units) };
  }
  if (pattern.kind === "convolution") {
    const { weight, window, groups } = pattern;
    const [out = 0, ...rest] = weight.shape;
    const each = sizeOf(rest);
    const first = Int32Array.from({ length: out }, (_, unit) => places[unit * each]!);
    if (each === 1 || !places.every((place, i) => place === first[Math.floor(i / each)])) return undefined;
    const { strides, pads, dilations } = window;
    const kernel = constant(
      float64(
        weight.shape,
        Float64Array.from(places, (_, i) => factorAt(i)),
      ),
    );
    const made = convolution(z, kernel, { strides, pads, dilations, groups });
    return { values: overPositions(multiply(made, delta)), places: first };
  }
  return undefined;
}

/** Weights `[out, in / groups, kernel…]` in the order of {@link convolutionGradients}. */
function orderOfTaps([out = 0, perGroup = 0, ...kernel]: readonly number[]): Float64Array | undefined {
  const taps = sizeOf(kernel);
  if (taps === 1) return undefined;
  const each = out * perGroup;
  return Float64Array.from({ length: taps * each }, (_, i) => (i % each) * taps + Math.floor(i / each));
}

/** For each tap of the kernel `Δ · tap(z)ᵀ` over the positions, `[batch, taps · out · in / groups]`; groups as leading axis. */
function convolutionGradients(pattern: Convolution, { shape }: GatedNode, z: Maps, delta: Maps): Maps {
  const { weight, window, groups } = pattern;
  const [, rows = 1, columns = 1] = shape;
  const isTiled = gainsByTiles({ ...window, groups, weight: weight.shape, positions: [rows, columns] });
  return isTiled ? tiledWeightGradients(z, delta, window) : joined(gradientsByTap(pattern, shape, z, delta));
}

function gradientsByTap(
  { weight, window, groups }: Convolution,
  shape: readonly number[],
  z: Maps,
  delta: Maps,
): readonly Maps[] {
  const [batch = 1, , height = 0, width = 0] = z.shape;
  const [out = 0, perGroup = 0] = weight.shape;
  const [, ...to] = shape;
  const positions = sizeOf(to);
  const [top, left, bottom, right] = window.pads;
  const grouped = reshape(z, [batch, groups, perGroup, height, width]);
  const padded = pad(pad(grouped, 3, top, bottom), 4, left, right);
  const tap = (maps: Maps, axis: 0 | 1, index: number): Maps => {
    const start = index * window.dilations[axis];
    const end = start + ((to[axis] ?? 1) - 1) * window.strides[axis] + 1;
    return slice(maps, axis + 3, start, end, window.strides[axis]);
  };
  const flat = reshape(delta, [batch, groups, out / groups, positions]);
  return Array.from({ length: window.kernel[0] }, (_, i) => tap(padded, 0, i)).flatMap((lines) =>
    Array.from({ length: window.kernel[1] }, (_, j) => {
      const seen = reshape(tap(lines, 1, j), [batch, groups, perGroup, positions]);
      return reshape(matMul(flat, seen, { transposeB: true }), [batch, out * perGroup]);
    }),
  );
}
