import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readModel } from "../../../src/graph/index.ts";
import { type GatedNetwork, inputShapeOf, networkFromOnnx } from "../../../src/network/index.ts";
import { errorOf } from "../../support/error-of.ts";
import { expectClose } from "../../support/expect-close.ts";
import { sharedPath } from "../../support/shared-data.ts";
import { examples, ortLogits, ourLogits } from "./logits.ts";

const folder = sharedPath("models");
const files = folder === undefined ? [] : readdirSync(folder).filter((file) => file.endsWith(".onnx"));
const bytesAt = (file: string): Uint8Array => readFileSync(join(folder ?? "", file));
const REFUSED = "mnist-sigmoid-refused.onnx";

/** Kinds of nodes with their shapes, `dense [256]`. */
const outline = ({ nodes }: GatedNetwork): readonly string[] =>
  nodes.map(({ kind, shape }) => `${kind} [${shape.join(", ")}]`);

describe.skipIf(folder === undefined)("models of other people", () => {
  it.each(files.filter((file) => file !== REFUSED))("%s gives the logits of ONNX Runtime", async (file) => {
    const bytes = bytesAt(file);
    const network = networkFromOnnx(bytes);
    const [port] = readModel(bytes).inputs;
    const shape = (port?.shape ?? []).map((size) => (typeof size === "string" ? 1 : size));
    const x = examples(5, inputShapeOf(network));
    const [ours, theirs] = [await ourLogits(network, x), await ortLogits(bytes, shape, x)];
    // differences of sums of hundreds of terms: relative to the largest logit
    const absolute = 1e-5 * Math.max(...theirs.map(Math.abs));
    expectClose(ours, theirs, { relative: 1e-5, absolute });
  });

  it(`${REFUSED} is refused by the name of its first sigmoid`, () => {
    const { message, hint } = errorOf(() => networkFromOnnx(bytesAt(REFUSED)));
    expect(message).toMatch(/^node "Sigmoid_6" \(Sigmoid\): expected Add, AveragePool, .*, Relu, .*, Unsqueeze$/);
    expect(hint).toBe("only networks of ReLU-like gates have paths: replace this layer, or cut the model before it");
  });

  it("acasxu: normalization in front, biases in their layers", () => {
    const hidden = Array.from({ length: 6 }, () => ["dense [50]", "gate [50]"]).flat();
    expect(outline(networkFromOnnx(bytesAt("acasxu-1-1.onnx")))).toEqual([
      "input [1, 1, 5]",
      "normalize [1, 1, 5]",
      "rearrange [5]",
      ...hidden,
      "dense [5]",
    ]);
  });

  it("nano: a model without a batch axis that ends in a gate", () => {
    expect(outline(networkFromOnnx(bytesAt("nano-sklearn.onnx")))).toEqual(["input [1]", "dense [1]", "gate [1]"]);
  });
});
