import type { InputNormalization, InputRows, TargetRows } from "../data/index.ts";
import {
  add,
  cast,
  concat,
  constant,
  float32,
  input,
  multiply,
  reshape,
  type Shape,
  sizeOf,
  slice,
  type Tensor,
} from "../graph/index.ts";
import { type TrialParameterSpec, type TrialParameters, trialParameters } from "../network/index.ts";
import type { SlotName } from "./optimizers.ts";
import { stateName } from "./training-state.ts";

type FloatTensor = Tensor<"float32">;

/** The graph input of examples, `inputs`. */
export const inputRows = (dtype: InputRows["dtype"], shape: Shape): Tensor<"uint8"> | FloatTensor =>
  dtype === "uint8" ? input("inputs", "uint8", shape) : input("inputs", "float32", shape);

/** The graph input of what examples should give, `labels`: classes `[…]`, or values `[…, outputs]`. */
export function targetInput(dtype: TargetRows["dtype"], shape: Shape, outputs: number): TargetTensor {
  switch (dtype) {
    case "uint8":
      return input("labels", "uint8", shape);
    case "int32":
      return input("labels", "int32", shape);
    case "float32":
      return input("labels", "float32", [...shape, outputs]);
  }
}

/** What examples should give, in a graph. */
export type TargetTensor = Tensor<"uint8"> | Tensor<"int32"> | FloatTensor;

/** Bytes become inputs in [0, 1] (theory 6.1), floats are what they are, unless a normalization says it. */
export function scaledRows(rows: Tensor<"uint8"> | FloatTensor, normalization?: InputNormalization): FloatTensor {
  if (normalization === undefined) return rows.dtype === "uint8" ? multiply(cast(rows, "float32"), 1 / 255) : rows;
  const numbers = rows.dtype === "uint8" ? cast(rows, "float32") : rows;
  const factor = normalization.factor.every((one) => one === 1) ? undefined : perPart(normalization.factor, numbers);
  const shift = normalization.shift.every((one) => one === 0) ? undefined : perPart(normalization.shift, numbers);
  const scaled = factor === undefined ? numbers : multiply(numbers, factor);
  return shift === undefined ? scaled : add(scaled, shift);
}

/** One number for all, or one for each channel or feature, the axis behind that of the examples. */
function perPart(values: readonly number[], { shape }: FloatTensor): number | FloatTensor {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return only;
  return constant(float32([values.length, ...shape.slice(2).map(() => 1)], values));
}

/** Tensors of a graph under the names of parameters, and of their averages. */
export type NamedTensors = Readonly<Record<string, FloatTensor>>;

/** Graph inputs for parameters, by name. */
export const inputsFor = (parameters: readonly Pick<TrialParameterSpec, "name" | "shape">[]): NamedTensors =>
  Object.fromEntries(parameters.map(({ name, shape }) => [name, input(name, "float32", shape)]));

/** The records of tensors by name. */
export const recordsOf = (specs: readonly TrialParameterSpec[], tensors: NamedTensors): TrialParameters<FloatTensor> =>
  trialParameters(specs.map((spec) => [spec, existing(tensors, spec.name)] as const));

/** Parameters that are updated as one tensor: a weight alone, or all biases as one vector. */
export interface Group {
  readonly name: string;
  readonly members: readonly TrialParameterSpec[];
  /** Held as one row `[1, n]`, for updates that take less time so; only a group of one member. */
  readonly isRow: boolean;
}

/** @param rows whether weights are held as rows */
export function groupsOf(moving: readonly TrialParameterSpec[], rows = false): readonly Group[] {
  const [vectors, others] = [
    moving.filter(({ shape }) => shape.length === 1),
    moving.filter(({ shape }) => shape.length !== 1),
  ];
  const alone = others.map((parameter): Group => ({ name: parameter.name, members: [parameter], isRow: rows }));
  return vectors.length === 0 ? alone : [...alone, { name: "vectors", members: vectors, isRow: false }];
}

/** One tensor of the members of a group, or of an average of each. */
export function join({ members, isRow }: Group, tensors: NamedTensors, slot?: SlotName): FloatTensor {
  const [first, ...rest] = members.map(({ name }) => existing(tensors, stateName(name, slot)));
  const joined = concat([first ?? existing(tensors, ""), ...rest], 0);
  return isRow ? reshape(joined, [1, members.reduce((sum, { shape }) => sum + sizeOf(shape), 0)]) : joined;
}

/** The members of a joined tensor by name. */
export function split(
  { members }: Group,
  joined: FloatTensor,
  slot?: SlotName,
): readonly (readonly [string, FloatTensor])[] {
  if (members.length === 1) return members.map(({ name, shape }) => [stateName(name, slot), reshape(joined, shape)]);
  let start = 0;
  return members.map(({ name, shape: [size = 0] }) => {
    const from = start;
    start += size;
    return [stateName(name, slot), slice(joined, 0, from, start)];
  });
}

/** A tensor that must be there. */
export function existing(tensors: NamedTensors, name: string): FloatTensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`unreachable: no tensor ${name}`);
  return tensor;
}
