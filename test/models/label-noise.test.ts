import { expect, it } from "vitest";
import { float32 } from "../../src/graph/index.ts";
import { suspectsByLoss } from "../../src/models/label-noise.ts";

it("ranks by the loss also where the softmax of several labels is 0", () => {
  const logits = float32([3, 2], [700, 0, 900, 0, 0, 3]);
  const suspects = suspectsByLoss({ kind: "classes", labels: Int32Array.of(1, 1, 1) }, logits, 3);
  expect(suspects.map(({ example }) => example)).toEqual([1, 0, 2]);
  expect(suspects.map(({ score }) => score)).toEqual([900, 700, expect.closeTo(Math.log1p(Math.exp(-3)), 12)]);
});
