import { describe, expect, it } from "vitest";
import { secondsLeft } from "../../src/cli/time-left.ts";

describe("the time left of a count", () => {
  it.each([
    { title: "at first", calls: [[0, 0]], left: undefined },
    {
      title: "within the first second",
      calls: [
        [0, 0],
        [900, 50],
      ],
      left: undefined,
    },
    {
      title: "while nothing was done",
      calls: [
        [0, 0],
        [5_000, 0],
      ],
      left: undefined,
    },
    {
      title: "at the mean rate",
      calls: [
        [0, 0],
        [2_000, 10],
        [2_100, 20],
      ],
      left: 8.4,
    },
    {
      title: "of a resumed count, at the rate since",
      calls: [
        [0, 44],
        [2_000, 46],
      ],
      left: 54,
    },
    {
      title: "at the end",
      calls: [
        [0, 0],
        [2_000, 100],
      ],
      left: 0,
    },
  ])("$title", ({ calls, left }) => {
    let now = 0;
    const told = secondsLeft(() => now);
    const answers = calls.map(([time = 0, done = 0]) => {
      now = time;
      return told(done, 100);
    });
    expect(answers.at(-1)).toBe(left);
  });
});
