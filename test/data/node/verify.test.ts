import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { verifyDataset } from "../../../src/data/node/index.ts";
import { sharedPath } from "../../support/shared-data.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { OFFICIAL_NAMES, TINY_FILES, TINY_OFFICIAL, writeTinyFiles } from "../../support/tiny-dataset.ts";

it("names what is wrong with each file", async () => {
  await using root = await temporaryFolder();
  await writeTinyFiles(root.path, "plain", { without: ["testLabels"] });
  const pathOf = (part: keyof typeof OFFICIAL_NAMES): string => join(root.path, OFFICIAL_NAMES[part]);
  // one pixel off; and a file with another number of labels
  await writeFile(pathOf("testImages"), (await readFile(pathOf("testImages"))).fill(0, 20, 21));
  await writeFile(pathOf("trainLabels"), TINY_FILES.testLabels);
  const checks = await verifyDataset("mnist", { environment: {}, cacheDir: root.path }, TINY_OFFICIAL);
  expect(checks).toEqual([
    { file: OFFICIAL_NAMES.trainImages, path: pathOf("trainImages"), bytes: 52, ok: true, hashed: true },
    {
      file: OFFICIAL_NAMES.trainLabels,
      path: pathOf("trainLabels"),
      bytes: 12,
      ok: false,
      hashed: true,
      problem: "shape [4], expected [6]",
    },
    {
      file: OFFICIAL_NAMES.testImages,
      path: pathOf("testImages"),
      bytes: 40,
      ok: false,
      hashed: true,
      problem: expect.stringMatching(/^SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}$/),
    },
    {
      file: OFFICIAL_NAMES.testLabels,
      path: `${pathOf("testLabels")}.gz`,
      bytes: 0,
      ok: false,
      hashed: false,
      problem: "missing",
    },
  ]);
});

it("finds the embedded digits whole", async () => {
  const checks = await verifyDataset("digits", { environment: {}, cacheDir: "/none" });
  expect(checks.map(({ file, ok }) => ({ file, ok }))).toEqual([
    { file: "images-idx3-ubyte.gz", ok: true },
    { file: "labels-idx1-ubyte.gz", ok: true },
  ]);
});

const data = sharedPath("data");
it.skipIf(data === undefined)("finds the official bytes in MNIST's files", async () => {
  const checks = await verifyDataset("mnist", { dataDir: data, environment: {}, cacheDir: "/none" });
  expect(checks.map(({ ok, hashed }) => ({ ok, hashed }))).toEqual(Array(4).fill({ ok: true, hashed: true }));
});
