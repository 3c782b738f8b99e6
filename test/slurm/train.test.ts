/** Runs and tiles on a real Slurm: nodes that die, processes that are stopped and wake, or killed. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { float32 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { readRun } from "../../src/runs/node/index.ts";
import { gatewise, TINY } from "../support/command-line.ts";
import { mapModel } from "../support/map-models.ts";
import { appearance, inItsMidst, isSlurmHere, SlurmLab } from "../support/slurm-lab.ts";
import { contentOf } from "../support/tiny-trials.ts";

const TRAIN = ["train", ...TINY, "--epochs", "200", "--threads", "1", "--out"];

let lab: SlurmLab;
const at = (name: string): string => join(lab.folder, name);

/** A script that begins a run or goes on with it; a few seconds without a sign of life are enough. */
const trainIn = (directory: string): readonly string[] => [
  "export GATEWISE_LEASE=3",
  `exec ${process.execPath} ${resolve("dist/main.js")} ${TRAIN.join(" ")} ${directory} --resume`,
];

describe.skipIf(!isSlurmHere()).concurrent("on Slurm", () => {
  let whole: Awaited<ReturnType<typeof contentOf>>;
  beforeAll(async () => {
    lab = await SlurmLab.start();
    const { code, stderr } = await gatewise([...TRAIN, at("here")]);
    expect(code, stderr).toBe(0);
    whole = await contentOf(at("here"));
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  it("a run goes on at another node when its own dies, to the same bits", async () => {
    const job = await lab.submit("dying", trainIn(at("dying")), "--exclude=n3,n4");
    await inItsMidst(at("dying"));
    await appearance(at("dying/last.safetensors"));
    const [{ node }] = await lab.until(job, "RUNNING");
    await lab.kill(node);
    expect(await lab.over(job), await lab.outputOf("dying")).toEqual([
      { id: job, state: "COMPLETED", node: node === "n1" ? "n2" : "n1" },
    ]);
    expect((await readRun(at("dying"))).segments).toHaveLength(2);
    expect(await contentOf(at("dying"))).toEqual(whole);
  });

  it("a run is another's once its process was stopped for longer than its lease, and that one wakes in vain", async () => {
    const stopped = await lab.submit("stopped", trainIn(at("stopped")), "--exclude=n1,n2,n4");
    const process = await inItsMidst(at("stopped"));
    await appearance(at("stopped/last.safetensors"));
    await process.hold();
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

  it("a kernel by tiles, of whose tasks one is killed in its midst, has the bytes of the whole", async () => {
    const plan = await planTiles();
    const command = `exec ${process.execPath} ${resolve("dist/main.js")} npk run ${plan} --tasks 2 --threads 1`;
    const tasks = ["export GATEWISE_LEASE=3", command];
    const job = await lab.submit("tiles", tasks, "--exclude=n1,n2", "--array=0-1");
    const killed = await killAtTile(join(plan, "tiles"), 1);
    const states = (await lab.over(job)).map(({ state }) => state);
    // the odd tiles are the second task's, unless it came when the first one had done its own
    expect(states.toSorted()).toEqual(["COMPLETED", "FAILED"]);
    // the same again, as who is told of a failure sends it
    const again = await lab.submit("again", tasks, "--exclude=n1,n2", `--array=${states.indexOf("FAILED")}`);
    expect(
      (await lab.over(again)).map(({ state }) => state),
      await lab.outputOf("again"),
    ).toEqual(["COMPLETED"]);
    expect(killed).toBeGreaterThan(0);
    const gathered = await gatewise(["npk", "gather", plan, "--out", at("gathered.npy")]);
    expect(gathered.code, gathered.stderr).toBe(0);
    expect((await readFile(at("gathered.npy"))).equals(await readFile(at("k.npy")))).toBe(true);
  });
});

/** Plans a kernel of 15 tiles of some tenths of a second, beside the whole. */
async function planTiles(): Promise<string> {
  const examples = 160;
  const values = Float32Array.from(randomStream(1, "x").uniform(examples * 256, 0, 1));
  await writeFile(at("x.npy"), writeNpy(float32([examples, 1, 16, 16], values)));
  await writeFile(at("m.onnx"), mapModel([1, 16, 16], [{ conv: 8 }, "relu", { conv: 8 }, "relu", { dense: 2 }]));
  const ofModel = ["npk", "--model", at("m.onnx"), "--inputs", at("x.npy")];
  for (const options of [
    ["--out", at("k.npy")],
    ["--plan", at("kernel"), "--tile", "32"],
  ]) {
    const { code, stderr } = await gatewise([...ofModel, ...options]);
    expect(code, stderr).toBe(0);
  }
  return at("kernel");
}

/**
 * Kills the process that is at an odd tile when one is done, as the kernel does where memory runs out: the first tile waits for the
 * model, the others are begun as soon as they are held.
 * @returns the process
 */
async function killAtTile(tiles: string, task: number): Promise<number> {
  for (;;) {
    const names = await readdir(tiles).catch(() => []);
    const own = (name: string): boolean => Number(/^tile-(\d+)/.exec(name)?.[1]) % 2 === task;
    const isOneDone = names.some((name) => name.endsWith(".npy") && own(name));
    const lock = isOneDone ? names.find((name) => name.endsWith(".lock") && own(name)) : undefined;
    const { pid } = lock === undefined ? {} : JSON.parse(await readFile(join(tiles, lock), "utf8").catch(() => "{}"));
    if (pid !== undefined) {
      process.kill(pid, "SIGKILL");
      return pid;
    }
    await wait(10);
  }
}

/** Waits until a lock is no longer the one of this number. */
async function change(lock: string, id: string): Promise<void> {
  while ((await readFile(lock, "utf8").catch(() => "")).includes(id)) await wait(50);
}
