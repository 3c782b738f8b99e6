import { sizeOf } from "../../graph/index.ts";
import type { OpReader } from "./node-reader.ts";

/** Left out: the logits before it are the network's outputs. Nothing may be computed from what it gives. */
export const softmax: OpReader = (reader) => {
  const x = reader.example();
  const old = reader.opset < 13;
  const axis = reader.axis(reader.int("axis") ?? (old ? 1 : -1), x.shape.length);
  reader.builder.keepBatch(reader.node, x, axis > 0, "axis 0");
  const classes = old ? sizeOf(x.shape.slice(axis)) : (x.shape[axis] ?? 1);
  if (classes === sizeOf(x.shape)) return { ...x, softmax: reader.node.label };
  throw reader.error(`axis ${axis} of [${x.shape.join(", ")}]`, "a softmax over all outputs of an example");
};
