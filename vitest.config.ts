import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

/** Debian's chromium brings a Vulkan driver that runs on the CPU, and the loader that finds it. */
const CHROMIUM = "/usr/lib/chromium";
const DRIVER = `${CHROMIUM}/vk_swiftshader_icd.json`;
/** Read when a process starts: WebGPU on that driver, also on a machine with a GPU, so that all see the same. */
const softwareWebgpu = existsSync(DRIVER) ? { VK_ICD_FILENAMES: DRIVER, LD_LIBRARY_PATH: CHROMIUM } : {};

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // read by ONNX Runtime's native library from the process, before it is loaded
    env: { ORT_DISABLE_TELEMETRY: "1", ...softwareWebgpu },
    // an engine is a native library with threads of its own: processes, not threads
    pool: "forks",
    // one more than cores: of some files, most of the time is waited for; with two more, all took longer
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    // no module holds state (style 8), so files may share one; loading them anew takes a minute
    isolate: false,
    // tells how often properties are tried, from one variable of the environment
    setupFiles: ["test/support/property-runs.ts"],
    // watchdogs, generous beside other work: no test is about how long it takes
    testTimeout: process.env.GATEWISE_PROPERTY_RUNS === undefined ? 240_000 : 3_600_000,
    hookTimeout: 240_000,
  },
});
