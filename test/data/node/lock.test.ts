import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockDirectory, lockFile } from "../../../src/data/node/index.ts";
import { endOf, startGatewise, TINY } from "../../support/command-line.ts";
import { rejectionOf } from "../../support/error-of.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const holder = (pid: number, host = hostname(), started = "0") => JSON.stringify({ id: "theirs", host, pid, started });

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? expect.fail("no process");
}

describe("the lock of a directory", () => {
  it("is given back at the end of the scope", async () => {
    await using folder = await temporaryFolder();
    {
      await using _lock = await lockDirectory(folder.path);
      expect(JSON.parse(await readFile(join(folder.path, "lock"), "utf8"))).toMatchObject({
        pid: process.pid,
        host: hostname(),
        ...(process.platform === "linux"
          ? { boot: expect.stringMatching(/^[0-9a-f-]{36}$/), pidNamespace: expect.stringMatching(/^pid:\[\d+\]$/) }
          : {}),
      });
    }
    expect(await readdir(folder.path)).toEqual([]);
  });

  it.each([
    { name: "of a process that has died", content: async () => holder(await deadPid()) },
    {
      name: "of an earlier process with the number of a living one",
      content: async () => holder(process.pid, hostname(), "1"),
    },
    { name: "that is empty, as a power cut leaves it,", content: async () => "" },
    { name: "of zeros, as a power cut leaves it,", content: async () => "\0".repeat(100) },
  ])("$name is taken over at once", async ({ content }) => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "lock"), await content());
    await using _lock = await lockDirectory(folder.path);
    expect(JSON.parse(await readFile(join(folder.path, "lock"), "utf8"))).toMatchObject({ pid: process.pid });
    expect(await readdir(folder.path)).toEqual(["lock"]);
  });

  it("of a process that was killed while it took it leaves nothing", async () => {
    await using folder = await temporaryFolder();
    const text = holder(await deadPid());
    for (const name of ["lock", "lock.theirs"]) await writeFile(join(folder.path, name), text);
    {
      await using _lock = await lockDirectory(folder.path);
    }
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("of another machine is respected", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "lock"), holder(1, "elsewhere"));
    expect(await rejectionOf(lockDirectory(folder.path, { patienceMs: 200 }))).toEqual({
      message: `${folder.path}, in use by process 1 on elsewhere: expected a directory that no other process writes`,
      hint: `stop it there; if that machine is gone or this is a copy of its directory, delete ${join(folder.path, "lock")}`,
    });
    expect(await readdir(folder.path)).toEqual(["lock"]);
  });

  it.each([
    { name: "another boot of the machine", key: "boot" },
    { name: "another pid namespace", key: "pidNamespace" },
  ])("of $name is respected, though no process here has its number", async ({ key }) => {
    if (process.platform !== "linux") return;
    await using folder = await temporaryFolder();
    const pid = await deadPid();
    const hidden = JSON.stringify({ ...JSON.parse(holder(pid)), [key]: "another" });
    await writeFile(join(folder.path, "lock"), hidden);
    expect(await rejectionOf(lockDirectory(folder.path))).toEqual({
      message: `${folder.path}, in use by process ${pid} on ${hostname()}, in another container or an earlier start of the machine: expected a directory that no other process writes`,
      hint: `it cannot be seen from here: stop it there; if it is surely gone, delete ${join(folder.path, "lock")}`,
    });
    expect(await readFile(join(folder.path, "lock"), "utf8")).toBe(hidden);
  });

  it.each([
    { name: "a dead one's", content: async () => holder(await deadPid()) },
    { name: "an empty one", content: async () => "" },
  ])("goes to one of many who want $name", async ({ content }) => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "lock"), await content());
    let inside = 0;
    let most = 0;
    const enter = async (): Promise<void> => {
      await using _lock = await lockDirectory(folder.path);
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, enter));
    expect(most).toBe(1);
  });

  it("of a process that has ended and that nobody has reaped is taken over at once", async () => {
    if (process.platform !== "linux") return;
    await using folder = await temporaryFolder();
    // the shell becomes `sleep`, which does not know of its child
    const parent = spawn("sh", ["-c", "sleep 0.3 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const pid = Number(String((await once(parent.stdout, "data"))[0]));
      const stat = async (): Promise<string[]> => {
        const text = await readFile(`/proc/${pid}/stat`, "utf8");
        return text.slice(text.lastIndexOf(")") + 2).split(" ");
      };
      while ((await stat())[0] !== "Z") await new Promise((resolve) => setTimeout(resolve, 10));
      await writeFile(join(folder.path, "lock"), holder(pid, hostname(), (await stat())[19]));
      await using _lock = await lockDirectory(folder.path, { patienceMs: 0 });
      expect(JSON.parse(await readFile(join(folder.path, "lock"), "utf8"))).toMatchObject({ pid: process.pid });
    } finally {
      parent.kill("SIGKILL");
    }
  });

  it.each([
    {
      name: "that is held",
      content: async () => undefined,
      by: `process ${process.pid} on ${hostname()}`,
    },
    { name: "that is garbage", content: async () => "garbage", by: "another process" },
  ])("$name is refused after the patience, and stays", async ({ content, by }) => {
    await using folder = await temporaryFolder();
    const text = await content();
    await using _held = text === undefined ? await lockDirectory(folder.path) : null;
    if (text !== undefined) await writeFile(join(folder.path, "lock"), text);
    const before = await readFile(join(folder.path, "lock"), "utf8");
    expect(await rejectionOf(lockDirectory(folder.path, { patienceMs: 200 }))).toEqual({
      message: `${folder.path}, in use by ${by}: expected a directory that no other process writes`,
      hint: "wait for it or stop it; if it is surely gone, delete the file lock in the directory",
    });
    expect(await readdir(folder.path)).toEqual(["lock"]);
    expect(await readFile(join(folder.path, "lock"), "utf8")).toBe(before);
  });

  it("is waited for while its holder ends", async () => {
    await using folder = await temporaryFolder();
    const first = await lockDirectory(folder.path);
    const second = lockDirectory(folder.path, { patienceMs: 20_000 });
    await first[Symbol.asyncDispose]();
    await using _lock = await second;
    expect(await readdir(folder.path)).toEqual(["lock"]);
  });
});

describe("the lock of a file", () => {
  it("stands beside it, whether it is there or not, and keeps a second writer away", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "k.npy");
    {
      await using _lock = await lockFile(path);
      expect(await readdir(folder.path)).toEqual(["k.npy.lock"]);
      expect(await rejectionOf(lockFile(path, { patienceMs: 0 }))).toEqual({
        message: `${path}, in use by process ${process.pid} on ${hostname()}: expected a file that no other process writes`,
        hint: `wait for it or stop it; if it is surely gone, delete ${path}.lock`,
      });
    }
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("says where its folder takes no files", async () => {
    if (process.platform !== "linux") return;
    expect(await rejectionOf(lockFile("/proc/k.npy"))).toEqual({
      message: "/proc/k.npy: its folder takes no new entries: expected a file that can be written",
      hint: "use another folder",
    });
  });
});

/** Whether this machine lets a test make pid namespaces. */
const canUnshare =
  spawnSync("unshare", ["--pid", "--fork", "--mount-proc", process.execPath, "-e", ""], { stdio: "ignore" }).status ===
  0;

it.skipIf(!canUnshare)("two processes that cannot see one another do not write into one directory", async () => {
  await using folder = await temporaryFolder();
  const inNamespace = (): ReturnType<typeof startGatewise> =>
    startGatewise(folder.path, ["train", ...TINY, "--epochs", "200", "--out", "run", "--resume"], {
      through: ["unshare", "--pid", "--fork", "--mount-proc"],
      environment: { GATEWISE_LEASE: "2" },
    });
  const first = inNamespace();
  const lock = join(folder.path, "run", "lock");
  while (!existsSync(lock)) await new Promise((resolve) => setTimeout(resolve, 5));
  const { pid } = JSON.parse(await readFile(lock, "utf8"));
  const { code, stdout, stderr } = await endOf(inNamespace());
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(
    `error run, in use by process ${pid} on ${hostname()}, in another container or an earlier start of the machine: expected a directory that no other process writes\n  → wait for it or stop it there; if it dies, its lock is taken over\n`,
  );
  expect((await endOf(first)).code).toBe(0);
  expect((await readdir(join(folder.path, "run"))).includes("lock")).toBe(false);
  const lines = (await readFile(join(folder.path, "run", "metrics.jsonl"), "utf8")).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).epoch)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
});
