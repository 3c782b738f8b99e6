import { describe, expect, it } from "vitest";
import { constant, denseArray, float32 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { countTrue, exampleLosses, isCorrect, targetsOf } from "../../src/train/losses.ts";
import { expectClose } from "../support/expect-close.ts";
import { runGraph } from "../support/run-graph.ts";

const N = 50;

describe.each([
  { loss: "softmax-cross-entropy", outputs: 4, size: 3 },
  // the exponentials of such logits leave float32
  { loss: "softmax-cross-entropy", outputs: 4, size: 300 },
  { loss: "mean-squared-error", outputs: 4, size: 3 },
  { loss: "mean-squared-error", outputs: 1, size: 3 },
] as const)("$loss of $outputs outputs of size $size", ({ loss, outputs, size }) => {
  it("losses and correct predictions are those of loops", async () => {
    const logits = float32([N, outputs], randomStream(0, "logits").uniform(N * outputs, -size, size));
    const labels = Uint8Array.from(randomStream(0, "labels").uniform(N, 0, Math.max(outputs, 2)));
    const targets = targetsOf(constant(denseArray("uint8", [N], labels)), outputs);
    const losses = exampleLosses(loss, constant(logits), targets);
    const correct = isCorrect(constant(logits), targets);
    const got = await runGraph({ losses, correct, count: countTrue(correct) });

    const wanted = Array.from(labels, (label, example) => {
      const row = Array.from(logits.data.subarray(example * outputs, (example + 1) * outputs));
      const target = outputs === 1 ? [2 * label - 1] : row.map((_, i) => Number(i === label));
      const top = Math.max(...row);
      const logSumExp = top + Math.log(row.reduce((sum, value) => sum + Math.exp(value - top), 0));
      const squares = row.reduce((sum, value, i) => sum + (value - target[i]!) ** 2, 0);
      return {
        loss: loss === "mean-squared-error" ? squares / outputs : logSumExp - row[label]!,
        correct: Number(outputs === 1 ? row[0]! > 0 === (label === 1) : row.indexOf(top) === label),
      };
    });
    expectClose(
      got.losses ?? [],
      { shape: [N], data: wanted.map((one) => one.loss) },
      { relative: 1e-5, absolute: 1e-6 * size },
    );
    expectClose(got.correct ?? [], { shape: [N], data: wanted.map((one) => one.correct) }, { relative: 0 });
    expect(Number(got.count?.data[0])).toBe(wanted.filter((one) => one.correct === 1).length);
  });
});
