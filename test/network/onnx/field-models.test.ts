/** Networks that people published, and two that were made for this project: each by its outputs beside ONNX Runtime. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inputShapeOf, networkFromOnnx, type OnnxNetworkOptions } from "../../../src/network/index.ts";
import { errorOf } from "../../support/error-of.ts";
import { expectClose } from "../../support/expect-close.ts";
import { sharedPath } from "../../support/shared-data.ts";
import { examples, ortRun, ourLogits } from "./logits.ts";

interface Field {
  readonly file: string;
  readonly input: string;
  readonly options?: OnnxNetworkOptions;
  /** Examples a run of the model as it is written. */
  readonly batch: number;
  /** What the model makes of logits. */
  readonly behind?: "sigmoid" | "softmax";
}

const FIELD: readonly Field[] = [
  { file: "field/ideeplc-tf-conv1d.onnx", input: "keras_tensor", batch: 3 },
  { file: "field/mouse-keras2onnx.onnx", input: "dense_1_input_01", batch: 1 },
  { file: "field/mtcnn-onet-3outputs.onnx", input: "input_3", options: { output: "dense_5" }, batch: 2 },
  { file: "field/mtcnn-onet-3outputs.onnx", input: "input_3", options: { output: "dense_6" }, batch: 2 },
  { file: "field/mtcnn-onet-3outputs.onnx", input: "input_3", options: { output: 2 }, batch: 2, behind: "softmax" },
  { file: "field/tract-keras-example.onnx", input: "main_input_input", batch: 3, behind: "sigmoid" },
  { file: "field/wonnx-opt-mnist.onnx", input: "Input3", batch: 1 },
  { file: "synthetic/batch-minus-one.onnx", input: "x", batch: 5 },
  { file: "synthetic/fixed-batch-16.onnx", input: "x", batch: 16 },
];

function behindOf(logits: readonly number[], rows: number, behind: Field["behind"]): readonly number[] {
  if (behind === undefined) return logits;
  if (behind === "sigmoid") return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  const units = logits.length / rows;
  const powers = logits.map(Math.exp);
  return powers.map((power, i) => {
    const start = i - (i % units);
    return power / powers.slice(start, start + units).reduce((sum, one) => sum + one, 0);
  });
}

const folder = sharedPath("models");
const bytesAt = (file: string): Uint8Array => readFileSync(`${folder}/${file}`);
const there = FIELD.filter(({ file }) => folder !== undefined && existsSync(`${folder}/${file}`));

describe.skipIf(folder === undefined)("models from the field", () => {
  it.each(there)("$file $options", async ({ file, input, options = {}, batch, behind }) => {
    const bytes = bytesAt(file);
    const network = networkFromOnnx(bytes, options);
    const x = examples(batch, inputShapeOf(network));
    const output = typeof options.output === "string" ? options.output : undefined;
    const theirs = await ortRun(bytes, { [input]: x }, behind === "softmax" ? "softmax_2" : output);
    const largest = theirs.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    const ours = behindOf(await ourLogits(network, x), batch, behind);
    expectClose(ours, theirs, { relative: 1e-4, absolute: 1e-5 * largest });
  });

  it("a written-out layer normalization is refused by its first power", () => {
    const { message, hint } = errorOf(() => networkFromOnnx(bytesAt("field/openwakeword-layernorm-refused.onnx")));
    expect(message).toMatch(/^node "\/layernorm1\/Pow" \(Pow\): expected Add, /);
    expect(hint).toBe("only networks of ReLU-like gates have paths: replace this layer, or cut the model before it");
  });
});
