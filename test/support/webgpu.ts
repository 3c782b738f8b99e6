import { existsSync } from "node:fs";
import type { Engine } from "../../src/engine/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { add, graph, input } from "../../src/graph/index.ts";

/**
 * Whether this process has the WebGPU driver that vitest.config.ts sets up. Where it is missing it says so on standard
 * error, and the test skips: `describe.skipIf(!hasWebgpu())(…)`.
 */
export function hasWebgpu(): boolean {
  const driver = process.env.VK_ICD_FILENAMES;
  if (driver !== undefined && existsSync(driver)) return true;
  console.error("SKIPPED: no WebGPU driver for tests (install Debian's chromium, which brings SwiftShader)");
  return false;
}

const kept: Engine[] = [];

/**
 * Keeps a program open as long as this process lives: with the last one, ONNX Runtime forgets its shaders, and a software
 * device takes half a second to compile one. Test files that share a process share them, too.
 */
export async function keepShaders(): Promise<void> {
  if (kept.length > 0) return;
  const engine = await openNodeEngine("webgpu", { threads: 1 });
  kept.push(engine);
  const x = input("x", "float32", [1]);
  await engine.compile(graph({ y: add(x, x) }));
}
