/** Shapes that nodes give, from those that they read: of an architecture's nodes, whose words nobody has checked. */
import { sizeOf } from "../graph/index.ts";
import type { ArchitectureNode, ArchitectureNodeFields, ArchitectureNodeKind } from "./architecture.ts";
import type { MapWindow } from "./map-window.ts";

/** The shape, or what the node would have to be told or given instead. */
export type NodeShape =
  | { readonly kind: "shape"; readonly shape: readonly number[] }
  | { readonly kind: "misfit"; readonly expected: string };

const misfit = (expected: string): NodeShape => ({ kind: "misfit", expected });
const fits = (shape: readonly number[]): NodeShape => ({ kind: "shape", shape });

/** Shapes of the nodes at positions. */
type ShapeAt = (position: number) => readonly number[];
type Rules = {
  readonly [K in ArchitectureNodeKind]: (node: ArchitectureNodeFields[K], shapeAt: ShapeAt) => NodeShape;
};

const RULES: Rules = {
  normalize({ input, factor, shift }, shapeAt) {
    const shape = shapeAt(input);
    const counts = [1, shape[0] ?? 1, sizeOf(shape)];
    const isFit = counts.includes(factor.length) && counts.includes(shift.length);
    return isFit ? fits(shape) : misfit(`a factor and a shift of ${[...new Set(counts)].join(", ")} numbers`);
  },
  dense: ({ input, units }, shapeAt) => (shapeAt(input).length === 1 ? fits([units]) : misfit("a vector [inputs]")),
  convolution({ input, channels, window, groups }, shapeAt) {
    const [inputs = 0, ...map] = shapeAt(input);
    if (map.length !== 2) return misfit("maps [channels, height, width]");
    if (inputs % groups !== 0 || channels % groups !== 0) {
      return misfit(`channels that ${groups} groups divide, of ${inputs} and ${channels}`);
    }
    return overMaps(map, window, channels);
  },
  scale: ({ input }, shapeAt) => fits(shapeAt(input)),
  gate({ input, gatedBy, rule }, shapeAt) {
    const shape = shapeAt(input);
    if (shapeAt(gatedBy).join() !== shape.join()) return misfit(`a gate decided by [${shape.join(", ")}]`);
    const isFit = rule.kind !== "leaky" || rule.slopes.length === 1 || rule.slopes.length === shape[0];
    return isFit ? fits(shape) : misfit(`1 or ${shape[0]} slopes`);
  },
  "max-pool": ({ input, selectedBy, window }, shapeAt) =>
    shapeAt(selectedBy).join() === shapeAt(input).join()
      ? pooled(shapeAt(input), window)
      : misfit(`a maximum selected by [${shapeAt(input).join(", ")}]`),
  "average-pool": ({ input, window }, shapeAt) => pooled(shapeAt(input), window),
  sum({ inputs }, shapeAt) {
    const [first = [], ...others] = inputs.map(shapeAt);
    const isFit = others.length > 0 && others.every((shape) => shape.join() === first.join());
    return isFit ? fits(first) : misfit("at least two nodes of one shape");
  },
  concat({ inputs, axis }, shapeAt) {
    const shapes = inputs.map(shapeAt);
    const [first = []] = shapes;
    const rest = (shape: readonly number[]): string => `${shape.length}:${shape.filter((_, i) => i !== axis).join()}`;
    if (axis >= first.length || !shapes.every((shape) => rest(shape) === rest(first))) {
      return misfit(`nodes whose shapes differ along axis ${axis} alone`);
    }
    const length = shapes.reduce((sum, shape) => sum + (shape[axis] ?? 0), 0);
    return fits(first.map((size, i) => (i === axis ? length : size)));
  },
  rearrange({ input, shape, from }, shapeAt) {
    const inputs = sizeOf(shapeAt(input));
    if (from === undefined) return sizeOf(shape) === inputs ? fits(shape) : misfit(`a shape of ${inputs} elements`);
    const isFit = from.length === sizeOf(shape) && from.every((place) => place >= -1 && place < inputs);
    return isFit ? fits(shape) : misfit(`${sizeOf(shape)} places, each of −1 to ${inputs - 1}`);
  },
};

function pooled([channels = 0, ...map]: readonly number[], window: MapWindow): NodeShape {
  if (map.length !== 2) return misfit("maps [channels, height, width]");
  const [top, left, bottom, right] = window.pads;
  const isFit = Math.max(top, bottom) < window.kernel[0] && Math.max(left, right) < window.kernel[1];
  if (!isFit) return misfit("padding below the size of the windows");
  return window.dilations.some((one) => one !== 1)
    ? misfit("windows without dilation")
    : overMaps(map, window, channels);
}

function overMaps(map: readonly number[], window: MapWindow, channels: number): NodeShape {
  const sizes = [0, 1].map((axis) => mapSize(map[axis] ?? 0, window, axis === 0 ? 0 : 1));
  return sizes.every((size) => size >= 1)
    ? fits([channels, ...sizes])
    : misfit(
        `maps of at least ${window.kernel.map((size, i) => (size - 1) * (window.dilations[i] ?? 1) + 1).join("×")}`,
      );
}

/** Positions of a window along one axis of a map. */
export function mapSize(size: number, { kernel, strides, pads, dilations }: MapWindow, axis: 0 | 1): number {
  const span = (kernel[axis] - 1) * dilations[axis] + 1;
  return Math.floor((size + pads[axis] + pads[axis + 2]! - span) / strides[axis]) + 1;
}

/** The shape of what a node gives. */
export const nodeShape = <K extends ArchitectureNodeKind>(node: ArchitectureNode<K>, shapeAt: ShapeAt): NodeShape =>
  RULES[node.kind](node, shapeAt);
