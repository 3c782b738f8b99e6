/** A result has one writer, and never replaces what a command reads. */
import { spawnSync } from "node:child_process";
import { linkSync, readdirSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { lockFile } from "../../src/data/node/index.ts";
import { float32, int64 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { endOf, gatewiseHere as gatewise, startGatewise, TINY } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  folder = await temporaryFolder();
  const { code, stderr } = await gatewise(["train", ...TINY, "--epochs", "1", "--out", at("run")]);
  expect(code, stderr).toBe(0);
  const x = randomStream(3, "inputs").uniform(5 * 784, 0, 1);
  await writeFile(at("x.npy"), writeNpy(float32([5, 28, 28], x)));
  await writeFile(at("y.npy"), writeNpy(int64([5], [0, 1, 0, 1, 0])));
  expect((await gatewise(["export", at("run"), "--onnx", at("m.onnx")])).code).toBe(0);
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Every command that writes a file by name: its words before the name. */
const WRITERS = {
  npk: ["npk", "--model", "MODEL", "--inputs", "x.npy", "--out"],
  "npk by features": ["npk", "--model", "MODEL", "--inputs", "x.npy", "--features", "2", "--out"],
  "npk diagonal": ["npk", "--model", "MODEL", "--inputs", "x.npy", "--part", "diagonal", "--out"],
  gates: ["gates", "--model", "MODEL", "--inputs", "x.npy", "--labels", "y.npy", "--out"],
  ntk: ["ntk", "--model", "MODEL", "--inputs", "x.npy", "--out"],
  "monitor fit": ["monitor", "fit", "--model", "MODEL", "--inputs", "x.npy", "--out"],
  paths: ["paths", "--model", "MODEL", "--inputs", "x.npy", "--svg"],
  flow: ["flow", "--model", "MODEL", "--inputs", "x.npy", "--svg"],
} as const;
const FILES: readonly string[] = ["x.npy", "y.npy", "run", "m.onnx"];
const inFolder = (words: readonly string[], model = "run"): string[] =>
  words.map((word) => (word === "MODEL" ? at(model) : FILES.includes(word) ? at(word) : word));
const writers = Object.entries(WRITERS).map(([title, words]) => ({ title, words }));
const listing = (): readonly string[] => readdirSync(folder.path, { recursive: true, encoding: "utf8" }).sort();

async function refusal(args: readonly string[]): Promise<{ readonly message: string; readonly hint: string }> {
  const { code, stdout, stderr } = await gatewise([...args, "--json"]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  const { message, hint } = JSON.parse(stdout).error;
  return { message, hint };
}

describe("a file that another command is writing", () => {
  it.each([...writers, { title: "export", words: ["export", "run", "--onnx"] }])(
    "is refused by $title at once, also by another spelling",
    async ({ words }) => {
      await symlink(folder.path, at("link")).catch(() => {});
      const path = at("busy");
      await using _lock = await lockFile(path);
      const before = listing();
      const spellings = [path, join(at("run"), "..", "busy"), join(at("link"), "busy")];
      // side by side: each waits a second for who has the lock
      for (const refused of await Promise.all(spellings.map((spelling) => refusal([...inFolder(words), spelling])))) {
        expect(refused).toEqual({
          message: `${path}, in use by process ${process.pid} on ${hostname()}: expected a file that no other process writes`,
          hint: `wait for it or stop it; if it is surely gone, delete ${path}.lock`,
        });
      }
      expect(listing()).toEqual(before);
      await rm(at("link"));
    },
  );
});

describe("a result in place of what is read", () => {
  const next = "give the result another name";
  const expected = "expected a file for the result that the command does not read";

  it.each(writers)("is refused by $title: inputs, also behind links", async ({ words }) => {
    await symlink(at("x.npy"), at("soft.npy"));
    await symlink("soft.npy", at("softer.npy"));
    linkSync(at("x.npy"), at("hard.npy"));
    const before = await readFile(at("x.npy"));
    for (const name of ["x.npy", "soft.npy", "softer.npy", "hard.npy", join("run", "..", "x.npy")]) {
      expect(await refusal([...inFolder(words), at(name)])).toEqual({
        message: `${at(name)}, which is --inputs ${at("x.npy")}: ${expected}`,
        hint: next,
      });
    }
    expect(await readFile(at("x.npy"))).toEqual(before);
    for (const name of ["soft.npy", "softer.npy", "hard.npy"]) await rm(at(name));
  });

  it.each(writers)("is refused by $title: the model, and its files", async ({ words }) => {
    const before = await readFile(at("m.onnx"));
    expect(await refusal([...inFolder(words, "m.onnx"), at("m.onnx")])).toEqual({
      message: `${at("m.onnx")}, which is the model ${at("m.onnx")}: ${expected}`,
      hint: next,
    });
    expect(await readFile(at("m.onnx"))).toEqual(before);
    const checkpoint = join(at("run"), "best.safetensors");
    expect(await refusal([...inFolder(words), checkpoint])).toEqual({
      message: `${checkpoint}, which is the model ${checkpoint}: ${expected}`,
      hint: next,
    });
    const metrics = join(at("run"), "metrics.jsonl");
    expect(await refusal([...inFolder(words, "m.onnx"), metrics])).toEqual({
      message: `${metrics}, which belongs to the run in its folder: expected a file for the result that no run needs`,
      hint: `give the result another name, such as ${join(at("run"), "result-metrics.jsonl")}`,
    });
  });

  it("is refused where .. leads there behind a link", async () => {
    await mkdir(at("deep"));
    await mkdir(join(at("deep"), "down"));
    await symlink(join(at("deep"), "down"), at("side"));
    const x = join(at("deep"), "x.npy");
    await copyFile(at("x.npy"), x);
    const args = ["gates", "--model", at("run"), "--inputs", x, "--out", `${at("side")}/../x.npy`];
    expect((await refusal(args)).message).toBe(`${at("side")}/../x.npy, which is --inputs ${x}: ${expected}`);
    const free = ["gates", "--model", at("run"), "--inputs", x, "--out", `${at("side")}/../g.npy`, "--json"];
    expect((await gatewise(free)).code).toBe(0);
    expect((await readdir(at("deep"))).sort()).toEqual(["down", "g.npy", "x.npy"]);
  });

  it("is refused on the way to its name, too", async () => {
    await copyFile(at("x.npy"), at("k.npy.part"));
    const words = ["npk", "--model", at("run"), "--inputs", at("k.npy.part"), "--out", at("k.npy")];
    expect(await refusal(words)).toEqual({
      message: `${at("k.npy")}, whose .part file is --inputs ${at("k.npy.part")}: ${expected}`,
      hint: next,
    });
    await rm(at("k.npy.part"));
  });

  it("is refused by gates: labels; by export and report: a run's own files", async () => {
    expect(await refusal([...inFolder(WRITERS.gates), at("y.npy")])).toEqual({
      message: `${at("y.npy")}, which is --labels ${at("y.npy")}: ${expected}`,
      hint: next,
    });
    const run = join(at("run"), "run.json");
    expect((await refusal(["export", at("run"), "--onnx", run])).message).toBe(
      `${run}, which is the model ${run}: ${expected}`,
    );
    expect((await refusal(["report", at("run"), "--out", run])).message).toBe(
      `${run}, which belongs to the run in its folder: expected a file for the result that no run needs`,
    );
  });
});

describe("in place of the file for a result", () => {
  it.each([
    ...writers,
    { title: "export", words: ["export", "run", "--onnx"] },
    { title: "report", words: ["report", "run", "--out"] },
  ])("$title tells of a directory, a pipe, a socket and a device at once", async ({ words }) => {
    await using other = await temporaryFolder();
    const [pipe, directory, socket] = ["pipe", "directory", "socket"].map((name) => join(other.path, name));
    expect(spawnSync("mkfifo", [pipe ?? ""]).status).toBe(0);
    await mkdir(directory ?? "");
    const server = createServer().listen(socket);
    await wait(10);
    const places = [
      { path: pipe, kind: "a pipe" },
      { path: directory, kind: "a directory" },
      { path: socket, kind: "a socket" },
      { path: "/dev/null", kind: "a device" },
    ];
    for (const { path = "", kind } of places) {
      expect(await refusal([...inFolder(words), path])).toEqual({
        message: `${path}: ${kind}: expected a file that can be written`,
        hint:
          kind === "a directory"
            ? "give a file of this name, or remove the directory"
            : "give the path of a regular file",
      });
    }
    server.close();
  });
});

describe("npk that is killed", () => {
  it("leaves a lock that the next command takes over at once, and goes on", async () => {
    const n = 1500;
    const inputs = randomStream(5, "many inputs").uniform(n * 784, 0, 1);
    await writeFile(at("many.npy"), writeNpy(float32([n, 28, 28], inputs)));
    const words = ["npk", "--model", at("run"), "--inputs", at("many.npy"), "--threads", "1", "--out"];
    const child = startGatewise(folder.path, [...words, at("big.npy")]);
    while (!(await readdir(folder.path)).includes("big.npy.lock")) await wait(2);
    const { pid } = JSON.parse(await readFile(at("big.npy.lock"), "utf8"));
    // as long as it is stopped, it is there
    process.kill(pid, "SIGSTOP");
    const second = await gatewise([...words, at("big.npy")]);
    expect(second.stderr).toContain(`${at("big.npy")}, in use by process ${pid}`);
    expect(second.code).toBe(1);
    process.kill(pid, "SIGKILL");
    child.kill("SIGKILL");
    await endOf(child);
    expect(await readdir(folder.path)).toContain("big.npy.lock");
    const again = await gatewise([...words, at("big.npy"), "--resume"]);
    expect(again.stderr).toBe("");
    expect((await gatewise([...words, at("whole.npy")])).code).toBe(0);
    expect((await readFile(at("big.npy"))).equals(await readFile(at("whole.npy")))).toBe(true);
    expect((await readdir(folder.path)).filter((name) => name.startsWith("big.npy"))).toEqual(["big.npy"]);
  });
});
