import { expect, it } from "vitest";
import { growthOf } from "../support/memory-growth.ts";

/** Bytes of a checkpoint: 26,378 parameters and their two averages in float32. */
const CHECKPOINT = 3 * 4 * 26_378;

it("ten epochs more hold no more: not one checkpoint of them", async () => {
  const { resident, heap } = await growthOf("test/train/memory.program.ts");
  expect(resident).toBeLessThan(CHECKPOINT / 2);
  expect(heap).toBeLessThan(CHECKPOINT / 2);
}, 240_000);
