import { describe, expect, it } from "vitest";
import { constant, denseArray, float32, gradients, input, reduceSum } from "../../src/graph/index.ts";
import { exampleLosses, targetsOf } from "../../src/train/losses.ts";
import { expectClose } from "../support/expect-close.ts";
import { runGraph } from "../support/run-graph.ts";

/** Binary cross-entropy `−t log σ(ŷ) − (1 − t) log(1 − σ(ŷ))` and its slope `σ(ŷ) − t`, in float64 and without overflow. */
const loss = (logit: number, target: number): number =>
  Math.max(logit, 0) - logit * target + Math.log1p(Math.exp(-Math.abs(logit)));
const slope = (logit: number, target: number): number => 1 / (1 + Math.exp(-logit)) - target;

const LOGITS = [-200, -88, -5, -0.1, 0, 0.1, 5, 88, 200];

describe.each([1, 3])("the logistic loss of %i outputs", (outputs) => {
  it("and its gradient are those of the formula, where exponentials overflow too", async () => {
    const rows = LOGITS.flatMap((logit) => [0, 1].map((label) => ({ logit, label })));
    const targets = targetsOf(
      constant(
        denseArray(
          "uint8",
          [rows.length],
          Uint8Array.from(rows, ({ label }) => label),
        ),
      ),
      outputs,
    );
    const logits = input("logits", "float32", [rows.length, outputs]);
    const losses = exampleLosses("logistic", logits, targets);
    const [slopes] = gradients(reduceSum(losses), [logits]);
    if (slopes === undefined) return expect.fail("no gradient");
    const values = rows.flatMap(({ logit }) => Array.from({ length: outputs }, () => logit));
    const got = await runGraph({ losses, slopes }, { logits: float32([rows.length, outputs], values) });
    const target = (label: number, output: number): number => (outputs === 1 ? label : Number(label === output));
    const each = <T>(map: (logit: number, target: number) => T): readonly (readonly T[])[] =>
      rows.map(({ logit, label }) =>
        Array.from({ length: outputs }, (_, i) => map(Math.fround(logit), target(label, i))),
      );
    const wanted = each(loss).map((row) => row.reduce((sum, one) => sum + one, 0) / outputs);
    const close = { relative: 1e-6, absolute: 1e-7 };
    expectClose(got.losses ?? [], { shape: [rows.length], data: wanted }, close);
    const wantedSlopes = each(slope).flatMap((row) => row.map((one) => one / outputs));
    expectClose(got.slopes ?? [], { shape: [rows.length, outputs], data: wantedSlopes }, close);
  });
});
