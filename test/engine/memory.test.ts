import { describe, expect, it } from "vitest";
import { growthOf, trend } from "../support/memory-growth.ts";

const [KIB, MIB] = [2 ** 10, 2 ** 20];

describe("memory of the CPU engine", () => {
  // a leak shows in each attempt; what a busy machine's allocator gives back late hardly does so twice
  it("stays flat over runs whose arrays are kept and fed again", { retry: 2, timeout: 240_000 }, async () => {
    // of 2,000 runs: the arrays of 1 KiB would be 2 MiB, and their objects in JavaScript half of one
    const { resident, heap } = await growthOf("test/engine/memory.program.ts", "runs");
    expect(resident).toBeLessThan(MIB);
    expect(heap).toBeLessThan(128 * KIB);
  });

  it("comes back from released programs", { retry: 2, timeout: 240_000 }, async () => {
    // of two programs: their constants would be 8 MiB; the library leaks a little with each session (upstream issue 25325)
    const { resident, heap } = await growthOf("test/engine/memory.program.ts", "programs");
    expect(resident).toBeLessThan(2 * MIB);
    expect(heap).toBeLessThan(512 * KIB);
  });
});

describe("the trend", () => {
  it.each([
    { values: [5, 5, 5, 5, 5, 5], wanted: 0, what: "of what stays" },
    { values: [1, 3, 5, 7, 9, 11], wanted: 2, what: "of what grows" },
    { values: [5, 5, 90, 5, 5, 5], wanted: 0, what: "is not moved by a peak" },
    { values: [5, 25, 25, 25, 25, 25], wanted: 0, what: "is not moved by a first step" },
  ])("$what", ({ values, wanted }) => expect(trend(values)).toBe(wanted));
});
