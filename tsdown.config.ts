import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineConfig, type UserConfig } from "tsdown";
import { buildStudio } from "./scripts/build-studio.ts";
import { licensesOf, packagesIn } from "./scripts/licenses.ts";
import { packDigits } from "./scripts/pack-digits.ts";

const INSIDE = [/^@bufbuild\/protobuf/, /^zod/];

const SHARED: UserConfig = {
  format: "esm",
  platform: "node",
  // a hundred small files each, of which every command and every thread needs a few: inside, a command starts in two thirds
  // of the time
  noExternal: INSIDE,
  inlineOnly: INSIDE,
  // package.json names *.js, also on platform node
  fixedExtension: false,
  // lowers `await using`, which Node 20 does not read
  target: "es2022",
  sourcemap: false,
  // how long declarations take is no warning to whoever installs this
  checks: { pluginTimings: false },
};

// One build for all entries, and not one for each world: they share chunks, so there is one GatewiseError class.
const TOGETHER: UserConfig = {
  ...SHARED,
  entry: {
    index: "src/index.ts",
    graph: "src/graph.ts",
    network: "src/network.ts",
    paths: "src/paths.ts",
    kernels: "src/kernels.ts",
    fitting: "src/fitting.ts",
    monitor: "src/monitor.ts",
    train: "src/train.ts",
    experiments: "src/experiments.ts",
    report: "src/report.ts",
    node: "src/node.ts",
    web: "src/web.ts",
    main: "src/cli/main.ts",
    "command-process": "src/cli/command-process.ts",
    "lock-beat-thread": "src/data/node/lock-beat-thread.ts",
    "parent-watch-thread": "src/runs/node/parent-watch-thread.ts",
  },
  dts: true,
  clean: true,
  // the messages that ONNX is read by would share a chunk with what writes it: a page reads only
  outputOptions: { codeSplitting: { groups: [{ name: "onnx-messages", test: /onnx_pb\.ts$/ }] } },
  hooks: {
    "build:done": async ({ chunks, options: { outDir } }) => {
      await writeFile(join(outDir, "licenses.txt"), `${await licensesOf(packagesIn(chunks))}\n`);
      await packDigits(outDir);
      await buildStudio(outDir);
    },
  },
};

// A worker is one file, but for what it loads late: of trials, and of threads, many start at a time, perhaps all from one folder
// of a network. Each is built alone, for entries that are built together share what they have in common, in a hundred files.
const workerOf = (name: string, file: string): UserConfig => ({
  ...SHARED,
  entry: { [name]: file },
  dts: false,
  clean: false,
});

export default defineConfig([
  TOGETHER,
  workerOf("trial-worker", "src/runs/node/trial-worker.ts"),
  workerOf("engine-worker", "src/engine/node/engine-worker.ts"),
  workerOf("tile-worker", "src/kernels/node/tile-worker.ts"),
  workerOf("neighbor-worker", "src/models/node/neighbor-worker.ts"),
]);
