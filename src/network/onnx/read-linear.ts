/** Layers with weights: Gemm, MatMul, Conv, BatchNormalization. */
import { float64, sizeOf } from "../../graph/index.ts";
import { rowForOne } from "./channel-vectors.ts";
import { mergedScale } from "./merge.ts";
import type { NodeReader, OpReader } from "./node-reader.ts";
import { originOfMapped, originOfSum, type Sourced, sourced } from "./origin.ts";
import { transposedPlaces } from "./places.ts";
import { times } from "./read-arithmetic.ts";
import { summed } from "./read-sums.ts";
import { type ExampleValue, exampleShape } from "./value.ts";
import { along, scaled, spread, transposed } from "./weights.ts";
import { fromMaps, mapsOf, wholeWindow, windowOf } from "./windows.ts";

/** `alpha · A · B + beta · C`, A the batch of examples; C a bias or another node. */
export const gemm: OpReader = (reader) => {
  const x = gemmInput(reader);
  const given = matrix(reader, 1);
  const weight = scaled(
    reader,
    reader.int("transB") === 1 ? transposed(reader, given) : given,
    reader.float("alpha") ?? 1,
  );
  const beta = reader.float("beta") ?? 1;
  if (reader.inputs[2]?.kind === "example") {
    const residual = reader.example(2);
    return summed(reader, dense(reader, x, weight, undefined), [beta === 1 ? residual : times(reader, residual, beta)]);
  }
  const written = reader.optionalParameter(2);
  const [, units = 0] = weight.shape;
  const bias = written && rowForOne(reader, written, x);
  const vector = bias && along(bias, [1, units], 1);
  if (bias !== undefined && vector === undefined) {
    throw reader.error(`a bias of shape [${bias.shape.join(", ")}]`, `[${units}], a number for each unit`);
  }
  return dense(reader, x, weight, vector && scaled(reader, spread(vector, units), beta));
};

function gemmInput(reader: NodeReader): ExampleValue {
  const x = reader.example();
  const [rows = 0, columns = 0] = x.shape;
  if (x.shape.length !== 2) throw reader.error(`an input of shape [${x.shape.join(", ")}]`, "[batch, features]");
  if (reader.int("transA") !== 1) return x;
  reader.builder.keepBatch(reader.node, x, false, "transA = 1");
  // one example written as a column
  if (columns !== 1) throw reader.error("transA = 1", "transA = 0: the batch is axis 0");
  return reader.builder.reshaped(reader.node, x, [1, rows]);
}

export const matMul: OpReader = (reader) => {
  if (reader.inputs[0]?.kind === "constant") return weightsFirst(reader);
  return dense(reader, reader.example(), matrix(reader, 1), undefined);
};

/** `W · x`, the example a column or a vector. */
function weightsFirst(reader: NodeReader): ExampleValue {
  const x = reader.example(1);
  const weight = transposed(reader, matrix(reader, 0));
  const vector = x.shape.length === 1;
  const features = sizeOf(x.shape);
  const column = vector ? !x.batched : x.shape.at(-1) === 1 && x.shape.at(-2) === features;
  reader.builder.keepBatch(reader.node, x, x.shape.length > 2, "weights as the first operand");
  if (!column) throw reader.error(`an input of shape [${x.shape.join(", ")}]`, "a vector, or one column");
  const row = reader.builder.reshaped(reader.node, x, [1, features]);
  const made = dense(reader, row, weight, undefined);
  const units = weight.shape[1] ?? 0;
  return reader.builder.reshaped(reader.node, made, vector ? [units] : [...x.shape.slice(0, -2), units, 1]);
}

function matrix(reader: NodeReader, index: number): Sourced {
  const weights = reader.parameter(index);
  if (weights.shape.length === 2 && weights.data.length > 0) return weights;
  throw reader.error(`weights of shape [${weights.shape.join(", ")}]`, "a matrix");
}

function dense(reader: NodeReader, x: ExampleValue, weight: Sourced, bias: Sourced | undefined): ExampleValue {
  const { builder, node } = reader;
  const [features = 0, units = 0] = weight.shape;
  const shape = exampleShape(x);
  if (shape.at(-1) !== features) {
    const received = `an input of shape [${x.shape.join(", ")}] and weights of ${features} to ${units}`;
    throw reader.error(received, `vectors of ${features} along the last axis`);
  }
  if (sizeOf(shape) !== features) return atEachPosition(reader, x, weight, bias);
  const input = builder.rearranged(node, x.position, [features]);
  const position = builder.append(node, [units], { kind: "dense", input, weight, bias });
  const result = [...shape.slice(0, -1), units];
  return builder.sameBatch(x, builder.rearranged(node, position, result), result);
}

/** A layer along the last axis, the same at each position of the others: a convolution of 1 × 1. */
function atEachPosition(reader: NodeReader, x: ExampleValue, weight: Sourced, bias: Sourced | undefined): ExampleValue {
  const { builder, node } = reader;
  const [features = 0, units = 0] = weight.shape;
  const shape = exampleShape(x);
  const sizes = shape.slice(0, -1);
  const axes = sizes.map((_, axis) => axis);
  const [height = 1, width = 1] = sizes.length === 2 ? sizes : [1, sizeOf(sizes)];
  builder.limits.placesOf(node, (features + units) * sizeOf(sizes));
  const first = transposedPlaces(shape, [sizes.length, ...axes]);
  const position = builder.append(node, [units, height, width], {
    kind: "convolution",
    input: builder.rearranged(node, x.position, [features, height, width], first),
    weight: { ...transposed(reader, weight), shape: [units, features, 1, 1] },
    bias,
    window: wholeWindow([features, 1, 1]),
    groups: 1,
  });
  const result = [...sizes, units];
  const back = transposedPlaces([units, ...sizes], [...axes.map((axis) => axis + 1), 0]);
  return builder.sameBatch(x, builder.rearranged(node, position, result, back), result);
}

export const conv: OpReader = (reader) => {
  const { builder, node } = reader;
  const maps = mapsOf(reader);
  const weight = reader.parameter(1);
  const [out = 0, perGroup = 0, ...kernel] = weight.shape;
  const groups = reader.int("group") ?? 1;
  const fits =
    kernel.length === maps.axes && perGroup * groups === maps.shape[0] && groups >= 1 && out >= 1 && out % groups === 0;
  if (!fits) {
    const received = `${maps.shape[0]} channels, ${groups} groups and weights of shape [${weight.shape.join(", ")}]`;
    throw reader.error(received, "weights [out, channels / groups, kernel…]");
  }
  const stated = reader.ints("kernel_shape");
  if (stated !== undefined && `${stated}` !== `${kernel}`) {
    throw reader.error(`kernel_shape [${stated.join(", ")}]`, `[${kernel.join(", ")}], as its weights have`);
  }
  const { window, counts } = windowOf(reader, maps, kernel);
  const bias = reader.optionalParameter(2);
  if (bias !== undefined && `${bias.shape}` !== `${[out]}`) {
    throw reader.error(`a bias of shape [${bias.shape.join(", ")}]`, `[${out}]`);
  }
  const position = builder.append(node, [out, ...counts], {
    kind: "convolution",
    input: maps.position,
    weight: { ...weight, shape: [out, perGroup, ...window.kernel] },
    bias,
    window,
    groups,
  });
  return fromMaps(reader, maps, position);
};

/** `(x − mean) / √(variance + epsilon) · scale + bias` for each channel, as it is after training. */
export const batchNormalization: OpReader = (reader) => {
  const x = reader.example();
  const channels = exampleShape(x)[0] ?? 0;
  if (!x.batched || channels === 0) {
    throw reader.error(`an input of shape [${x.shape.join(", ")}]`, "[batch, channels, …]");
  }
  if (reader.int("training_mode") === 1) throw reader.error("training_mode = 1", "a model exported for inference");
  if (reader.int("spatial") === 0) throw reader.error("spatial = 0", "one mean and variance a channel");
  const vectorOf = (vector: Sourced, index: number): Sourced => {
    if (`${vector.shape}` === `${[channels]}`) return vector;
    throw reader.error(`input ${index} of shape [${vector.shape.join(", ")}]`, `[${channels}]`);
  };
  const [scale, bias] = [vectorOf(reader.parameter(1), 1), vectorOf(reader.parameter(2), 2)];
  // they are measured, not trained
  const [mean, variance] = [vectorOf(reader.weights(3), 3), vectorOf(reader.weights(4), 4)];
  const epsilon = reader.float("epsilon") ?? 1e-5;
  const divided = Float64Array.from(variance.data, (one) => 1 / Math.sqrt(one + epsilon));
  if (!divided.every(Number.isFinite)) throw reader.error("a variance that is not positive", "variances above 0");
  const factors = divided.map((one, c) => one * scale.data[c]!);
  const shifts = Float64Array.from(bias.data, (one, c) => one - mean.data[c]! * factors[c]!);
  const byScale = divided.map((one, c) => -mean.data[c]! * one);
  return mergedScale(
    reader,
    x,
    sourced(float64([channels], factors), originOfMapped(scale.origin, divided)),
    sourced(float64([channels], shifts), originOfSum([bias.origin, originOfMapped(scale.origin, byScale)])),
  );
};
