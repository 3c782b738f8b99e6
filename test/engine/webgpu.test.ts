import { beforeAll, describe, expect, it } from "vitest";
import { openNodeEngine, openWorkerEngine } from "../../src/engine/node/index.ts";
import { engineConformance } from "../conformance/engine.ts";
import { growthOf } from "../support/memory-growth.ts";
import { hasWebgpu, keepShaders } from "../support/webgpu.ts";

const isThere = hasWebgpu();
// a file without a test fails
it.skipIf(!isThere)("a WebGPU driver is there", () => expect(isThere).toBe(true));

describe.skipIf(!isThere)("webgpu", () => {
  beforeAll(keepShaders);
  engineConformance("in this thread", () => openNodeEngine("webgpu", { threads: 1 }));
  engineConformance("in a worker", () => openWorkerEngine("webgpu", { threads: 1 }));

  it("keeps its memory over runs whose results stay on the device", async () => {
    // 500 results of 16 KiB that stayed would be 8 MiB
    const { resident } = await growthOf("test/engine/memory.program.ts", "webgpu");
    expect(resident).toBeLessThan(2 * 2 ** 20);
  }, 240_000);
});
