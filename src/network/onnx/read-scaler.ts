import { float32 } from "../../graph/index.ts";
import { NodeReader, type OpReader, type ValueReader } from "./node-reader.ts";
import { multiply, subtract } from "./read-arithmetic.ts";
import { constantOf, type Value } from "./value.ts";

/** `(x − offset) · scale` of the operator set `ai.onnx.ml`, one number or one for each feature: Sub and Mul by constants. */
export const scaler: OpReader = (reader) => {
  const { node, builder, opset } = reader;
  const [offset, scale] = [reader.floats("offset") ?? [], reader.floats("scale") ?? []];
  // ONNX Runtime wants both as well
  if (offset.length === 0 || offset.length !== scale.length) {
    throw reader.error(`${offset.length} offsets and ${scale.length} scales`, "as many of both");
  }
  const x = reader.example();
  if (offset.length > 1 && x.shape.length > 2) {
    throw reader.error(`${offset.length} offsets for [${x.shape.join(", ")}]`, "one, or an input [batch, features]");
  }
  const by = (read: ValueReader, value: Value, numbers: readonly number[]): Value =>
    read(new NodeReader(node, [value, constantOf(float32([numbers.length], numbers))], builder, opset));
  return by(multiply, by(subtract, x, offset), scale);
};
