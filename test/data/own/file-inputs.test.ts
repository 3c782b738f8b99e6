/** Inputs that stay in their file: what blocks give is what the whole array gives, and a training does not see the difference. */
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { inputSet, inputsAt } from "../../../src/data/example-set.ts";
import { fileInputs } from "../../../src/data/node/own/file-inputs.ts";
import { arrayInFile } from "../../../src/data/node/own/npy-array.ts";
import { writeNpy } from "../../../src/data/npy.ts";
import type { ImageLayout } from "../../../src/data/own/image-layout.ts";
import { openNodeEngine } from "../../../src/engine/node/index.ts";
import { bytesOf, type DenseArray, denseArray, float32, float64 } from "../../../src/graph/index.ts";
import { fullyConnected, initialParameters } from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";
import { train } from "../../../src/train/index.ts";
import { rejectionOf } from "../../support/error-of.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { tinyPlan } from "../../support/tiny-training.ts";

async function inFile(path: string, array: DenseArray, layout?: ImageLayout) {
  await writeFile(path, writeNpy(array));
  const stored = await arrayInFile(path);
  if (stored.blocks === undefined) throw new Error("no blocks");
  return fileInputs({ ...stored, blocks: stored.blocks }, layout);
}

/** Bit by bit: 20,000 numbers one by one take seconds. */
function expectSame(a: DenseArray, b: DenseArray): void {
  expect([a.dtype, a.shape]).toEqual([b.dtype, b.shape]);
  expect(Buffer.compare(bytesOf(a), bytesOf(b))).toBe(0);
}

// 65,536 elements in a block: 3 examples of these
const LARGE = 20_000;
const numbers = randomStream(0, "file").uniform(8 * LARGE, -1, 1);

it("batches and blocks are the rows of the array, in any order, of the whole file and of a part of it", async () => {
  await using folder = await temporaryFolder();
  const inMemory = inputSet(float32([8, LARGE], numbers));
  const onDisk = await inFile(join(folder.path, "x.npy"), float64([8, LARGE], numbers));
  const some = Int32Array.of(1, 2, 5, 6, 7);
  const sets = [
    [inMemory, onDisk],
    [inputsAt(inMemory, some), inputsAt(onDisk, some)],
  ] as const;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(4), { minLength: 1, maxLength: 9 }), fc.nat(4), async (chosen, start) => {
      for (const [memory, disk] of sets) {
        const positions = Int32Array.from(chosen);
        expectSame(await disk.readBatch(positions), await memory.readBatch(positions));
        expectSame(await disk.readBlock(start, 5 - start), await memory.readBlock(start, 5 - start));
      }
    }),
    { numRuns: 20 },
  );
});

it("images with their channels last are turned, bytes stay bytes", async () => {
  await using folder = await temporaryFolder();
  const bytes = Uint8Array.from({ length: 24 }, (_, i) => i);
  const set = await inFile(join(folder.path, "x.npy"), denseArray("uint8", [2, 2, 2, 3], bytes), "hwc");
  const { shape, data } = await set.readBatch(Int32Array.of(1));
  expect([set.dtype, shape, [...data]]).toEqual([
    "uint8",
    [1, 3, 2, 2],
    [12, 15, 18, 21, 13, 16, 19, 22, 14, 17, 20, 23],
  ]);
});

it("NaN, and a file that became shorter, are told by their place", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "x.npy");
  const set = await inFile(path, float32([3, 2], [1, 2, 3, 4, Number.NaN, 6]));
  expect((await rejectionOf(set.readBatch(Int32Array.of(0)))).message).toBe(
    `${path}: NaN in example 2, element 0: expected finite numbers of float32`,
  );
  await truncate(path, 140);
  expect((await rejectionOf(set.readBlock(2, 1))).message).toBe(
    `${path}, which ends before byte 152: expected as many bytes as it had before`,
  );
});

it("a training by blocks gives the same metrics and parameters as one in memory", async () => {
  await using folder = await temporaryFolder();
  const rows = float32([90, 5], randomStream(1, "rows").uniform(450, -1, 1));
  const labels = denseArray(
    "uint8",
    [90],
    Uint8Array.from({ length: 90 }, (_, i) => Number((rows.data[5 * i] ?? 0) > 0)),
  );
  const plan = tinyPlan({
    architecture: fullyConnected({ inputShape: [5], depth: 3, width: 6, outputs: 2 }),
    order: "shuffled-in-blocks",
  });
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const trained = async (set: Awaited<ReturnType<typeof inFile>>) => {
    const ends: unknown[] = [];
    const data = { train: { ...set, labels }, test: { ...set, labels } };
    for await (const event of train(plan, data, initialParameters(plan), { engine, clock: () => 0 })) {
      if (event.kind === "epoch") ends.push(event.metrics, event.checkpoint.parameters);
    }
    return ends;
  };
  const onDisk = await trained(await inFile(join(folder.path, "x.npy"), rows));
  expect(onDisk).toHaveLength(6);
  expect(onDisk).toEqual(await trained(inputSet(rows)));
});
