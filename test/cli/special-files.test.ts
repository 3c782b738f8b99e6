/** Pipes, sockets, devices and directories in place of a file or folder that a command reads are told at once. */
import { execFileSync } from "node:child_process";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { float32, int64 } from "../../src/graph/index.ts";
import { gatewiseHere as gatewise, TINY } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Server;
const at = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  folder = await temporaryFolder();
  expect((await gatewise(["train", ...TINY, "--epochs", "1", "--out", at("run")])).code).toBe(0);
  await writeFile(at("x.npy"), writeNpy(float32([2, 28, 28], new Float32Array(1568))));
  await writeFile(at("k.npy"), writeNpy(float32([2, 2], [2, 1, 1, 2])));
  await writeFile(at("y.npy"), writeNpy(int64([2], [0, 1])));
  execFileSync("mkfifo", [at("pipe"), at("pipe.json")]);
  server = createServer();
  await new Promise<void>((resolve) => server.listen(at("socket"), resolve));
  await mkdir(at("directory"));
});
afterAll(async () => {
  server.close();
  await folder[Symbol.asyncDispose]();
});

/** Every option that names a file to read; `SPECIAL` stands for the special file. */
const READERS = {
  "inspect --model": ["inspect", "--model", "SPECIAL"],
  "evaluate --model": ["evaluate", "--model", "SPECIAL", "--data", "digits"],
  "gates --inputs": ["gates", "--model", "@run", "--inputs", "SPECIAL"],
  "gates --labels": ["gates", "--model", "@run", "--inputs", "@x.npy", "--labels", "SPECIAL"],
  "gates --against": ["gates", "--model", "@run", "--inputs", "@x.npy", "--against", "SPECIAL"],
  "npk --inputs": ["npk", "--model", "@run", "--inputs", "SPECIAL"],
  "npk --inputs2": ["npk", "--model", "@run", "--inputs", "@x.npy", "--inputs2", "SPECIAL", "--out", "@o.npy"],
  "ntk --inputs": ["ntk", "--model", "@run", "--inputs", "SPECIAL"],
  "paths --inputs": ["paths", "--model", "@run", "--inputs", "SPECIAL"],
  "flow --inputs": ["flow", "--model", "@run", "--inputs", "SPECIAL"],
  "flow --reference": ["flow", "--model", "@run", "--inputs", "@x.npy", "--reference", "SPECIAL"],
  "subnetwork --inputs": ["subnetwork", "--model", "@run", "--inputs", "SPECIAL"],
  "monitor fit --inputs": ["monitor", "fit", "--model", "@run", "--inputs", "SPECIAL", "--out", "@o.monitor"],
  "monitor fit --clean": [
    ...["monitor", "fit", "--model", "@run", "--inputs", "@x.npy", "--clean", "SPECIAL", "--out", "@o.monitor"],
  ],
  "monitor score --monitor": ["monitor", "score", "--monitor", "SPECIAL", "--inputs", "@x.npy"],
  "neighbors --inputs": ["neighbors", "--model", "@run", "--inputs", "SPECIAL", "--query", "0"],
  "neighbors --train": ["neighbors", "--model", "@run", "--inputs", "@x.npy", "--train", "SPECIAL"],
  "neighbors --labels": ["neighbors", "--model", "@run", "--inputs", "@x.npy", "--pairs", "--labels", "SPECIAL"],
  "kernel-fit --kernel": ["kernel-fit", "--kernel", "SPECIAL", "--labels", "@y.npy"],
  "kernel-fit --labels": ["kernel-fit", "--kernel", "@k.npy", "--labels", "SPECIAL"],
  "kernel-fit --test-kernel": [
    ...["kernel-fit", "--kernel", "@k.npy", "--labels", "@y.npy"],
    ...["--test-kernel", "SPECIAL", "--test-labels", "@y.npy"],
  ],
  "kernel-fit --test-labels": [
    ...["kernel-fit", "--kernel", "@k.npy", "--labels", "@y.npy"],
    ...["--test-kernel", "@k.npy", "--test-labels", "SPECIAL"],
  ],
} as const;
const readers = Object.entries(READERS).map(([title, words]) => ({ title, words }));

async function errorFor(words: readonly string[], special: string) {
  const args = words.map((word) => (word === "SPECIAL" ? special : word.replace(/^@/, `${folder.path}/`)));
  const { code, stdout, stderr } = await gatewise([...args, "--json"]);
  expect({ stderr, failed: code === 1 || code === 2 }).toEqual({ stderr: "", failed: true });
  return JSON.parse(stdout).error;
}

describe("in place of a file to read", () => {
  it.each(readers)("$title tells of a pipe, a socket and a device", async ({ words }) => {
    for (const [path, kind] of [
      [at("pipe"), "a pipe"],
      [at("socket"), "a socket"],
      ["/dev/zero", "a device"],
    ] as const) {
      expect(await errorFor(words, path)).toMatchObject({
        message: `${path}: ${kind}: expected a readable file`,
        hint: "give the path of a regular file",
      });
    }
  });

  it.each(readers.filter(({ title }) => !/--(model|against)$/.test(title)))(
    "$title tells of a directory",
    async ({ words }) => {
      expect((await errorFor(words, at("directory"))).message).toBe(
        `${at("directory")}: a directory: expected a readable file`,
      );
    },
  );

  it("train --arch tells of a pipe", async () => {
    expect((await errorFor(["train", "--arch", "SPECIAL", "--out", "@new"], at("pipe.json"))).message).toBe(
      `${at("pipe.json")}: a pipe: expected a readable file`,
    );
  });
});

/** Options that name a folder. */
const FOLDERS = {
  "train --out": ["train", ...TINY, "--out", "SPECIAL"],
  "train --data-dir": ["train", ...TINY, "--data", "mnist", "--data-dir", "SPECIAL", "--out", "@new"],
  "train --from": ["train", ...TINY, "--regime", "flnpf", "--from", "SPECIAL", "--out", "@new"],
  "reproduce --out": ["reproduce", "theorem", "--out", "SPECIAL"],
  "demo --out": ["demo", "--out", "SPECIAL"],
  "evaluate --data-dir": ["evaluate", "--model", "@run", "--data", "mnist", "--data-dir", "SPECIAL"],
  report: ["report", "SPECIAL"],
  export: ["export", "SPECIAL", "--onnx", "@o.onnx"],
  "data fetch --data-dir": ["data", "fetch", "mnist", "--data-dir", "SPECIAL"],
  "data verify --data-dir": ["data", "verify", "mnist", "--data-dir", "SPECIAL"],
} as const;

it.each(Object.entries(FOLDERS).map(([title, words]) => ({ title, words })))(
  "in place of a folder, $title tells of a pipe, a socket, a device and a file",
  async ({ words }) => {
    for (const path of [at("pipe"), at("socket"), "/dev/null", at("x.npy")]) {
      const { message } = await errorFor(words, path);
      expect(message.startsWith(path) || message.startsWith(`--from ${path}`)).toBe(true);
    }
  },
);

it.each(["run.json", "metrics.jsonl", "last.safetensors", "best.safetensors", "kernels.jsonl", "lock"])(
  "a pipe as %s of a run is told",
  async (name) => {
    const run = at(`with-${name}`);
    await cp(at("run"), run, { recursive: true });
    await rm(join(run, name), { force: true });
    execFileSync("mkfifo", [join(run, name)]);
    const words =
      name === "best.safetensors"
        ? ["export", run, "--onnx", "@o.onnx"]
        : ["train", ...TINY, "--epochs", "2", "--out", run, "--resume"];
    expect((await errorFor(words, "")).message).toBe(`${join(run, name)}: a pipe: expected a readable file`);
  },
);
