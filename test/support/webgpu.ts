import { existsSync } from "node:fs";

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
