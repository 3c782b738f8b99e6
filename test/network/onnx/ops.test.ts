import { describe, expect, it } from "vitest";
import type { DenseArray } from "../../../src/graph/index.ts";
import { type GatedNetwork, inputShapeOf, networkFromOnnx, ONNX_OPS } from "../../../src/network/index.ts";
import { activate } from "../../../src/paths/index.ts";
import { onnxModel } from "../../graph/onnx/model.ts";
import { expectClose } from "../../support/expect-close.ts";
import type { Case, Cases } from "./cases/case.ts";
import { LAYERS } from "./cases/layers.ts";
import { LAYOUT } from "./cases/layout.ts";
import { UNITS } from "./cases/units.ts";
import { examples, ortLogits, ourLogits } from "./logits.ts";

/** Models that have the op in them; every op has at least one. */
const CASES: Cases = { ...LAYERS, ...UNITS, ...LAYOUT };

const rows = Object.entries(CASES).flatMap(([op, cases]) =>
  Object.entries(cases).map(([title, model]) => ({ title: `${op}: ${title}`, model })),
);
const BATCH = 3;

/** What the model gives behind its logits, example by example. */
function behind(logits: readonly number[], kind: Case["behind"]): readonly number[] {
  if (kind === undefined) return logits;
  const units = logits.length / BATCH;
  return logits.map((logit, i) => {
    const own = logits.slice(i - (i % units), i - (i % units) + units);
    const logarithm = logit - Math.log(own.reduce((sum, one) => sum + Math.exp(one), 0));
    return kind === "log" ? logarithm : Math.exp(logarithm);
  });
}

/** The logits once more, as the sums over active paths. */
function pathSums(network: GatedNetwork, { data }: DenseArray<"float32">): readonly number[] {
  const size = data.length / BATCH;
  return Array.from({ length: BATCH }, (_, i) => [
    ...activate(network, data.subarray(i * size, (i + 1) * size)).logits,
  ]).flat();
}

describe("ops of ONNX models", () => {
  it("all have a case", () => expect(Object.keys(CASES).sort()).toEqual([...ONNX_OPS].sort()));

  it.each(rows)("$title", async ({ model }) => {
    const bytes = onnxModel(model);
    const network = networkFromOnnx(bytes);
    if (model.kinds !== undefined) expect(network.nodes.map(({ kind }) => kind)).toEqual(model.kinds);
    const shape = (model.input ?? [1, 4]).map((size) => (typeof size === "string" ? 1 : size));
    const x = examples(BATCH, inputShapeOf(network));
    const theirs = await ortLogits(bytes, shape, x);
    const tolerance = { relative: 1e-5, absolute: 2e-6 };
    expectClose(behind(await ourLogits(network, x), model.behind), theirs, tolerance);
    expectClose(behind(pathSums(network, x), model.behind), theirs, tolerance);
  });
});
