import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readNpy } from "../../src/data/index.ts";
import { GatewiseError } from "../../src/errors.ts";
import { float32 } from "../../src/graph/index.ts";
import { finishedTiles, type KernelFile, writeKernelFile } from "../../src/kernels/node/index.ts";
import { checkDisk } from "../../src/kernels/node/tiled-file.ts";
import type { KernelTile } from "../../src/kernels/tiles/tiled-kernel.ts";
import { errorOf, rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The symmetric kernel `[[0, 1, 2], [1, 4, 5], [2, 5, 8]]` in three tiles. */
const TILES: readonly KernelTile[] = [
  {
    rows: { from: 0, to: 2 },
    columns: { from: 0, to: 2 },
    values: Float64Array.of(0, 1, 1, 4),
    done: 1,
    made: 1,
    of: 3,
  },
  { rows: { from: 0, to: 2 }, columns: { from: 2, to: 3 }, values: Float64Array.of(2, 5), done: 2, made: 2, of: 3 },
  { rows: { from: 2, to: 3 }, columns: { from: 2, to: 3 }, values: Float64Array.of(8), done: 3, made: 3, of: 3 },
];
const WHOLE = float32([3, 3], [0, 1, 2, 1, 4, 5, 2, 5, 8]);

async function* tiles(from = 0, failure?: Error): AsyncGenerator<KernelTile> {
  yield* TILES.slice(from, failure === undefined ? undefined : 2);
  if (failure !== undefined) throw failure;
}

const file = (path: string): KernelFile => ({
  path,
  dtype: "float32",
  shape: [3, 3],
  symmetric: true,
  digest: "abc1",
  saveEvery: 1,
});

describe("a kernel file", () => {
  it("has its name only when it is whole, and nothing stays beside it", async () => {
    await using folder = await temporaryFolder();
    const target = file(join(folder.path, "k.npy"));
    await expect(writeKernelFile(target, tiles(0, new Error("cut short")))).rejects.toThrow("cut short");
    expect((await readdir(folder.path)).sort()).toEqual(["k.npy.part", "k.npy.part.json"]);
    expect(await finishedTiles(target)).toBe(2);
    await writeKernelFile(target, tiles(2));
    expect(await readdir(folder.path)).toEqual(["k.npy"]);
    expect(readNpy(await readFile(target.path))).toEqual(WHOLE);
  });

  it("leaves nothing where its numbers fail: they would fail again", async () => {
    await using folder = await temporaryFolder();
    const target = file(join(folder.path, "k.npy"));
    const failure = new GatewiseError({
      code: "numerical-failure",
      received: "infinity",
      expected: "a number",
      next: "scale the weights",
    });
    await expect(writeKernelFile(target, tiles(0, failure))).rejects.toThrow(failure);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it("refuses what the disk has no room for, before anything is computed", async () => {
    await using folder = await temporaryFolder();
    const target = { ...file(join(folder.path, "k.npy")), shape: [3e7, 3e7] as const };
    const refused = await rejectionOf(writeKernelFile(target, tiles()));
    expect(refused.message).toMatch(
      /^a kernel of 30000000 × 30000000 numbers in float32, 3600000\.0 GB, for a disk with [\d.]+ GB free: expected room for /,
    );
    expect(refused.hint).toBe("fewer inputs, or write it to another disk");
    expect(await readdir(folder.path)).toEqual([]);
    // what stands on the disk already is not missing
    checkDisk(target, 100, 100);
    expect(errorOf(() => checkDisk({ ...target, dtype: "float64", shape: [3, 4] }, 101, 100)).hint).toBe(
      "take float32, which is half as large, or fewer inputs, or write it to another disk",
    );
  });

  it("begins anew where only the state of an earlier one is left", async () => {
    await using folder = await temporaryFolder();
    const target = file(join(folder.path, "k.npy"));
    await expect(writeKernelFile(target, tiles(0, new Error("cut short")))).rejects.toThrow("cut short");
    await rm(`${target.path}.part`);
    expect(await finishedTiles(target)).toBe(0);
    await writeKernelFile(target, tiles());
    expect(readNpy(await readFile(target.path))).toEqual(WHOLE);
  });

  it("says what the system refuses", async () => {
    await using folder = await temporaryFolder();
    const nowhere = join(folder.path, "missing", "k.npy");
    expect(await rejectionOf(writeKernelFile(file(nowhere), tiles()))).toEqual({
      message: `${nowhere}: does not exist: expected a file that can be written`,
      hint: "check the path",
    });
    const taken = join(folder.path, "taken");
    await mkdir(join(taken, "inside"), { recursive: true });
    expect(await rejectionOf(writeKernelFile(file(taken), tiles()))).toEqual({
      message: `${taken}: a directory: expected a file that can be written`,
      hint: "give a file of this name, or remove the directory",
    });
  });

  it("does not continue from a state that it did not write", async () => {
    await using folder = await temporaryFolder();
    const target = file(join(folder.path, "k.npy"));
    await writeFile(`${target.path}.part`, "");
    await writeFile(`${target.path}.part.json`, '{"tiles":2}\n');
    expect(await rejectionOf(writeKernelFile(target, tiles(2)))).toEqual({
      message: `${target.path}.part.json with other content: expected the state of an unfinished kernel`,
      hint: "delete the two .part files and start again",
    });
  });
});
