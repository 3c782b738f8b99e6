/** Locks between machines: one writer, whatever dies, stops, wakes or fails. In a time of their own; no test waits. */
import { readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { appendGuarded, removeGuarded, writeGuarded } from "../../../src/data/node/files.ts";
import { type Lock, lockDirectory, lockFile } from "../../../src/data/node/index.ts";
import { leaseOf } from "../../../src/data/node/lock-world.ts";
import type { Store } from "../../../src/runs/index.ts";
import { keepKernels } from "../../../src/runs/kernels-of-run.ts";
import { folderStore, storeIn } from "../../../src/runs/node/folder-store.ts";
import { keepMetrics } from "../../../src/runs/run-files.ts";
import { errorOf, rejectionOf } from "../../support/error-of.ts";
import { Machines, systemError } from "../../support/lock-hosts.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const LEASE_MS = 120_000;
const takenOver = (path: string, kind = "directory") => ({
  message: `${path}, whose lock this process has lost: nothing more is written: expected to be the one writer of the ${kind} to the end`,
  hint: "another process goes on with it, for this one gave no sign of life, or somebody has removed the lock; look there before you start it again",
});

/** Two machines whose clocks are thirty years apart, and a folder that they share. */
async function shared() {
  const folder = await temporaryFolder();
  const machines = new Machines();
  return { folder, path: folder.path, machines, n1: machines.host("n1", 2e9), n2: machines.host("n2", 1e9) };
}

/** The lock of a holder on `n1`, which then stops or dies, taken by `n2`. */
async function takeOver({ path, n1, n2 }: Awaited<ReturnType<typeof shared>>): Promise<Lock> {
  n1.isStopped = true;
  return await lockDirectory(path, {}, n2);
}

describe("a lock that another machine holds", () => {
  it("is refused once its holder has given a sign of life", async () => {
    const { folder, path, machines, n1, n2 } = await shared();
    await using _folder = folder;
    await using _held = await lockDirectory(path, {}, n1);
    const told: string[] = [];
    const onWait = (text: string): void => void told.push(text);
    expect(await rejectionOf(lockDirectory(path, { onWait }, n2))).toEqual({
      message: `${path}, in use by process 31992 on n1: expected a directory that no other process writes`,
      hint: "wait for it or stop it there; if it dies, its lock is taken over",
    });
    // a beat is an eighth of a lease
    expect(machines.time).toBeLessThanOrEqual(LEASE_MS / 8 + 1000);
    expect(told).toEqual([
      `${path} is held by process 31992 on n1, which cannot be seen from here: taken over unless it gives a sign of life within 120 s`,
    ]);
  });

  it.each([
    { name: "two minutes", leaseMs: undefined },
    { name: "its own lease, whatever that of the other is", leaseMs: 10_000 },
  ])("is taken over after $name without one, and not before", async ({ leaseMs = LEASE_MS }) => {
    const { folder, path, machines, n1, n2 } = await shared();
    await using _folder = folder;
    await using dead = await lockDirectory(path, { leaseMs }, n1);
    await machines.pass(leaseMs / 2);
    n1.isStopped = true;
    const from = machines.time;
    await using lock = await lockDirectory(path, {}, n2);
    await lock.check();
    expect(machines.time - from).toBeGreaterThan(leaseMs);
    expect(machines.time - from).toBeLessThan(leaseMs * 1.1);
    expect(JSON.parse(await readFile(join(path, "lock"), "utf8"))).toMatchObject({ host: "n2", leaseMs: LEASE_MS });
    expect(await readdir(path)).toEqual(["lock"]);
    expect(await rejectionOf(dead.check())).toEqual(takenOver(path));
  });

  it("is not taken by who was stopped or cut off himself, and has not looked", async () => {
    const { folder, path, machines, n1, n2 } = await shared();
    await using _folder = folder;
    await using held = await lockDirectory(path, {}, n1);
    // the server is away for an hour: neither of them gets through
    n1.isStopped = true;
    let looks = 0;
    const cutOff = {
      ...n2,
      wait: async (milliseconds: number, signal: AbortSignal | undefined) => {
        looks += 1;
        if (looks === 3) await machines.pass(3_600_000);
        n1.isStopped = looks < 6;
        await n2.wait(milliseconds, signal);
      },
    };
    expect(await rejectionOf(lockDirectory(path, {}, cutOff))).toMatchObject({ message: /in use by/ });
    await held.check();
  });

  it("is left at once by who does not wait for it", async () => {
    const { folder, path, machines, n1, n2 } = await shared();
    await using _folder = folder;
    await using _held = await lockDirectory(path, {}, n1);
    await rejectionOf(lockDirectory(path, { awaitLease: false, patienceMs: 0 }, n2));
    expect(machines.time).toBe(0);
  });

  it("is waited for as long as the signal lets", async () => {
    const { folder, path, n1, n2 } = await shared();
    await using _folder = folder;
    await using _held = await lockDirectory(path, {}, n1);
    n1.isStopped = true;
    const stop = new AbortController();
    const reason = new Error("stopped");
    const waiting = lockDirectory(path, { signal: stop.signal, onWait: () => stop.abort(reason) }, n2);
    await expect(waiting).rejects.toBe(reason);
  });

  it("goes to exactly one of many who wait for a dead one's", async () => {
    const { folder, path, machines, n1 } = await shared();
    await using _folder = folder;
    await using _dead = await lockDirectory(path, {}, n1);
    n1.isStopped = true;
    const contenders = Array.from({ length: 8 }, (_, i) => lockDirectory(path, {}, machines.host(`m${i}`, i * 1e8)));
    const ends = await Promise.allSettled(contenders);
    const won = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
    expect(won).toHaveLength(1);
    await won[0]?.check();
    const refusals = ends.flatMap((end) => (end.status === "rejected" ? [String(end.reason)] : []));
    expect(refusals.filter((text) => !/in use by process 31992 on m\d/.test(text))).toEqual([]);
    await won[0]?.[Symbol.asyncDispose]();
    expect(await readdir(path)).toEqual([]);
  });
});

describe("a holder that was stopped, and wakes after its lock was taken over", () => {
  it("writes nothing, in its folder and in those in it, and leaves the lock", async () => {
    const all = await shared();
    const { folder, path, n1, n2 } = all;
    await using _folder = folder;
    const [first, second] = [storeIn(path, {}, n1), storeIn(path, {}, n2)];
    {
      await using _first = await first.lock();
      await first.write("run.json", "first");
      await first.append("lines", "1\n");
      n1.isStopped = true;
      await using _second = await second.lock();
      await second.write("run.json", "second");
      n1.isStopped = false;
      for (const attempt of [
        () => first.write("run.json", "late"),
        () => first.write("new", "late"),
        () => first.append("lines", "late\n"),
        () => first.remove("run.json"),
        () => first.at("part").write("run.json", "late"),
      ]) {
        expect(await rejectionOf(attempt())).toEqual(takenOver(path));
      }
      await second.append("lines", "2\n");
      expect((await readdir(path)).sort()).toEqual(["lines", "lock", "run.json"]);
    }
    expect(await readFile(join(path, "run.json"), "utf8")).toBe("second");
    expect(await readFile(join(path, "lines"), "utf8")).toBe("1\n2\n");
    expect((await readdir(path)).sort()).toEqual(["lines", "run.json"]);
  });

  it("between its last look and the renaming finds nothing to rename", async () => {
    const all = await shared();
    const { folder, path } = all;
    await using _folder = folder;
    await writeFile(join(path, "last"), "before");
    await using first = await lockDirectory(path, {}, all.n1);
    let looks = 0;
    let second: Lock | undefined;
    const guard = {
      id: first.id,
      check: async () => {
        await first.check();
        looks += 1;
        if (looks === 2) second = await takeOver(all);
      },
    };
    expect(await rejectionOf(writeGuarded(guard, join(path, "last"), "late"))).toEqual(takenOver(path));
    expect(looks).toBe(2);
    expect(await readFile(join(path, "last"), "utf8")).toBe("before");
    expect((await readdir(path)).sort()).toEqual(["last", "lock"]);
    await second?.check();
    await second?.[Symbol.asyncDispose]();
  });

  it.each([
    { behind: "first", looks: 1 },
    { behind: "last", looks: 2 },
  ])("behind its $behind look before a removal leaves what the other has put there", async ({ looks }) => {
    const all = await shared();
    const { folder, path, n1, n2 } = all;
    await using _folder = folder;
    await writeFile(join(path, "metrics.csv"), "before");
    await using first = await lockDirectory(path, {}, n1);
    const store = storeIn(path, {}, n2);
    let second: AsyncDisposable | undefined;
    let seen = 0;
    const guard = {
      id: first.id,
      check: async () => {
        await first.check();
        seen += 1;
        if (seen !== looks) return;
        n1.isStopped = true;
        second = await store.lock();
        await store.write("metrics.csv", "the other's");
        n1.isStopped = false;
      },
    };
    expect(await rejectionOf(removeGuarded(guard, join(path, "metrics.csv")))).toEqual(takenOver(path));
    expect(await readFile(join(path, "metrics.csv"), "utf8")).toBe("the other's");
    expect((await readdir(path)).sort()).toEqual(["lock", "metrics.csv"]);
    // the holder of today removes it
    await store.remove("metrics.csv");
    await store.remove("metrics.csv");
    expect(await readdir(path)).toEqual(["lock"]);
    await second?.[Symbol.asyncDispose]();
  });

  it("between its last look and an addition adds to a file that has no name any more", async () => {
    const all = await shared();
    const { folder, path } = all;
    await using _folder = folder;
    const lines = join(path, "lines");
    await writeFile(lines, "1\n");
    await using first = await lockDirectory(path, {}, all.n1);
    let second: Lock | undefined;
    const guard = {
      id: first.id,
      check: async () => {
        await first.check();
        // as a trial that is gone on with does
        second = await takeOver(all);
        await writeGuarded(second, lines, "1\n");
      },
    };
    await appendGuarded(guard, lines, "late\n");
    await second?.[Symbol.asyncDispose]();
    expect(await readFile(lines, "utf8")).toBe("1\n");
  });

  it.each([
    { file: "metrics.jsonl", goOn: (run: Store) => keepMetrics(run, 0) },
    { file: "kernels.jsonl", goOn: (run: Store) => keepKernels(run, -1) },
  ])("before its first addition to $file adds to one that has no name any more", async ({ file, goOn }) => {
    const { folder, path, n1, n2 } = await shared();
    await using _folder = folder;
    await using first = await lockDirectory(path, {}, n1);
    const second = storeIn(path, {}, n2);
    let taken: AsyncDisposable | undefined;
    const guard = {
      id: first.id,
      check: async () => {
        await first.check();
        n1.isStopped = true;
        taken = await second.lock();
        await goOn(second);
      },
    };
    await appendGuarded(guard, join(path, file), "late\n");
    await taken?.[Symbol.asyncDispose]();
    expect(await readFile(join(path, file), "utf8")).toBe("");
  });

  it("goes on where nobody has taken it", async () => {
    const { folder, path, machines, n1 } = await shared();
    await using _folder = folder;
    await using lock = await lockDirectory(path, {}, n1);
    n1.isStopped = true;
    await machines.pass(10 * LEASE_MS);
    n1.isStopped = false;
    await lock.check();
  });

  it("goes on where its lock was moved away by mistake and is put back", async () => {
    const { folder, path, n1 } = await shared();
    await using _folder = folder;
    await using held = await lockDirectory(
      path,
      {},
      {
        ...n1,
        wait: () => rename(join(path, "aside"), join(path, "lock")),
      },
    );
    await rename(join(path, "lock"), join(path, "aside"));
    await held.check();
  });

  it("of a file's lock neither", async () => {
    const { folder, path, n1, n2 } = await shared();
    await using _folder = folder;
    const file = join(path, "k.npy");
    await using first = await lockFile(file, {}, n1);
    n1.isStopped = true;
    await using second = await lockFile(file, {}, n2);
    expect(await rejectionOf(writeGuarded(first, file, "late"))).toEqual(takenOver(file, "file"));
    await writeGuarded(second, file, "k");
    expect((await readdir(path)).sort()).toEqual(["k.npy", "k.npy.lock"]);
  });
});

describe("a file system that fails", () => {
  it("says that the lock is lost where the server knows the file no more", async () => {
    const { folder, path, machines, n1 } = await shared();
    await using _folder = folder;
    await using lock = await lockDirectory(path, {}, n1);
    n1.failure = systemError("ESTALE");
    await machines.pass(LEASE_MS);
    expect(await rejectionOf(lock.check())).toEqual(takenOver(path));
  });

  it("lets nothing be written while it does not tell, and goes on when it does again", async () => {
    const { folder, path, machines, n1 } = await shared();
    await using _folder = folder;
    const run = storeIn(path, {}, n1);
    await using _lock = await run.lock();
    await run.write("run.json", "before");
    n1.failure = systemError("EIO");
    await machines.pass(LEASE_MS / 2);
    expect(await rejectionOf(run.write("run.json", "late"))).toEqual({
      message: `${join(path, "lock")}: input/output error of the disk or the network: expected a lock file that can be touched and found`,
      hint: "check the disk, then go on: what was written before stays",
    });
    expect(await readFile(join(path, "run.json"), "utf8")).toBe("before");
    n1.failure = undefined;
    await run.write("run.json", "after");
    expect(await readFile(join(path, "run.json"), "utf8")).toBe("after");
  });
});

it("a lock is touched through its open file while the process computes", async () => {
  await using folder = await temporaryFolder();
  await using _lock = await lockDirectory(folder.path, { leaseMs: 80 });
  const touched = async () => (await stat(join(folder.path, "lock"), { bigint: true })).mtimeNs;
  const first = await touched();
  // until the thread has begun; then this one is as deaf as in a long loop
  while ((await touched()) === first) await wait(5);
  const before = await touched();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  expect(await touched()).toBeGreaterThan(before);
});

it("a folder that is not locked is written as ever", async () => {
  await using folder = await temporaryFolder();
  const run = folderStore(folder.path);
  {
    await using _lock = await run.lock();
  }
  await run.at("part").write("a", "1");
  await run.remove("b");
  expect(await readdir(folder.path)).toEqual(["part"]);
});

describe("GATEWISE_LEASE", () => {
  it.each([
    { told: undefined, ms: 120_000 },
    { told: "", ms: 120_000 },
    { told: "5", ms: 5000 },
    { told: "0.5", ms: 500 },
  ])("$told is $ms ms", ({ told, ms }) => expect(leaseOf({ GATEWISE_LEASE: told })).toBe(ms));

  it.each(["0", "2m", "-1", "86401", "1e3"])("%s is refused", (told) => {
    expect(errorOf(() => leaseOf({ GATEWISE_LEASE: told }))).toEqual({
      message: `GATEWISE_LEASE=${told}: expected seconds above 0, at most 86400`,
      hint: "leave it out for 120, or give another: the same on all machines that share the directory is best",
    });
  });
});
