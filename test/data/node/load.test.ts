import { execFileSync } from "node:child_process";
import { chmod, mkdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readIdx } from "../../../src/data/index.ts";
import { fileError } from "../../../src/data/node/file-error.ts";
import { loadDataset, loadTestSet } from "../../../src/data/node/index.ts";
import { decompressed } from "../../../src/data/node/read-file.ts";
import { errorOf, rejectionOf } from "../../support/error-of.ts";
import { expectOnlyGatewiseErrors } from "../../support/only-gatewise-errors.ts";
import { sharedPath } from "../../support/shared-data.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { OFFICIAL_NAMES, type Spelling, TINY_FILES, writeTinyFiles } from "../../support/tiny-dataset.ts";

describe("loadDataset finds", () => {
  it.each([
    { name: "mnist", layout: "mnist", spelling: "gz" },
    { name: "mnist", layout: "mnist", spelling: "plain" },
    { name: "mnist", layout: "MNIST/raw", spelling: "plain" },
    { name: "mnist", layout: "", spelling: "dotted" },
    { name: "mnist", layout: "", spelling: "dotted-gz" },
    { name: "fashion-mnist", layout: "fashion-mnist", spelling: "plain" },
    { name: "fashion-mnist", layout: "FashionMNIST/raw", spelling: "gz" },
    { name: "fashion-mnist", layout: "", spelling: "gz" },
  ] satisfies { name: "mnist" | "fashion-mnist"; layout: string; spelling: Spelling }[])(
    "$name in D/$layout, $spelling",
    async ({ name, layout, spelling }) => {
      await using root = await temporaryFolder();
      const folder = join(root.path, layout);
      await writeTinyFiles(folder, spelling);
      const dataset = await loadDataset(name, { environment: {}, cacheDir: root.path });
      expect({ name: dataset.name, inputShape: dataset.inputShape, source: dataset.source }).toEqual({
        name,
        inputShape: [2, 3],
        source: folder,
      });
      expect(Array.from(dataset.test.inputs.data)).toEqual(Array.from({ length: 24 }, (_, i) => 100 + i));
      expect(Array.from(dataset.train.labels.data)).toEqual([0, 1, 2, 3, 4, 5]);
    },
  );

  it.each([
    { title: "each in a folder of its name, as Kaggle's archive is unpacked", beside: false },
    { title: "a folder of a file's name beside it, as in Kaggle's archive", beside: true },
  ])("$title", async ({ beside }) => {
    await using root = await temporaryFolder();
    for (const name of Object.values(OFFICIAL_NAMES)) await mkdir(join(root.path, name));
    if (beside) await writeTinyFiles(root.path, "dotted");
    else {
      for (const part of ["trainImages", "trainLabels", "testImages", "testLabels"] as const)
        await writeFile(join(root.path, OFFICIAL_NAMES[part], OFFICIAL_NAMES[part]), TINY_FILES[part]);
    }
    const { train, test } = await loadDataset("mnist", { environment: {}, cacheDir: root.path });
    expect([train.inputs.shape, test.inputs.shape]).toEqual([
      [6, 2, 3],
      [4, 2, 3],
    ]);
  });

  it("the test files alone, where they are all that is asked for", async () => {
    await using root = await temporaryFolder();
    const [trainOnly, testOnly] = [join(root.path, "a"), join(root.path, "b")];
    await writeTinyFiles(trainOnly, "gz", { without: ["testImages", "testLabels"] });
    await writeTinyFiles(testOnly, "gz", { without: ["trainImages", "trainLabels"] });
    const places = { dataDir: trainOnly, environment: {}, cacheDir: testOnly };
    const { test, source, ...rest } = await loadTestSet("mnist", places);
    expect([test.inputs.shape, source, "train" in rest]).toEqual([[4, 2, 3], testOnly, false]);
    expect(await rejectionOf(loadTestSet("mnist", { ...places, cacheDir: "/nowhere" }))).toEqual({
      message: `data set mnist: not in ${trainOnly}, /nowhere: expected its test files, images and labels, in one of them, or in mnist/ or MNIST/raw/ there`,
      hint: 'run `fetchDataset("mnist")`, or say with `dataDir` where the files are',
    });
    expect((await rejectionOf(loadDataset("mnist", { environment: {}, cacheDir: testOnly }))).message).toBe(
      `${testOnly}: no train-images-idx3-ubyte: expected it (or its .gz) beside the other files of mnist`,
    );
  });

  it("a Git LFS pointer, a pipe and a zip archive in place of a file, and names them", async () => {
    await using root = await temporaryFolder();
    await writeTinyFiles(root.path, "plain");
    const file = join(root.path, OFFICIAL_NAMES.testLabels);
    const places = { environment: {}, cacheDir: root.path };
    await writeFile(file, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    expect((await rejectionOf(loadDataset("mnist", places))).message).toBe(
      `${file}: a Git LFS pointer, not the file that it stands for: expected the file itself`,
    );
    await writeFile(file, Buffer.from(`PK\x03\x04${"\0".repeat(40)}`, "latin1"));
    expect(await rejectionOf(loadDataset("mnist", places))).toEqual({
      message: `${file}: a zip archive: expected an IDX file, which starts with 00 00 08 and its rank`,
      hint: "unpack it: the IDX file is inside",
    });
    await rm(file);
    execFileSync("mkfifo", [file]);
    expect((await rejectionOf(loadDataset("mnist", places))).message).toBe(`${file}: a pipe: expected a readable file`);
  });

  it("the files behind a symbolic link", async () => {
    await using root = await temporaryFolder();
    await writeTinyFiles(join(root.path, "elsewhere"), "plain");
    await symlink(join(root.path, "elsewhere"), join(root.path, "mnist"));
    const { source } = await loadDataset("mnist", { environment: {}, cacheDir: root.path });
    expect(source).toBe(join(root.path, "mnist"));
  });

  it("--data-dir before $GATEWISE_DATA before the cache", async () => {
    await using root = await temporaryFolder();
    const [dataDir, variable, cacheDir] = ["a", "b", "c"].map((place) => join(root.path, place));
    if (dataDir === undefined || variable === undefined || cacheDir === undefined) throw new Error("three places");
    const environment = { GATEWISE_DATA: variable };
    const sources: string[] = [];
    for (const place of [cacheDir, variable, dataDir]) {
      await writeTinyFiles(join(place, "mnist"), "gz");
      sources.push((await loadDataset("mnist", { dataDir, environment, cacheDir })).source);
    }
    expect(sources).toEqual([join(cacheDir, "mnist"), join(variable, "mnist"), join(dataDir, "mnist")]);
  });
});

describe("loadDataset refuses", () => {
  it("a data set that is nowhere, and says where it looked", async () => {
    await using root = await temporaryFolder();
    const places = { dataDir: "/no/data", environment: { GATEWISE_DATA: root.path }, cacheDir: "/no/cache" };
    expect(await rejectionOf(loadDataset("fashion-mnist", places))).toEqual({
      message: `data set fashion-mnist: not in /no/data, ${root.path}, /no/cache: expected its four IDX files in one of them, or in fashion-mnist/ or FashionMNIST/raw/ there`,
      hint: 'run `fetchDataset("fashion-mnist")`, or say with `dataDir` where the files are',
    });
  });

  it("a folder that lacks one of the four", async () => {
    await using root = await temporaryFolder();
    await writeTinyFiles(root.path, "gz", { without: ["testLabels"] });
    expect(await rejectionOf(loadDataset("mnist", { environment: {}, cacheDir: root.path }))).toEqual({
      message: `${root.path}: no t10k-labels-idx1-ubyte: expected it (or its .gz) beside the other files of mnist`,
      hint: 'run `fetchDataset("mnist")`, or complete the folder',
    });
  });

  it("a name that is none, or no folder to look in", async () => {
    const name = JSON.parse('"minst"');
    expect(await rejectionOf(loadDataset(name, { environment: {}, cacheDir: "" }))).toEqual({
      message: 'data set "minst": expected digits, mnist, fashion-mnist, cifar10, cifar100',
      hint: "choose one of them",
    });
    expect(await rejectionOf(loadDataset("mnist", { environment: {}, cacheDir: "" }))).toMatchObject({
      message:
        "data set mnist: no folder to look in: expected its four IDX files in one of them, or in mnist/ or MNIST/raw/ there",
    });
  });

  it("a file in place of a folder", async () => {
    await using root = await temporaryFolder();
    const file = join(root.path, "file");
    await writeFile(file, "");
    expect(await rejectionOf(loadDataset("mnist", { environment: {}, cacheDir: file }))).toEqual({
      message: `${file}: a part of the path is not a directory: expected a folder that holds data sets`,
      hint: "give a folder",
    });
  });

  it("a folder in place of a file", async () => {
    await using root = await temporaryFolder();
    await writeTinyFiles(root.path, "plain", { without: ["trainImages"] });
    const path = join(root.path, OFFICIAL_NAMES.trainImages);
    await mkdir(path);
    expect(await rejectionOf(loadDataset("mnist", { environment: {}, cacheDir: root.path }))).toEqual({
      message: `${path}: a directory: expected a readable file`,
      hint: "give a file of this name, or remove the directory",
    });
  });

  it("a truncated file, by its path", async () => {
    await using root = await temporaryFolder();
    await writeTinyFiles(root.path, "plain");
    const path = join(root.path, OFFICIAL_NAMES.trainImages);
    await truncate(path, 30);
    expect(await rejectionOf(loadDataset("mnist", { environment: {}, cacheDir: root.path }))).toEqual({
      message: `${path}: 14 bytes after the header: expected 36 for its shape [6, 2, 3]`,
      hint: "the file is truncated: fetch it again",
    });
  });

  it.each([
    {
      title: "truncated gzip data",
      damage: (file: Buffer) => file.subarray(0, file.length - 12),
      says: "gzip data that end too early: expected a whole gzip file",
      hint: "the file is truncated: fetch it again",
    },
    {
      title: "gzip data with a wrong check sum",
      damage: (file: Buffer) => file.fill(0, file.length - 8, file.length - 4),
      says: "damaged gzip data (incorrect data check): expected a whole gzip file",
      hint: "the file is damaged: fetch it again",
    },
  ])("$title", async ({ damage, says, hint }) => {
    await using root = await temporaryFolder();
    await writeTinyFiles(root.path, "gz");
    const path = join(root.path, `${OFFICIAL_NAMES.trainImages}.gz`);
    await writeFile(path, damage(gzipSync(TINY_FILES.trainImages)));
    const rejection = rejectionOf(loadDataset("mnist", { environment: {}, cacheDir: root.path }));
    expect(await rejection).toEqual({ message: `${path}: ${says}`, hint });
  });

  it("labels under the name of images", async () => {
    await using root = await temporaryFolder();
    const files = { ...TINY_FILES, trainImages: TINY_FILES.trainLabels };
    await writeTinyFiles(root.path, "plain", { files });
    const path = join(root.path, OFFICIAL_NAMES.trainImages);
    expect(await rejectionOf(loadDataset("mnist", { environment: {}, cacheDir: root.path }))).toEqual({
      message: `${path}: labels of shape [6]: expected images, of shape [n, height, width] with n at least 1`,
      hint: "check that the image and label files were not swapped",
    });
  });

  const data = sharedPath("data", "mnist");
  it.skipIf(data === undefined)("MNIST's files as Fashion-MNIST", async () => {
    const rejection = rejectionOf(loadDataset("fashion-mnist", { dataDir: data, environment: {}, cacheDir: "/none" }));
    expect(await rejection).toEqual({
      message: `${data}: the files of mnist: expected those of fashion-mnist, which have the same names`,
      hint: "ask for mnist, or give the folder of fashion-mnist with `dataDir`",
    });
  });

  const root = process.getuid?.() === 0;
  if (root) console.error("SKIPPED: a folder without permission (this user is root, whom nothing is forbidden)");
  it.skipIf(root)("a folder without permission", async () => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o000);
    const rejection = rejectionOf(loadDataset("mnist", { environment: {}, cacheDir: folder.path }));
    expect((await rejection).message).toBe(`${folder.path}: permission denied: expected a folder that holds data sets`);
  });
});

it("throws nothing but GatewiseErrors at damaged gzip files", async () => {
  const file = gzipSync(TINY_FILES.trainImages);
  await expectOnlyGatewiseErrors(file, async (bytes) => readIdx(await decompressed(bytes, "x"), "x"));
});

describe("fileError", () => {
  it.each([
    { code: "EACCES", is: "permission denied", next: "give yourself the right to it, or use another folder" },
    { code: "ENOSPC", is: "no space left on the disk", next: "free some space and try again: nothing is lost" },
    {
      code: "EIO",
      is: "input/output error of the disk or the network",
      next: "check the disk, then go on: what was written before stays",
    },
  ])("says what $code means", ({ code, is, next }) => {
    const thrown = Object.assign(new Error("x"), { code });
    const texts = errorOf(() => {
      throw fileError(thrown, "/data", "a readable file");
    });
    expect(texts).toEqual({ message: `/data: ${is}: expected a readable file`, hint: next });
  });

  it("leaves our own bugs as they are", () => {
    for (const bug of [
      new TypeError("x is undefined"),
      Object.assign(new Error("x"), { code: "ERR_INVALID_ARG_TYPE" }),
    ]) {
      expect(fileError(bug, "/data", "a file")).toBe(bug);
    }
  });
});
