import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { writeWhole } from "../../src/data/node/index.ts";
import { draw32 } from "../graph/draws.ts";
import { gatewiseHere as gatewise, tinyWith } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { hasWebgpu, keepShaders } from "../support/webgpu.ts";

/** Steps are unrolled for WebGPU, and a software device takes its time for each. */
const FEW_STEPS = tinyWith({ "--limit": "70", "--test-limit": "40" });

const isThere = hasWebgpu();
// a file without a test fails
it.skipIf(!isThere)("a WebGPU driver is there", () => expect(isThere).toBe(true));

describe.skipIf(!isThere)("--device webgpu", () => {
  // the trials in this process, too
  beforeAll(keepShaders);

  it("trains, evaluates, reads gates and makes kernels as the CPU does", async () => {
    await using temporary = await temporaryFolder();
    const folder = temporary.path;
    const trained = async (device: string) => {
      const out = join(folder, device);
      const args = ["train", "--arch", "fc", "--regime", "relu", "--data", "digits", ...FEW_STEPS, "--epochs", "1"];
      const { code, stdout, stderr } = await gatewise([...args, "--device", device, "--out", out, "--json"]);
      expect(code, stderr).toBe(0);
      return { out, ...JSON.parse(stdout) };
    };
    const [cpu, webgpu] = [await trained("cpu"), await trained("webgpu")];
    expect(webgpu.lastTestAccuracy).toBe(cpu.lastTestAccuracy);

    const resultOf = async (args: readonly string[]) => {
      const { code, stdout, stderr } = await gatewise([...args, "--json"]);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout);
    };
    const evaluate = ["evaluate", "--model", cpu.out];
    const evaluated = await resultOf([...evaluate, "--device", "webgpu"]);
    const wanted = await resultOf(evaluate);
    expect(evaluated.accuracy).toBe(wanted.accuracy);
    expect(evaluated.loss).toBeCloseTo(wanted.loss, 5);

    const inputs = join(folder, "x.npy");
    await writeWhole(inputs, writeNpy(draw32("x", [5, 28, 28])));
    const gates = ["gates", "--model", cpu.out, "--inputs", inputs];
    expect(await resultOf([...gates, "--device", "webgpu"])).toEqual(await resultOf(gates));
    // the kernel is counted from the device's gates; random features are drawn and multiplied there
    for (const args of [[], ["--features", "8"]]) {
      const npk = ["npk", "--model", cpu.out, "--inputs", inputs, ...args];
      const wantedKernel = await resultOf(npk);
      const { trace } = await resultOf([...npk, "--device", "webgpu"]);
      expect(trace / wantedKernel.trace).toBeCloseTo(1, 5);
    }
  });
});
