import { GatewiseError } from "../../errors.ts";
import type { OnnxNode } from "../../graph/index.ts";

/** A node that no gated network can hold, or that says something impossible. */
export const nodeError = (
  node: OnnxNode,
  received: string,
  expected: string,
  next = "change this layer of the model, or export it another way",
): GatewiseError =>
  new GatewiseError({ code: "unsupported-model", received: `${node.label} with ${received}`, expected, next });
