import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockDirectory } from "../../src/runs/lock.ts";
import { rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

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
  ])("$name is taken over at once", async ({ content }) => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "lock"), await content());
    await using _lock = await lockDirectory(folder.path);
    expect(JSON.parse(await readFile(join(folder.path, "lock"), "utf8"))).toMatchObject({ pid: process.pid });
    expect(await readdir(folder.path)).toEqual(["lock"]);
  });

  it("of another machine is respected", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "lock"), holder(1, "elsewhere"));
    expect(await rejectionOf(lockDirectory(folder.path))).toEqual({
      message: `${folder.path}, in use by process 1 on elsewhere: expected a directory that no other process writes`,
      hint: "wait for it or stop it; if it is surely gone, delete the file lock in the directory",
    });
    expect(await readdir(folder.path)).toEqual(["lock"]);
  });

  it("goes to one of many who want a dead one's", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "lock"), holder(await deadPid()));
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
});
