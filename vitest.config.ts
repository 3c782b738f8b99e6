import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // read by ONNX Runtime's native library from the process, before it is loaded
    env: { ORT_DISABLE_TELEMETRY: "1" },
    // an engine is a native library with threads of its own: one process a file, as many files as cores
    pool: "forks",
    testTimeout: 60_000,
  },
});
