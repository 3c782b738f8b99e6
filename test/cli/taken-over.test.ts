/** A command that is stopped for longer than its lease, as `scontrol suspend` or a frozen machine does it. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { lockDirectory } from "../../src/data/node/index.ts";
import { endOf, startGatewise, TINY } from "../support/command-line.ts";
import { ELSEWHERE } from "../support/lock-hosts.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

async function contentOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(folder)).filter((name) => name !== "lock").sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "latin1")] as const)),
  );
}

/** Whether all threads of a process stand still. */
async function isStopped(pid: number): Promise<boolean> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const states = tasks.map(async (task) => {
    const text = await readFile(`/proc/${pid}/task/${task}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2)[0];
  });
  return (await Promise.all(states)).every((state) => state === "T");
}

it.skipIf(process.platform !== "linux")(
  "wakes, writes nothing more, and ends with a line and a code of its own",
  async () => {
    await using folder = await temporaryFolder();
    const run = join(folder.path, "run");
    const child = startGatewise(folder.path, ["train", ...TINY, "--epochs", "100000", "--out", "run"], {
      environment: { GATEWISE_LEASE: "0.5" },
      detached: true,
    });
    const group = -(child.pid ?? expect.fail("no process"));
    const end = endOf(child);
    try {
      while (!existsSync(join(run, "last.safetensors"))) await wait(20);
      process.kill(group, "SIGSTOP");
      // a thread in the midst of a write stops behind it; a touch after the first look would be a sign of life
      const { pid } = JSON.parse(await readFile(join(run, "lock"), "utf8"));
      while (!(await isStopped(pid))) await wait(20);
      const lock = await lockDirectory(run, {}, ELSEWHERE);
      const before = await contentOf(run);
      process.kill(group, "SIGCONT");
      const { code, stdout, stderr } = await end;
      expect({ code, stdout }).toEqual({ code: 76, stdout: "" });
      expect(stderr).toMatch(
        /^error run, whose lock this process has lost: nothing more is written: expected to be the one writer of the directory to the end\n {2}→ another process goes on with it.*\n$/,
      );
      expect(await contentOf(run)).toEqual(before);
      expect(Object.keys(before).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      await lock.check();
      await lock[Symbol.asyncDispose]();
    } finally {
      if (child.exitCode === null) process.kill(group, "SIGKILL");
    }
  },
);
