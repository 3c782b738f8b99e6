/** Kinds of nodes that hold weights. */
import { add, convolution, type FloatDType, matMul, multiply, reshape, type Tensor } from "../../graph/index.ts";
import type { Weights } from "../gated-network.ts";
import { FIXED, type ForwardTools, type NodeKind, type Starts, UNIT } from "./kind.ts";

export const denseKind: NodeKind<"dense"> = {
  inputs: ({ input }) => [input],
  placed: (node, { input }) => ({ ...node, input: input(node.input) }),
  decision: () => undefined,
  starts: ({ bias }) => biasStarts(bias),
  weights: "parameters",
  pattern: ({ weight }) => ({ kind: "every", weight }),
  edges({ weight }, _, unit, visit) {
    const [inputs = 0, units = 0] = weight.shape;
    for (let i = 0; i < inputs; i++) visit(0, i, weight.data[i * units + unit]!, i * units + unit);
  },
  forward: ({ input, weight, bias, shape }, tools) =>
    plusBias(matMul(tools.at(input), tools.parameter("weight", weight)), bias, shape, tools),
};

export const convolutionKind: NodeKind<"convolution"> = {
  inputs: ({ input }) => [input],
  placed: (node, { input }) => ({ ...node, input: input(node.input) }),
  decision: () => undefined,
  starts: ({ bias }) => biasStarts(bias),
  weights: "parameters",
  pattern: ({ window, groups, weight }) => ({ kind: "convolution", window, groups, weight }),
  // no function a channel: the strongest paths walk over each of these edges (bench/paths.bench.ts)
  edges({ window, groups, weight, shape }, [inputShape = []], unit, visit) {
    const { kernel, strides, pads, dilations } = window;
    const [inputChannels = 0, height = 0, width = 0] = inputShape;
    const [channels = 0, rows = 0, columns = 0] = shape;
    const channel = Math.floor(unit / (rows * columns));
    const top = (Math.floor(unit / columns) % rows) * strides[0] - pads[0];
    const left = (unit % columns) * strides[1] - pads[1];
    const held = inputChannels / groups;
    const first = Math.floor(channel / (channels / groups)) * held;
    for (let c = 0; c < held; c++) {
      for (let ky = 0; ky < kernel[0]; ky++) {
        const row = top + ky * dilations[0];
        if (row < 0 || row >= height) continue;
        for (let kx = 0; kx < kernel[1]; kx++) {
          const column = left + kx * dilations[1];
          if (column < 0 || column >= width) continue;
          const tap = ((channel * held + c) * kernel[0] + ky) * kernel[1] + kx;
          visit(0, ((first + c) * height + row) * width + column, weight.data[tap]!, tap);
        }
      }
    }
  },
  forward({ input, window, groups, weight, bias, shape }, tools) {
    const { strides, pads, dilations } = window;
    const made = convolution(tools.at(input), tools.parameter("weight", weight), { strides, pads, dilations, groups });
    return plusBias(made, bias, shape, tools);
  },
};

export const scaleKind: NodeKind<"scale"> = {
  inputs: ({ input }) => [input],
  placed: (node, { input }) => ({ ...node, input: input(node.input) }),
  decision: () => undefined,
  starts: ({ bias }) => biasStarts(bias),
  weights: "parameters",
  pattern: () => UNIT,
  edges({ weight, shape }, _, unit, visit) {
    const positions = shape.slice(1).reduce((size, length) => size * length, 1);
    const channel = Math.floor(unit / positions);
    visit(0, unit, weight?.data[channel] ?? 1, weight === undefined ? FIXED : channel);
  },
  forward({ input, weight, bias, shape }, tools) {
    const z = tools.at(input);
    const scaled = weight === undefined ? z : multiply(z, perChannel(tools.parameter("weight", weight), shape.length));
    return plusBias(scaled, bias, shape, tools);
  },
};

const biasStarts = (bias: Weights | undefined): Starts | undefined =>
  bias === undefined ? undefined : { kind: "bias", bias };

const plusBias = <D extends FloatDType, W>(
  z: Tensor<D>,
  bias: W | undefined,
  shape: readonly number[],
  { parameter }: ForwardTools<D, W>,
): Tensor<D> => (bias === undefined ? z : add(z, perChannel(parameter("bias", bias), shape.length)));

/** A vector over the channels, to broadcast over the positions of maps of `rank` axes. */
const perChannel = <D extends FloatDType>(vector: Tensor<D>, rank: number): Tensor<D> =>
  rank === 1 ? vector : reshape(vector, [vector.shape[0] ?? 1, ...Array.from({ length: rank - 1 }, () => 1)]);
