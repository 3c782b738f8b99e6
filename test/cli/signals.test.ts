/**
 * Every command ends soon after a signal, wherever it is: a table of commands and moments. Each is long enough to be in
 * the midst of something; most of them are in loops that let no signal through, or in the engine.
 */
import { readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { float32, float64, int64 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { endOf, gatewise, startGatewise, TINY } from "../support/command-line.ts";
import { convolutions, mapModel } from "../support/map-models.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Milliseconds from the start of a command: while it computes; and of some, while they load and read. */
const LATE = 2000;
const EARLY = { ms: 500, commands: ["npk pair by pair", "kernel-fit", "train", "theorem"] } as const;
const SIGNALS = [
  { signal: "SIGINT", code: 130 },
  { signal: "SIGTERM", code: 75 },
  { signal: "SIGHUP", code: 75 },
] as const;
/** Two seconds on a machine of its own; tests share theirs. */
const MOST_MS = 6000;

const LINE = 1500;
const commands: Readonly<Record<string, readonly string[]>> = {
  "npk pair by pair": ["npk", "--model", "maps.onnx", "--inputs", "maps.npy", "--out", "k.npy"],
  "npk by random features": [
    "npk",
    "--model",
    "maps.onnx",
    "--inputs",
    "maps.npy",
    "--features",
    "5000",
    "--out",
    "k.npy",
  ],
  "npk of a dense chain": ["npk", "--model", "relu", "--inputs", "many.npy", "--out", "k.npy", "--threads", "1"],
  ntk: ["ntk", "--model", "maps.onnx", "--inputs", "maps.npy", "--out", "k.npy"],
  "kernel-fit": ["kernel-fit", "--kernel", "kernel.npy", "--labels", "labels.npy", "--ridge", "cv"],
  neighbors: ["neighbors", "--model", "maps.onnx", "--inputs", "maps.npy", "--query", "0"],
  gates: ["gates", "--model", "maps.onnx", "--inputs", "maps.npy", "--out", "g.npy"],
  "paths, many of them": ["paths", "--model", "maps.onnx", "--inputs", "maps.npy", "--top", "100000"],
  "paths in bundles": ["paths", "--model", "maps.onnx", "--inputs", "maps.npy", "--bundles", "--top", "5000"],
  inspect: ["inspect", "--model", "maps.onnx"],
  train: ["train", "--arch", "gconv", "--width", "32", "--batch", "128", "--out", "gconv"],
  "train flnpf": ["train", "--regime", "flnpf", ...TINY, "--epochs", "100000", "--out", "flnpf"],
  theorem: ["reproduce", "theorem", "--out", "theorem"],
  "oblique trees": ["reproduce", "oblique-trees", "--out", "trees"],
  "binary-mnist": ["reproduce", "binary-mnist", "--out", "binary"],
  demo: ["demo", "--out", "demo"],
};

const folder = await temporaryFolder();
const at = (name: string): string => join(folder.path, name);
beforeAll(async () => {
  const model = mapModel(
    [1, 40, 40],
    [...convolutions(3, 24), { pool: "Max", size: 2, stride: 2 }, "global-average", { dense: 10 }],
  );
  const uniform = (name: string, size: number): Float64Array => randomStream(1, "signals", name).uniform(size, 0, 1);
  await writeFile(at("maps.onnx"), model);
  await writeFile(at("maps.npy"), writeNpy(float32([200, 1, 40, 40], Float32Array.from(uniform("maps", 200 * 1600)))));
  await writeFile(at("many.npy"), writeNpy(float32([6000, 28, 28], Float32Array.from(uniform("many", 6000 * 784)))));
  const kernel = new Float64Array(LINE ** 2);
  for (let i = 0; i < LINE; i++) for (let j = 0; j < LINE; j++) kernel[i * LINE + j] = Math.exp(-Math.abs(i - j) / 50);
  await writeFile(at("kernel.npy"), writeNpy(float64([LINE, LINE], kernel)));
  await writeFile(
    at("labels.npy"),
    writeNpy(
      int64(
        [LINE],
        Array.from({ length: LINE }, (_, i) => (i * 7) % 10),
      ),
    ),
  );
  expect((await gatewise(["train", ...TINY, "--epochs", "1", "--out", at("relu")])).code).toBe(0);
});
afterAll(() => folder[Symbol.asyncDispose]());

const rows = [
  ...Object.keys(commands).map((title) => ({ title, moment: LATE })),
  ...EARLY.commands.map((title) => ({ title, moment: EARLY.ms })),
].map((row, i) => ({ ...row, args: commands[row.title] ?? [], ...(SIGNALS[i % SIGNALS.length] ?? SIGNALS[0]) }));

// most of the time is waited for
describe.skipIf(process.platform === "win32").concurrent("a signal ends", () => {
  it.each(rows)("$title, $signal after $moment ms", async ({ args, moment, signal, code, title }) => {
    const cwd = at(`${title}-${moment}`.replaceAll(/\W+/g, "-"));
    await mkdir(cwd);
    const inFolder = (word: string): string =>
      /\.(npy|onnx)$|^relu$/.test(word) && word !== "k.npy" && word !== "g.npy" ? at(word) : word;
    const child = startGatewise(cwd, args.map(inFolder));
    const end = endOf(child);
    const ended = await Promise.race([end, wait(moment)]);
    if (ended !== undefined) {
      // done before: nothing to stop
      expect(ended.code, ended.stderr).toBe(0);
      return;
    }
    const since = performance.now();
    child.kill(signal);
    const stopped = await end;
    const took = performance.now() - since;
    if (process.env.SIGNAL_TIMES) console.log(`${title} ${signal} ${moment}: ${Math.round(took)} ms`);
    // a signal may come with the end; in the first moments of a process, on a busy machine, Node has not set up its own
    const codes: readonly (number | null)[] = moment === EARLY.ms ? [code, 0, null] : [code, 0];
    expect(codes, stopped.stderr).toContain(stopped.code);
    expect(took).toBeLessThan(MOST_MS);
    if (stopped.code === code) expect(stopped.stderr).toMatch(/to go on:\n {2}gatewise /);
    const left = readdirSync(cwd, { recursive: true, encoding: "utf8" });
    expect(left.filter((file) => file.endsWith(".tmp") || file.endsWith(".lock"))).toEqual([]);
    if (stopped.code !== 0) expect(left.filter((file) => file === "k.npy" || file === "g.npy")).toEqual([]);
  });
});
