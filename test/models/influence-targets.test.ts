import { describe, expect, it } from "vitest";
import { float32 } from "../../src/graph/index.ts";
import { slopesOf } from "../../src/models/influence-targets.ts";

describe("slopesOf", () => {
  it.each([5, 40, 400])(
    "of a class that is %d ahead is what the softmax leaves the others, to the last digits",
    (ahead) => {
      const task = { kind: "classes", labels: Int32Array.of(1) } as const;
      const [first = 0, wanted = 0, last = 0] = slopesOf(float32([1, 3], [0, ahead, 1]), task, task).data;
      const all = Math.exp(-ahead) + 1 + Math.exp(1 - ahead);
      expect(first / (-Math.exp(-ahead) / all)).toBeCloseTo(1, 12);
      expect(last / (-Math.exp(1 - ahead) / all)).toBeCloseTo(1, 12);
      expect(wanted / -(first + last)).toBeCloseTo(1, 12);
    },
  );
});
