/** What is left of a process that is ended hard, and of processes whose parent was. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { endHard } from "../../src/cli/end-hard.ts";
import { startGatewise, TINY } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** A process in an endless loop that holds files open. */
const looping = (cwd: string, files: readonly string[]): ChildProcess => {
  const program = `const fs = require("node:fs"); for (const file of ${JSON.stringify(files)}) fs.writeSync(fs.openSync(file, "w"), "half"); fs.writeFileSync("ready", ""); for (;;);`;
  return spawn(process.execPath, ["-e", program], { cwd, stdio: "ignore" });
};

const until = async (is: () => boolean): Promise<void> => {
  while (!is()) await wait(20);
};

const isGone = async (pid: number): Promise<boolean> => {
  // a zombie has ended, and waits for a parent that may never look
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat === "" || stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
};

const childrenOf = async (pid: number): Promise<readonly number[]> => {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const lists = await Promise.all(tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, "utf8")));
  return lists.flatMap((text) => text.split(" ").filter(Boolean).map(Number));
};

describe.skipIf(process.platform !== "linux")("a process that is ended hard", () => {
  it("leaves no temporary file, and all others", async () => {
    await using folder = await temporaryFolder();
    const child = looping(folder.path, ["kernel.npy.tmp", "kernel.npy.part", "kernel.npy"]);
    const end = once(child, "exit");
    await until(() => existsSync(join(folder.path, "ready")));
    endHard([child.pid ?? expect.fail("no process")]);
    expect(await end).toEqual([null, "SIGKILL"]);
    expect(readdirSync(folder.path).sort()).toEqual(["kernel.npy", "kernel.npy.part", "ready"]);
  });

  it("may have ended before", async () => {
    const child = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
    await once(child, "exit");
    expect(() => endHard([child.pid ?? expect.fail("no process")])).not.toThrow();
  });

  it("takes the processes along that it had started, and its directory can be used at once", async () => {
    await using folder = await temporaryFolder();
    const args = ["train", ...TINY, "--epochs", "100000", "--out", "run"];
    const command = startGatewise(folder.path, args);
    const pid = command.pid ?? expect.fail("no process");
    await until(() => existsSync(join(folder.path, "run", "last.safetensors")));
    const [worker = expect.fail("no command process")] = await childrenOf(pid);
    const [trial = expect.fail("no trial process")] = await childrenOf(worker);
    const end = once(command, "exit");
    command.kill("SIGKILL");
    await end;
    const resumed = startGatewise(folder.path, [...args, "--resume"]);
    let text = "";
    resumed.stderr?.on("data", (chunk: Buffer) => (text += chunk.toString()));
    await until(() => text !== "" || existsSync(join(folder.path, "run", "lock")));
    await wait(1500);
    expect(await Promise.all([worker, trial].map(isGone))).toEqual([true, true]);
    expect(text).toBe("");
    resumed.kill("SIGINT");
    expect(await once(resumed, "exit")).toEqual([130, null]);
  });
});
