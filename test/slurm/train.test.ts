/** Runs on a real Slurm: nodes that die, processes that are stopped and wake. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRun } from "../../src/runs/node/index.ts";
import { gatewise, TINY } from "../support/command-line.ts";
import { appearance, isSlurmHere, SlurmLab } from "../support/slurm-lab.ts";
import { contentOf } from "../support/tiny-trials.ts";

/** Long enough to be met in its midst. */
const TRAIN = ["train", ...TINY, "--epochs", "1000", "--threads", "1", "--out"];

let lab: SlurmLab;
const at = (name: string): string => join(lab.folder, name);

/** A script that begins a run or goes on with it; a few seconds without a sign of life are enough. */
const trainIn = (directory: string): readonly string[] => [
  "export GATEWISE_LEASE=3",
  `exec ${process.execPath} ${resolve("dist/main.js")} ${TRAIN.join(" ")} ${directory} --resume`,
];

describe.skipIf(!isSlurmHere()).concurrent("a run on Slurm", () => {
  let whole: Awaited<ReturnType<typeof contentOf>>;
  beforeAll(async () => {
    lab = await SlurmLab.start();
    const { code, stderr } = await gatewise([...TRAIN, at("here")]);
    expect(code, stderr).toBe(0);
    whole = await contentOf(at("here"));
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  it("goes on at another node when its own dies, to the same bits", async () => {
    const job = await lab.submit("dying", trainIn(at("dying")), "--exclude=n3,n4");
    await appearance(at("dying/last.safetensors"));
    const [{ node }] = await lab.until(job, "RUNNING");
    await lab.kill(node);
    expect(await lab.over(job), await lab.outputOf("dying")).toEqual([
      { id: job, state: "COMPLETED", node: node === "n1" ? "n2" : "n1" },
    ]);
    expect((await readRun(at("dying"))).segments).toHaveLength(2);
    expect(await contentOf(at("dying"))).toEqual(whole);
  });

  it("is another's once its process was stopped for longer than its lease, and that one wakes in vain", async () => {
    const stopped = await lab.submit("stopped", trainIn(at("stopped")), "--exclude=n1,n2,n4");
    await appearance(at("stopped/last.safetensors"));
    await lab.call("scontrol", "suspend", stopped);
    const { id: first } = JSON.parse(await readFile(at("stopped/lock"), "utf8"));
    const taking = await lab.submit("taking", trainIn(at("stopped")), "--exclude=n1,n2,n3");
    await change(at("stopped/lock"), first);
    await lab.call("scontrol", "resume", stopped);
    const [{ state }] = await lab.over(stopped);
    expect(state).toBe("FAILED");
    expect(await lab.outputOf("stopped")).toMatch(/whose lock this process has lost: nothing more is written/);
    await lab.over(taking);
    expect((await readRun(at("stopped"))).segments).toHaveLength(2);
    expect(await contentOf(at("stopped"))).toEqual(whole);
  });
});

/** Waits until a lock is no longer the one of this number. */
async function change(lock: string, id: string): Promise<void> {
  while ((await readFile(lock, "utf8").catch(() => "")).includes(id)) await wait(50);
}
