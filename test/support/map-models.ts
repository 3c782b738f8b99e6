/** ONNX models of convolutions and pools on maps of any size, in a few kilobytes, as exporters write them. */
import type { DenseArray } from "../../src/graph/index.ts";
import { drawn, type NodeOf, onnxModel } from "../graph/onnx/model.ts";

export type MapLayer =
  | { readonly conv: number; readonly kernel?: number; readonly stride?: number; readonly groups?: number }
  | { readonly pool: "Max" | "Average"; readonly size: number; readonly stride: number; readonly pad?: number }
  /** Adds what so many layers before gave. */
  | { readonly add: number }
  | { readonly slope: number }
  | "relu"
  | "global-average"
  | { readonly dense: number };

/** @param inputShape `[channels, height, width]` or `[channels, length]`; maps of more than one position are flattened */
export function mapModel([channels = 1, ...sizes]: readonly number[], layers: readonly MapLayer[]): Uint8Array {
  const nodes: NodeOf[] = [];
  const constants: Record<string, DenseArray> = {};
  const places: { readonly name: string; readonly channels: number; readonly sizes: readonly number[] }[] = [];
  let here = { name: "x", channels, sizes: [...sizes] };
  const put = (op: string, inputs: readonly string[], attributes: NodeOf["attributes"] = {}): string => {
    const name = `n${nodes.length}`;
    nodes.push({ op, inputs, outputs: [name], attributes, name: `${op}_${nodes.length}` });
    return name;
  };
  const all = (value: number): readonly number[] => sizes.map(() => value);
  for (const layer of layers) {
    if (layer === "relu") here = { ...here, name: put("Relu", [here.name]) };
    else if (layer === "global-average") {
      here = { ...here, name: put("GlobalAveragePool", [here.name]), sizes: here.sizes.map(() => 1) };
    } else if ("slope" in layer) {
      here = { ...here, name: put("LeakyRelu", [here.name], { alpha: { float: layer.slope } }) };
    } else if ("conv" in layer) {
      const { conv, kernel = 3, stride = 1, groups = 1 } = layer;
      const weight = `w${nodes.length}`;
      constants[weight] = drawn(weight, conv, here.channels / groups, ...all(kernel));
      const pad = (kernel - 1) / 2;
      const name = put("Conv", [here.name, weight], {
        kernel_shape: all(kernel),
        strides: all(stride),
        pads: [...all(pad), ...all(pad)],
        group: groups,
      });
      here = { name, channels: conv, sizes: here.sizes.map((size) => Math.floor((size - 1) / stride) + 1) };
    } else if ("pool" in layer) {
      const { pool, size: window, stride, pad = 0 } = layer;
      const attributes = { kernel_shape: all(window), strides: all(stride), pads: [...all(pad), ...all(pad)] };
      const name = put(`${pool}Pool`, [here.name], attributes);
      here = { ...here, name, sizes: here.sizes.map((size) => Math.floor((size + 2 * pad - window) / stride) + 1) };
    } else if ("add" in layer) {
      const other = places.at(-layer.add)?.name ?? "x";
      here = { ...here, name: put("Add", [here.name, other]) };
    } else {
      const inputs = here.sizes.reduce((product, size) => product * size, here.channels);
      const weight = `w${nodes.length}`;
      constants[weight] = drawn(weight, inputs, layer.dense);
      const flat = here.sizes.length === 0 ? here.name : put("Flatten", [here.name]);
      here = { name: put("MatMul", [flat, weight]), channels: layer.dense, sizes: [] };
    }
    places.push(here);
  }
  return onnxModel({ input: [1, channels, ...sizes], nodes, constants });
}

/** So many 3×3 convolutions with ReLU. */
export const convolutions = (count: number, channels: number): readonly MapLayer[] =>
  Array.from({ length: count }, () => [{ conv: channels }, "relu"] as const).flat();
