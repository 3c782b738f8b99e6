/** `dissect` that dies at some write, and goes on: the same bytes as if it had not. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../src/runs/index.ts";
import { folderStore } from "../../src/runs/node/index.ts";
import { type Finished, gatewise, gatewiseHere } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { TRIAL_HOST, trialsOn } from "../support/trials-here.ts";

const folder = await temporaryFolder();
const at = (name: string): string => join(folder.path, name);
afterAll(async () => await folder[Symbol.asyncDispose]());

const ARGS = ["--data", "digits", "--limit", "320", "--epochs", "2", "--seeds", "1", "--kernel-examples", "10"];
const asked = (out: string): readonly string[] => [
  ...["dissect", "--model", at("run"), ...ARGS, "--workers", "1", "--out", at(out), "--json"],
];

/** What the answer is told by, without the folder's name. */
async function told(out: string): Promise<readonly string[]> {
  const texts = ["dissect.json", "report.html", "figures/rows.svg", "figures/learning.svg"].map(
    async (file) => await readFile(join(at(out), file), "utf8"),
  );
  return (await Promise.all(texts)).map((text) => text.replaceAll(at(out), "OUT"));
}

/** A place whose disk is gone from the n-th write on. */
function dyingAfter(writes: number): (directory: string) => Store {
  let left = writes;
  const count = <T>(work: () => Promise<T>): Promise<T> =>
    left-- > 0 ? work() : Promise.reject(new Error("the power is gone"));
  const dying = (store: Store): Store => ({
    nameOf: (file) => store.nameOf(file),
    list: () => store.list(),
    read: (file, atMost) => store.read(file, atMost),
    write: (file, content) => count(() => store.write(file, content)),
    append: (file, text) => count(() => store.append(file, text)),
    remove: (file) => count(() => store.remove(file)),
    at: (name) => dying(store.at(name)),
    lock: (waiting) => store.lock(waiting),
  });
  return (directory) => dying(folderStore(directory));
}

const killed = (out: string, writes: number): Promise<Finished> =>
  gatewise(asked(out), undefined, trialsOn({ ...TRIAL_HOST, store: dyingAfter(writes) }));

const resumed = (out: string): Promise<Finished> => gatewiseHere([...asked(out), "--resume"]);

let whole: readonly string[];
beforeAll(async () => {
  const args = ["train", "--width", "8", "--depth", "3", "--limit", "320", "--lr", "0.003", "--epochs", "2"];
  expect((await gatewiseHere([...args, "--out", at("run")])).code).toBe(0);
  expect((await gatewiseHere(asked("whole"))).code).toBe(0);
  whole = await told("whole");
}, 60_000);

describe("gatewise dissect, killed", () => {
  // a training writes its record, then for each epoch its metrics, tables and checkpoints
  it.each([7])("at write %d of its trainings, tells the same once it has gone on", async (writes) => {
    const { code } = await killed(`at-${writes}`, writes);
    expect(code).toBe(1);
    const { code: then, stdout } = await resumed(`at-${writes}`);
    expect(then, stdout).toBe(0);
    expect(await told(`at-${writes}`)).toEqual(whole);
  });

  it("while it tells, tells the same again", async () => {
    await rm(join(at("whole"), "dissect.json"));
    await writeFile(join(at("whole"), "report.html"), "<!doctype ht");
    expect((await resumed("whole")).code).toBe(0);
    expect(await told("whole")).toEqual(whole);
  });

  it("and stopped in between, says how to go on", async () => {
    const stop = new AbortController();
    const executor = trialsOn(TRIAL_HOST);
    const stopping: typeof executor = (workers) => ({
      run: (jobs, watch) =>
        executor(workers).run(jobs, {
          ...watch,
          onEvent(event) {
            watch.onEvent(event);
            if (event.kind === "ended") stop.abort();
          },
        }),
    });
    const { code, stdout } = await gatewise(asked("stopped"), stop.signal, stopping);
    expect(code).toBe(130);
    expect(JSON.parse(stdout).error.hint).toContain("--resume");
    expect((await resumed("stopped")).code).toBe(0);
    expect(await told("stopped")).toEqual(whole);
  });
});
