import { GatewiseError } from "../../errors.ts";
import { quoted } from "../../graph/index.ts";
import type { GatedNetwork, NetworkParameter } from "../../network/index.ts";

/** For weights that the model computes of a parameter in a way whose derivative is not followed. */
export const unknownWeights = ({ nodes }: GatedNetwork, { name }: NetworkParameter, position: number): GatewiseError =>
  new GatewiseError({
    code: "unsupported-model",
    received: `layer ${quoted(nodes[position]?.name ?? "")}, whose weights the model computes from ${quoted(name)}`,
    expected: "weights that are parameters, in any order, in parts, in sums, times numbers or each other",
    next: "export the model with its constants folded: then the result is the parameter",
  });
