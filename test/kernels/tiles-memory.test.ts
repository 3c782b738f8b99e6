import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { growthOf } from "../support/memory-growth.ts";

it("tiles that were used are let go, while the signal that could stop them lives", async () => {
  const { heap } = await growthOf(fileURLToPath(new URL("tiles-memory.program.ts", import.meta.url)));
  // four tiles of half a megabyte, and their mirrors
  expect(heap).toBeLessThan(2 ** 19);
});
