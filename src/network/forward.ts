/** Networks as graph: a ReLU network makes its own gates, a value network is linear behind the gates it is given. */
import {
  add,
  averagePool,
  convolution,
  globalAveragePool,
  matMul,
  multiply,
  relu,
  reshape,
  type Tensor,
} from "../graph/index.ts";
import { type Architecture, type PlacedLayer, paddingOf, placeLayers } from "./architecture.ts";

type FloatTensor = Tensor<"float32">;
/** Tensors of one network's parameters by name (`1.weight`). */
export type ParameterTensors = Readonly<Record<string, FloatTensor>>;

export interface ForwardPass {
  /** `q_l` of every gated layer. */
  readonly preActivations: readonly FloatTensor[];
  /** What the last layer gives, `[batch, outputs]`. */
  readonly output: FloatTensor;
}

/**
 * One pass through all layers.
 * @param x `[batch, ...inputShape]`
 * @param activate from pre-activation `q` of gated layer `index` (from 0) to its output `z`
 */
function pass(
  architecture: Architecture,
  parameters: ParameterTensors,
  x: FloatTensor,
  activate: (q: FloatTensor, index: number) => FloatTensor,
): ForwardPass {
  const preActivations: FloatTensor[] = [];
  let z = x;
  for (const placed of placeLayers(architecture)) {
    const q = linear(placed, parameters, z);
    z = q;
    if ("gated" in placed.layer && placed.layer.gated) {
      z = activate(q, preActivations.length);
      preActivations.push(q);
    }
  }
  return { preActivations, output: z };
}

function linear(
  { layer, weightLayer, inputShape, outputShape }: PlacedLayer,
  parameters: ParameterTensors,
  z: FloatTensor,
): FloatTensor {
  const parameter = (kind: string): FloatTensor => {
    const tensor = parameters[`${weightLayer}.${kind}`];
    if (tensor === undefined) throw new Error(`unreachable: no parameter ${weightLayer}.${kind}`);
    return tensor;
  };
  switch (layer.kind) {
    case "flatten":
      return reshape(z, [z.shape[0] ?? 1, ...outputShape]);
    case "dense": {
      const q = matMul(z, parameter("weight"));
      return layer.bias ? add(q, parameter("bias")) : q;
    }
    case "convolution": {
      const [, height = 0, width = 0] = inputShape;
      const [top, bottom] = paddingOf(layer, height);
      const [left, right] = paddingOf(layer, width);
      const q = convolution(z, parameter("weight"), {
        strides: [layer.stride, layer.stride],
        pads: [top, left, bottom, right],
      });
      return layer.bias ? add(q, reshape(parameter("bias"), [1, layer.channels, 1, 1])) : q;
    }
    case "average-pool":
      return averagePool(z, [layer.size, layer.size]);
    case "global-average-pool":
      return globalAveragePool(z);
  }
}

/** A ReLU network: `z_l = relu(q_l)`. */
export const reluForward = (architecture: Architecture, parameters: ParameterTensors, x: FloatTensor): ForwardPass =>
  pass(architecture, parameters, x, relu);

/** A value network: `z_l = q_l · G_l`, linear in its weights given the gates (theory 5). */
export const valueForward = (
  architecture: Architecture,
  parameters: ParameterTensors,
  x: FloatTensor,
  gates: readonly FloatTensor[],
): ForwardPass =>
  pass(architecture, parameters, x, (q, index) => {
    const gate = gates[index];
    if (gate === undefined) throw new Error(`unreachable: no gate for gated layer ${index}`);
    return multiply(q, gate);
  });

/** Pre-activations `q^f` of a feature network: its layers up to the last gated one. */
export function featureForward(
  architecture: Architecture,
  parameters: ParameterTensors,
  x: FloatTensor,
): readonly FloatTensor[] {
  const lastGated = architecture.layers.findLastIndex((layer) => "gated" in layer && layer.gated);
  const used = { ...architecture, layers: architecture.layers.slice(0, lastGated + 1) };
  return reluForward(used, parameters, x).preActivations;
}
