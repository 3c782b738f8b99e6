/** Kernels that many processes make by tiles: planned, made by tasks in any order, gathered to the bytes of the whole. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readNpy, writeNpy } from "../../src/data/index.ts";
import { KEPT_CHANNEL, lockFile } from "../../src/data/node/index.ts";
import { float32 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { gatewise } from "../support/command-line.ts";
import { mapModel } from "../support/map-models.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (...names: readonly string[]): string => join(folder.path, ...names);
const inputs = (count: number, seed: number) =>
  writeNpy(float32([count, 1, 8, 8], Float32Array.from(randomStream(seed, "x").uniform(count * 64, 0, 1))));

beforeAll(async () => {
  folder = await temporaryFolder();
  const layers = [{ conv: 4 }, "relu", { pool: "Max", size: 2, stride: 2 }, { dense: 2 }] as const;
  await writeFile(at("m.onnx"), mapModel([1, 8, 8], layers));
  await writeFile(at("x.npy"), inputs(20, 1));
});
afterAll(() => folder[Symbol.asyncDispose]());

const made = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await gatewise([...args, "--json"]);
  return { code, stderr, result: JSON.parse(stdout) };
};
const ofModel = () => ["--model", at("m.onnx"), "--inputs", at("x.npy")];
const tiles = (plan: string) => readdir(at(plan, "tiles"));

describe.each(["npk", "ntk"])("%s by tiles", (command) => {
  it("is planned, made by tasks, and gathered to the bytes of the whole", async () => {
    const whole = at(`${command}.npy`);
    const atOnce = await made(command, ...ofModel(), "--out", whole, "--threads", "1");
    expect(atOnce.code).toBe(0);
    const planned = await made(command, ...ofModel(), "--plan", at(command), "--tile", "8");
    expect(planned).toMatchObject({ code: 0, result: { tile: 8, tiles: 6, missing: 6 } });
    const { coreHours, memoryBytes, diskBytes } = planned.result;
    expect(coreHours > 0 && memoryBytes > 1e8, JSON.stringify(planned.result)).toBe(true);
    // six tiles, of which three are on the diagonal, and the file
    expect(diskBytes).toBe(8 * (8 * 8 * 3 + 2 * 8 * 4 + 4 * 4) + 8 * 20 * 20);
    // another one is at tile 4, which this task would begin with
    const other = await lockFile(at(command, "tiles", "tile-000004.npy"));
    const [task, tasks] = ["1", "3"];
    let kept = 0;
    const count = (): void => {
      kept += 1;
    };
    subscribe(KEPT_CHANNEL, count);
    const first = await made(command, "run", at(command), "--task", task, "--tasks", tasks, "--threads", "1");
    unsubscribe(KEPT_CHANNEL, count);
    // each is something that a start behind this one goes on from
    expect(kept).toBe(5);
    expect(first).toMatchObject({ code: 0, result: { task: 1, tasks: 3, tiles: 6, made: 5, missing: [4] } });
    const early = await made(command, "gather", at(command), "--out", at("early.npy"));
    expect(early.result.error.message).toBe(`${at(command)} without 1 of its 6 tiles: 4: expected all of them`);
    await other[Symbol.asyncDispose]();
    // planned again, what is there stays
    expect(await made(command, ...ofModel(), "--plan", at(command), "--tile", "8")).toMatchObject({
      result: { missing: 1 },
    });
    const last = ["--task", "9", "--threads", "1"];
    expect(await made(command, "run", at(command), ...last)).toMatchObject({
      result: { made: 1, missing: [] },
    });
    expect(await tiles(command)).toHaveLength(6);
    const out = at(`gathered-${command}.npy`);
    expect(await made(command, "gather", at(command), "--out", out)).toMatchObject({
      code: 0,
      result: { shape: [20, 20], frobenius: command === "ntk" ? atOnce.result.frobenius : null },
    });
    expect(await readFile(out)).toEqual(await readFile(whole));
  });
});

it("features go by rows, and kernels between two sets and in other types as well", async () => {
  await writeFile(at("x2.npy"), inputs(11, 2));
  const features = ["--features", "32", "--seed", "3", "--dtype", "float32"];
  expect((await made("npk", ...ofModel(), ...features, "--features-out", at("f.npy"))).result).toMatchObject({
    shape: [20, 32],
  });
  expect((await made("npk", ...ofModel(), ...features, "--plan", at("features"), "--tile", "7")).result.tiles).toBe(3);
  const between = ["--inputs2", at("x2.npy"), "--dtype", "float32"];
  await made("npk", ...ofModel(), ...between, "--out", at("two.npy"));
  expect((await made("npk", ...ofModel(), ...between, "--plan", at("two"), "--tile", "7")).result.tiles).toBe(6);
  await made("npk", ...ofModel(), "--normalize", "trace", "--dtype", "float32", "--out", at("trace.npy"));
  await made("npk", ...ofModel(), "--normalize", "trace", "--dtype", "float32", "--plan", at("trace"), "--tile", "7");
  for (const [plan, whole] of [
    ["features", "f.npy"],
    ["two", "two.npy"],
    ["trace", "trace.npy"],
  ] as const) {
    await made("npk", "run", at(plan));
    expect((await made("npk", "gather", at(plan), "--out", at("g.npy"))).code).toBe(0);
    expect(await readFile(at("g.npy")), plan).toEqual(await readFile(at(whole)));
  }
  expect(readNpy(await readFile(at("f.npy"))).shape).toEqual([20, 32]);
});

describe("a plan refuses", () => {
  const refused = async (args: readonly string[]): Promise<string> => {
    const { code, result } = await made(...args);
    expect(code).not.toBe(0);
    return result.error.message;
  };

  it("other inputs than it was made for, another plan in its place, the other command, a damaged tile", async () => {
    const plan = at("changed");
    await made("npk", ...ofModel(), "--plan", plan, "--tile", "10");
    expect(await refused(["npk", ...ofModel(), "--plan", plan, "--tile", "9"])).toBe(
      `${plan}, which holds the plan of another kernel: expected a new folder, or the same model, inputs and options as at first`,
    );
    expect(await refused(["ntk", "run", plan])).toBe(
      `ntk for ${plan}, which is a plan of npk: expected a plan of this command`,
    );
    const own = await readFile(at("x.npy"));
    await writeFile(at("x.npy"), inputs(20, 9));
    expect(await refused(["npk", "run", plan])).toBe(
      `${at("x.npy")}, which has changed since the kernel was planned: expected the same model and the same inputs in every task`,
    );
    expect(await tiles("changed")).toEqual([]);
    await writeFile(at("x.npy"), own);
    await made("npk", "run", plan);
    await writeFile(join(plan, "tiles", "tile-000001.npy"), writeNpy(float32([2, 2], [1, 2, 3, 4])));
    expect(await refused(["npk", "gather", plan, "--out", at("d.npy")])).toContain(
      "expected a tile of float64 and shape",
    );
    expect(await refused(["npk", "gater", plan])).toBe("unknown command 'gater'");
    expect(await refused(["npk", "run", plan, "--taks", "3"])).toBe("unknown option '--taks'");
    await rm(plan, { recursive: true });
    expect(await refused(["npk", "run", plan])).toContain("expected the folder of a planned kernel");
  });

  it.each([
    [["--plan", "p"], "--plan without --tile: expected the folder of the plan, and the rows and columns of a tile"],
    [["--tile", "5"], "--tile without --plan: expected the folder of the plan, and the rows and columns of a tile"],
    [
      ["--plan", "p", "--tile", "5", "--out", "k.npy"],
      "--plan with --out: expected what decides the numbers of a whole kernel: tasks make it later",
    ],
    [["--features-out", "f.npy"], "--features-out without --features: expected the number of features"],
    [
      ["--features", "16", "--features-out", "f.npy", "--out", "k.npy"],
      "features in a file of their own with --out: expected the features of one set of inputs: their inner products over R are the kernel",
    ],
  ])("%j", async (options, message) => {
    expect(await refused(["npk", ...ofModel(), ...options])).toBe(message);
  });
});
