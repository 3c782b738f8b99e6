import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { handedOver, handOver } from "../../../src/data/node/own/handed-data.ts";
import { loadOwn } from "../../../src/data/node/own/load-own.ts";
import { removeLeftScratch, type Scratch, scratchFolder } from "../../../src/data/node/scratch-folder.ts";
import { writeNpy } from "../../../src/data/npy.ts";
import type { OwnData, OwnDataset } from "../../../src/data/own/own-data.ts";
import { denseArray, float32, int64 } from "../../../src/graph/index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const rows = (count: number): string =>
  Array.from({ length: count }, (_, i) => `${i / 7},${-i},${["yes", "no", "perhaps"][i % 3]}`).join("\n");

/** What a training reads of a set. */
const contentOf = async ({ train, test, ...described }: OwnDataset) => ({
  ...described,
  parts: await Promise.all(
    [train, test].map(async ({ size, exampleShape, dtype, labels, readBatch, readBlock }) => ({
      ...{ size, exampleShape, dtype, labels },
      block: await readBlock(0, size),
      batch: await readBatch(Int32Array.from([size - 1, 0])),
    })),
  ),
});

describe("data that are handed over", () => {
  it.each([
    { title: "a table", name: "t.csv", content: `a,b,label\n${rows(30)}` },
    {
      title: "a table of real values",
      name: "v.csv",
      content: `a,b\n${rows(30).replaceAll(/,[a-z]+/g, "")}`,
      label: ["b"],
    },
    {
      title: "an archive of Fortran's order",
      name: "k.npz",
      content: zipSync({
        "x.npy": fortran(writeNpy(float32([4, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]))),
        "y.npy": writeNpy(int64([4], [5, 9, 5, 9])),
      }),
    },
    {
      title: "bytes",
      name: "b.npz",
      content: zipSync({
        "x.npy": writeNpy(
          denseArray(
            "uint8",
            [6, 2, 2],
            Uint8Array.from({ length: 24 }, (_, i) => i),
          ),
        ),
        "y.npy": writeNpy(int64([6], [0, 1, 0, 1, 0, 1])),
      }),
    },
  ])("are those that were read: $title", async ({ name, content, label }) => {
    await using folder = await temporaryFolder();
    const data: OwnData = { path: join(folder.path, name), ...(label === undefined ? {} : { label }) };
    await writeFile(data.path, content);
    const wanted = await loadOwn(data);
    await using made = await scratchFolder(folder.path);
    // all in files, and all in memory
    for (const scratch of [{ path: made.path, inMemory: 0 }, made] satisfies Scratch[]) {
      const found = await loadOwn(data, undefined, { scratch });
      if (name.endsWith(".csv")) expect(found.train.inputs === undefined).toBe(scratch.inMemory === 0);
      expect(await contentOf(found)).toEqual(await contentOf(wanted));
      if (scratch.inMemory > 0) continue;
      await handOver(found, scratch);
      const handed = await handedOver(scratch.path, found.digest);
      expect(handed && (await contentOf(handed))).toEqual(await contentOf(wanted));
      await expect(handedOver(scratch.path, "sha256:other")).resolves.toBeUndefined();
    }
  });

  it("a folder of a process that has ended is removed, others are left", async () => {
    await using folder = await temporaryFolder();
    await using mine = await scratchFolder(folder.path);
    const holder = JSON.parse(await readFile(join(mine.path, "holder.json"), "utf8"));
    for (const [name, other] of [
      ["scratch-ended", { ...holder, pid: 2 ** 22 + 1 }],
      ["scratch-elsewhere", { ...holder, host: "elsewhere", pid: 2 ** 22 + 1 }],
    ] as const) {
      await mkdir(join(folder.path, name));
      await writeFile(join(folder.path, name, "holder.json"), JSON.stringify(other));
    }
    await using second = await scratchFolder(folder.path);
    const left = [mine.path, second.path].map((path) => path.slice(folder.path.length + 1));
    expect(await readdir(folder.path)).toEqual([...left, "scratch-elsewhere"].sort());
    // of another kind, and told
    await mkdir(join(folder.path, "kernel-ended"));
    await writeFile(join(folder.path, "kernel-ended", "holder.json"), JSON.stringify({ ...holder, pid: 2 ** 22 + 1 }));
    expect(await removeLeftScratch(folder.path, "kernel-")).toEqual([join(folder.path, "kernel-ended")]);
    expect(await removeLeftScratch(folder.path, "kernel-")).toEqual([]);
  });
});

/** The same array with its first index as the fastest, as `np.asfortranarray` writes it. */
function fortran(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(bytes.slice(0, 128));
  const [rows, columns] = [4, 3];
  const turned = bytes.slice();
  turned.set(new TextEncoder().encode("True, "), text.indexOf("False,"));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = 128 + 4 * (row * columns + column);
      turned.set(bytes.slice(from, from + 4), 128 + 4 * (column * rows + row));
    }
  }
  return turned;
}
