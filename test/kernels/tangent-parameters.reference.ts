import { type DenseArray, float64 } from "../../src/graph/index.ts";
import { networkFromOnnx } from "../../src/network/index.ts";
import { activate } from "../../src/paths/index.ts";
import { type ModelOf, onnxModel } from "../graph/onnx/model.ts";

/** A model whose arrays are float64, those of them that train, and examples `[n, …]` for it. */
export interface TrainedModel {
  readonly model: ModelOf & { readonly constants: Readonly<Record<string, DenseArray>> };
  readonly parameters: readonly string[];
  readonly inputs: DenseArray<"float64">;
}

/**
 * Inner products of the gradients of logit 0 by numbers of the file (theory 4.1): each is changed in the file by `step` to
 * both sides, and the file is read again.
 */
export function fileTangentKernel({ model, parameters, inputs }: TrainedModel, step = 1e-5): readonly number[][] {
  const [examples = 0] = inputs.shape;
  const size = inputs.data.length / examples;
  const logits = (name: string, index: number, by: number): readonly number[] => {
    const array = model.constants[name];
    if (array?.dtype !== "float64") throw new Error(`${name} is no array of float64`);
    const changed = float64(array.shape, array.data.with(index, array.data[index]! + by));
    const network = networkFromOnnx(onnxModel({ ...model, constants: { ...model.constants, [name]: changed } }));
    return Array.from(
      { length: examples },
      (_, i) => activate(network, inputs.data.subarray(i * size, (i + 1) * size)).logits[0] ?? Number.NaN,
    );
  };
  const gradients = parameters.flatMap((name) =>
    Array.from({ length: model.constants[name]?.data.length ?? 0 }, (_, index) => {
      const below = logits(name, index, -step);
      return logits(name, index, step).map((one, i) => (one - (below[i] ?? Number.NaN)) / (2 * step));
    }),
  );
  return Array.from({ length: examples }, (_, i) =>
    Array.from({ length: examples }, (__, j) =>
      gradients.reduce((sum, one) => sum + (one[i] ?? Number.NaN) * (one[j] ?? Number.NaN), 0),
    ),
  );
}
