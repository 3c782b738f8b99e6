import { describe, expect, it } from "vitest";
import { openNodeEngine, openWorkerEngine } from "../../src/engine/node/index.ts";
import { float32, graph, input, multiply, reduceSum } from "../../src/graph/index.ts";
import { engineConformance } from "../conformance/engine.ts";
import { hasWebgpu } from "../support/webgpu.ts";

const isThere = hasWebgpu();
// a file without a test fails
it.skipIf(!isThere)("a WebGPU driver is there", () => expect(isThere).toBe(true));

describe.skipIf(!isThere)("webgpu", () => {
  engineConformance("in this thread", () => openNodeEngine("webgpu", { threads: 1 }));
  engineConformance("in a worker", () => openWorkerEngine("webgpu", { threads: 1 }));

  it("keeps its memory over runs whose results stay on the device", async () => {
    const state = input("state", "float32", [64, 64]);
    await using engine = await openNodeEngine("webgpu", { threads: 1 });
    await using program = await engine.compile(graph({ next: multiply(state, 0.5), sum: reduceSum(state) }));
    const zero = float32([64, 64], new Float32Array(64 * 64));
    let kept = (await program.run({ state: zero }, ["next"])).kept.next ?? zero;
    const runs = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const before = kept;
        kept = (await program.run({ state: before }, ["next"])).kept.next ?? zero;
        if (!("data" in before)) await before[Symbol.asyncDispose]();
      }
    };
    // the allocators grow to their working size first; 4000 arrays of 16 KiB that stayed would be 64 MiB
    await runs(1000);
    const before = process.memoryUsage.rss();
    await runs(4000);
    expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(30);
  });
});
