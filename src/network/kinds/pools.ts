/** Kinds of nodes that make one element of each window. */
import {
  averagePool,
  type FloatDType,
  float64,
  globalAveragePool,
  maxPoolSelect,
  multiply,
  reshape,
  type Tensor,
} from "../../graph/index.ts";
import type { GatedNode } from "../gated-network.ts";
import { heldAt, type MapWindow, visitWindow } from "../map-window.ts";
import { FIXED, type ForwardTools, LINEAR, type NodeKind, type VisitInputEdge } from "./kind.ts";

export const maxPoolKind: NodeKind<"max-pool"> = {
  inputs: ({ input }) => [input],
  placed: (node, { input, decider }) => ({ ...node, input: input(node.input), selectedBy: decider(node.selectedBy) }),
  decision: ({ selectedBy }) => ({ kind: "choice", by: selectedBy }),
  starts: () => undefined,
  weights: "ones",
  pattern: ({ window }) => ({ kind: "window", window, divisor: () => 1 }),
  edges: (node, [inputShape = []], unit, visit) => visitWindowEdges(node, inputShape, unit, 1, visit),
  forward({ input, selectedBy, window }, { at, power }) {
    const { kernel, strides, pads } = window;
    if (power?.isOpen !== true) return maxPoolSelect(at(selectedBy), at(input), kernel, { strides, pads });
    return multiply(averagePool(at(input), kernel, { strides, pads }), kernel[0] * kernel[1]);
  },
};

export const averagePoolKind: NodeKind<"average-pool"> = {
  ...LINEAR,
  inputs: ({ input }) => [input],
  placed: (node, { input }) => ({ ...node, input: input(node.input) }),
  weights: "fixed",
  pattern: (node) => ({ kind: "window", window: node.window, divisor: (held) => divisorOf(node, held) }),
  edges: (node, [inputShape = []], unit, visit) =>
    visitWindowEdges(node, inputShape, unit, shareAt(node, inputShape, unit), visit),
  forward(node, tools) {
    const z = tools.at(node.input);
    const mean = averaged(z, node, tools);
    if (tools.power === undefined) return mean;
    const { raise } = tools.power;
    return multiply(
      mean,
      tools.fixed(
        perPosition(z, node, (position, inputShape) => {
          const share = shareAt(node, inputShape, position);
          return raise(share) / share;
        }),
      ),
    );
  },
};

type Pool = Pick<GatedNode<unknown, "max-pool" | "average-pool">, "window" | "shape">;
type Average = GatedNode<unknown, "average-pool">;

function visitWindowEdges(
  { window, shape }: Pool,
  inputShape: readonly number[],
  unit: number,
  weight: number,
  visit: VisitInputEdge,
): void {
  const [, height = 0, width = 0] = inputShape;
  const [, rows = 1, columns = 1] = shape;
  const [channel, position] = [Math.floor(unit / (rows * columns)), unit % (rows * columns)];
  visitWindow({ window, height, width, columns, position, offset: channel * height * width }, [weight, FIXED], visit);
}

/** What divides the sum of a window's elements: how many count. */
const divisorOf = ({ window, countPadding }: Pick<Average, "window" | "countPadding">, held: number): number =>
  countPadding ? window.kernel[0] * window.kernel[1] : held;

/** Weight of each edge of a mean. */
function shareAt(node: Average, inputShape: readonly number[], unit: number): number {
  const [, height = 0, width = 0] = inputShape;
  const [, rows = 1, columns = 1] = node.shape;
  return 1 / divisorOf(node, heldAt(node.window, [height, width], columns, unit % (rows * columns)));
}

/** A number for each position of the pooled maps, `[1, 1, rows, columns]`. */
function perPosition<D extends FloatDType>(
  z: Tensor<D>,
  { shape }: Average,
  of: (position: number, inputShape: readonly number[]) => number,
) {
  const inputShape = z.shape.slice(1).map(Number);
  const [, rows = 1, columns = 1] = shape;
  return float64(
    [1, 1, rows, columns],
    Float64Array.from({ length: rows * columns }, (_, position) => of(position, inputShape)),
  );
}

/** The mean of each window: where padding does not count, border windows are divided by what they hold. */
function averaged<D extends FloatDType>(
  z: Tensor<D>,
  node: Average,
  { fixed }: Pick<ForwardTools<D, unknown>, "fixed">,
): Tensor<D> {
  const { window, countPadding, shape } = node;
  const { kernel, strides, pads } = window;
  const mapSize = z.shape.slice(2).join();
  // one window over the whole map is a mean of the map, and its gradient a broadcast
  if (mapSize === kernel.join() && shape.slice(1).join() === "1,1" && isUnpadded(window)) {
    return reshape(globalAveragePool(z), [z.shape[0] ?? 1, ...shape]);
  }
  const mean = averagePool(z, kernel, { strides, pads });
  if (countPadding || isUnpadded(window)) return mean;
  const whole = kernel[0] * kernel[1];
  return multiply(mean, fixed(perPosition(z, node, (at, inputShape) => whole * shareAt(node, inputShape, at))));
}

const isUnpadded = ({ pads }: MapWindow): boolean => pads.every((pad) => pad === 0);
