import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { CifarName } from "../../../src/data/index.ts";
import { fetchDataset, loadDataset, loadTestSet, verifyDataset } from "../../../src/data/node/index.ts";
import { loadArchive, loadCifar } from "../../../src/data/node/load-cifar.ts";
import { verifyCifar } from "../../../src/data/node/verify-cifar.ts";
import { rejectionOf } from "../../support/error-of.ts";
import { mirrorOf, serves } from "../../support/mirror.ts";
import { expectOnlyGatewiseErrors } from "../../support/only-gatewise-errors.ts";
import { sharedPath } from "../../support/shared-data.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { TINY_CIFAR, tinyArchive, writeTinyCifar } from "../../support/tiny-cifar.ts";

const ARCHIVES = { cifar10: "cifar-10-binary.tar.gz", cifar100: "cifar-100-binary.tar.gz" } as const;
const PUBLISHED_MD5 = "c32a1d4ab5d03f1284b67883e8d87530";
const NOT_COMPARED = "an MD5 is published of the .tar.gz alone, so its bytes were not compared";
const md5Of = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
const placesAt = (root: string) => ({ environment: {}, cacheDir: root });

/** Puts the tiny data set at `place` in `root`: an archive by its name, else a folder of files. */
async function put(root: string, place: string, name: CifarName): Promise<void> {
  const path = join(root, place);
  await mkdir(join(path, ".."), { recursive: true });
  if (place.endsWith(".tar.gz")) await writeFile(path, gzipSync(tinyArchive(name)));
  else if (place.endsWith(".tar")) await writeFile(path, tinyArchive(name));
  else await writeTinyCifar(path, TINY_CIFAR[name]);
}

describe("loadDataset finds", () => {
  it.each([
    { name: "cifar10", places: ["cifar10/cifar-10-binary.tar.gz", "cifar10/cifar-10-binary.tar", "cifar10"] },
    { name: "cifar10", places: ["cifar10", "cifar10/cifar-10-batches-bin", "cifar-10-batches-bin"] },
    { name: "cifar10", places: ["cifar-10-batches-bin", "cifar-10-binary.tar.gz", "cifar-10-binary.tar", "."] },
    { name: "cifar100", places: ["cifar100/cifar-100-binary.tar.gz", "cifar100", "cifar100/cifar-100-binary"] },
    { name: "cifar100", places: ["cifar-100-binary", "cifar-100-binary.tar.gz", "cifar-100-binary.tar", "."] },
  ] satisfies { name: CifarName; places: readonly string[] }[])(
    "$name in $places, in this order",
    async ({ name, places }) => {
      await using root = await temporaryFolder();
      const digests = new Set<string>();
      for (const place of [...places].reverse()) {
        await put(root.path, place, name);
        const { source, train, test } = await loadDataset(name, placesAt(root.path));
        expect(source.replace(/ \(.*/, "")).toBe(join(root.path, place));
        const { inputs, labels } = train;
        digests.add(md5Of(Buffer.concat([inputs.data, labels.data, test.inputs.data, test.labels.data])));
      }
      expect(digests.size).toBe(1);
    },
  );

  it("files compressed one by one, and behind a symbolic link", async () => {
    await using root = await temporaryFolder();
    const files = new Map([...TINY_CIFAR.cifar10].map(([file, bytes]) => [`${file}.gz`, gzipSync(bytes)]));
    await writeTinyCifar(join(root.path, "elsewhere"), files);
    await symlink(join(root.path, "elsewhere"), join(root.path, "cifar10"));
    const { train } = await loadDataset("cifar10", placesAt(root.path));
    expect(Array.from(train.labels.data)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe("what loadDataset says of the bytes", () => {
  const archive = gzipSync(tinyArchive("cifar10"));
  const sizes = "10 of the 50000 training examples; 2 of the 10000 test examples";

  it("another MD5 than the published one, and what that means", async () => {
    await using root = await temporaryFolder();
    const path = join(root.path, ARCHIVES.cifar10);
    await writeFile(path, archive);
    const { source, notice } = await loadDataset("cifar10", placesAt(root.path));
    expect(source).toBe(`${path} (MD5 ${md5Of(archive)}, not the published one)`);
    expect(notice).toBe(
      `${path}: MD5 ${md5Of(archive)}, not the published ${PUBLISHED_MD5}: pixels differ from the official ones; accuracies may lie a little beside the published; ${sizes}`,
    );
  });

  it("the published MD5", async () => {
    await using root = await temporaryFolder();
    const path = join(root.path, ARCHIVES.cifar10);
    await writeFile(path, archive);
    const { source, notice } = await loadCifar("cifar10", { kind: "archive", path }, md5Of(archive));
    expect([source, notice]).toEqual([`${path} (MD5 as published)`, `${path}: ${sizes}`]);
  });

  it("the MD5 of the whole file, also where bytes follow the archive", async () => {
    await using root = await temporaryFolder();
    const longer = Buffer.concat([archive, Buffer.alloc(1_000_000)]);
    await writeFile(join(root.path, ARCHIVES.cifar10), longer);
    const { source, train } = await loadDataset("cifar10", placesAt(root.path));
    expect(source).toContain(md5Of(longer));
    expect(train.labels.data.length).toBe(10);
  });

  it("nothing to compare with", async () => {
    await using root = await temporaryFolder();
    await put(root.path, "cifar-10-binary.tar", "cifar10");
    const decompressed = await loadDataset("cifar10", placesAt(root.path));
    expect(decompressed.source).toBe(`${root.path}/cifar-10-binary.tar (decompressed: ${NOT_COMPARED})`);
    await put(root.path, "cifar10", "cifar10");
    const unpacked = await loadDataset("cifar10", placesAt(root.path));
    expect(unpacked.source).toBe(`${root.path}/cifar10 (unpacked: ${NOT_COMPARED})`);
  });
});

describe("loadDataset refuses", () => {
  it("a data set that is nowhere, and says where it looked", async () => {
    await using root = await temporaryFolder();
    expect(await rejectionOf(loadDataset("cifar100", placesAt(root.path)))).toEqual({
      message: `data set cifar100: not in ${root.path}: expected cifar-100-binary.tar.gz or cifar-100-binary/ (the binary version) in one of them, or its files in cifar100/ there`,
      hint: 'run `fetchDataset("cifar100")`, or say with `dataDir` where the files are',
    });
  });

  it("a folder that lacks a batch", async () => {
    await using root = await temporaryFolder();
    await writeTinyCifar(root.path, new Map([...TINY_CIFAR.cifar10].slice(0, 5)));
    expect(await rejectionOf(loadDataset("cifar10", placesAt(root.path)))).toEqual({
      message: `${root.path}: no test_batch.bin: expected it with the other files of cifar10`,
      hint: 'run `fetchDataset("cifar10")`, or complete it',
    });
  });

  it("a truncated batch, by its path", async () => {
    await using root = await temporaryFolder();
    await put(root.path, "cifar10", "cifar10");
    const path = join(root.path, "cifar10", "data_batch_2.bin");
    await truncate(path, 6000);
    expect(await rejectionOf(loadDataset("cifar10", placesAt(root.path)))).toEqual({
      message: `${path}: 6000 bytes: expected whole records of 3073 bytes`,
      hint: "the file is truncated or damaged: fetch it again",
    });
  });

  it("a folder in place of the archive", async () => {
    await using root = await temporaryFolder();
    const path = join(root.path, ARCHIVES.cifar10);
    await mkdir(path);
    expect(await rejectionOf(loadDataset("cifar10", placesAt(root.path)))).toEqual({
      message: `${path}: a directory: expected a readable file`,
      hint: "give a file of this name, or remove the directory",
    });
  });

  const tar = tinyArchive("cifar10");
  const gzip = gzipSync(tar);
  const without = (file: string) => new Map([...TINY_CIFAR.cifar10].filter(([name]) => name !== file));
  const wrongSize = new Map([...TINY_CIFAR.cifar10, ["test_batch.bin", new Uint8Array(3074)]]);
  it.each([
    {
      title: "truncated gzip data",
      bytes: gzip.subarray(0, gzip.length - 12),
      says: ": gzip data that end too early: expected a whole archive",
      hint: "the file is truncated: fetch it again",
    },
    {
      title: "gzip data with a wrong check sum",
      bytes: Buffer.from(gzip).fill(0, gzip.length - 8, gzip.length - 4),
      says: ": damaged gzip data (incorrect data check): expected a whole archive",
      hint: "the file is damaged: fetch it again",
    },
    {
      title: "a truncated tar archive",
      bytes: gzipSync(tar.subarray(0, 9000)),
      says: ": damaged tar data (Tar archive is truncated.): expected a whole archive",
      hint: "the file is damaged: fetch it again",
    },
    {
      title: "a tar archive with a damaged header",
      bytes: gzipSync(Buffer.from(tar).fill(7, 1540, 1550)),
      says: ": damaged tar data (Invalid tar header checksum.): expected a whole archive",
      hint: "the file is damaged: fetch it again",
    },
    {
      title: "something else under its name",
      bytes: Buffer.from("<html>Log in to the hotel</html>".repeat(100)),
      says: ": damaged tar data (Invalid tar number.): expected a whole archive",
      hint: "the file is damaged: fetch it again",
    },
    {
      title: "an archive without one batch",
      bytes: gzipSync(tinyArchive("cifar10", without("data_batch_4.bin"))),
      says: ": no data_batch_4.bin: expected it with the other files of cifar10",
      hint: 'run `fetchDataset("cifar10")`, or complete it',
    },
    {
      title: "an archive with half records",
      bytes: gzipSync(tinyArchive("cifar10", wrongSize)),
      says: ": cifar-10-batches-bin/test_batch.bin: 3074 bytes: expected whole records of 3073 bytes",
      hint: "the file is truncated or damaged: fetch it again",
    },
    {
      title: "the archive of CIFAR-100",
      bytes: gzipSync(tinyArchive("cifar100")),
      says: ": no data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin, test_batch.bin: expected it with the other files of cifar10",
      hint: 'run `fetchDataset("cifar10")`, or complete it',
    },
  ])("$title", async ({ bytes, says, hint }) => {
    await using root = await temporaryFolder();
    const path = join(root.path, ARCHIVES.cifar10);
    await writeFile(path, bytes);
    const rejection = rejectionOf(loadDataset("cifar10", placesAt(root.path)));
    expect(await rejection).toEqual({ message: `${path}${says}`, hint });
  });

  it.each([
    { title: "tar", whole: tinyArchive("cifar100") },
    { title: "gzip", whole: gzipSync(tinyArchive("cifar100")) },
  ])("damaged $title data with nothing but GatewiseErrors", { timeout: 30_000 }, async ({ whole }) => {
    await using root = await temporaryFolder();
    const path = join(root.path, "x");
    await expectOnlyGatewiseErrors(whole, async (bytes) => {
      await writeFile(path, bytes);
      await loadArchive("cifar100", path);
    });
  });
});

describe("fetchDataset", () => {
  const bytes = gzipSync(tinyArchive("cifar100"));
  const file = ARCHIVES.cifar100;
  const served = new Map([[`/${file}`, bytes]]);
  const official = { file, folder: "cifar-100-binary", md5: md5Of(bytes), mirrors: [] };

  it("fetches the archive, which loads, and keeps it", async () => {
    await using root = await temporaryFolder();
    await using good = await mirrorOf(served, serves);
    const options = { directory: root.path, mirrors: [good.url], archive: official };
    const fetched = { file, path: join(root.path, "cifar100", file), bytes: bytes.length, digest: "MD5" };
    expect(await fetchDataset("cifar100", options)).toEqual([{ ...fetched, from: good.url }]);
    expect(await readdir(join(root.path, "cifar100"))).toEqual([file]);
    expect((await loadDataset("cifar100", placesAt(root.path))).train.inputs.shape).toEqual([2, 3, 32, 32]);
    expect(await fetchDataset("cifar100", options)).toEqual([{ ...fetched, from: undefined }]);
    expect(good.requests).toEqual([`/${file}`]);
  });

  it("refuses an archive with another MD5", async () => {
    await using root = await temporaryFolder();
    await using other = await mirrorOf(served, serves);
    const md5 = "0".repeat(32);
    const options = { directory: root.path, mirrors: [other.url], archive: { ...official, md5 } };
    expect((await rejectionOf(fetchDataset("cifar100", options))).message).toBe(
      `${file}: not to be had (${other.url}: MD5 ${official.md5}, expected ${md5}): expected one mirror to deliver it whole`,
    );
    expect(await readdir(join(root.path, "cifar100"))).toEqual([]);
  });
});

describe("verifyDataset", () => {
  it("compares an archive by its MD5", async () => {
    await using root = await temporaryFolder();
    const path = join(root.path, ARCHIVES.cifar10);
    const bytes = gzipSync(tinyArchive("cifar10"));
    await writeFile(path, bytes);
    const found = { file: ARCHIVES.cifar10, path, bytes: bytes.length, hashed: true };
    const problem = `MD5 ${md5Of(bytes)}, expected ${PUBLISHED_MD5}: whole, but other bytes than the published`;
    expect(await verifyDataset("cifar10", placesAt(root.path))).toEqual([{ ...found, ok: false, problem }]);
    const published = verifyCifar("cifar10", { kind: "archive", path }, md5Of(bytes));
    expect(await published).toEqual([{ ...found, ok: true }]);
    await writeFile(path, bytes.subarray(0, 500));
    expect(await verifyDataset("cifar10", placesAt(root.path))).toEqual([
      {
        ...found,
        bytes: 500,
        hashed: false,
        ok: false,
        problem: `${path}: gzip data that end too early: expected a whole archive`,
      },
    ]);
  });

  it("reads unpacked files, whose digests nobody knows", async () => {
    await using root = await temporaryFolder();
    await put(root.path, "cifar100", "cifar100");
    const [train, test] = ["train.bin", "test.bin"].map((file) => join(root.path, "cifar100", file));
    expect(await verifyDataset("cifar100", placesAt(root.path))).toEqual([
      { file: "train.bin", path: train, bytes: 6148, hashed: false, ok: true },
      { file: "test.bin", path: test, bytes: 6148, hashed: false, ok: true },
    ]);
    await truncate(`${train}`, 100);
    await rm(`${test}`);
    const problem = `${train}: 100 bytes: expected whole records of 3074 bytes`;
    expect(await verifyDataset("cifar100", placesAt(root.path))).toEqual([
      { file: "train.bin", path: train, bytes: 100, hashed: false, ok: false, problem },
      { file: "test.bin", path: test, bytes: 0, hashed: false, ok: false, problem: "missing" },
    ]);
  });
});

const archive = sharedPath("data", ARCHIVES.cifar10);
it.skipIf(archive === undefined)("reads all of CIFAR-10 as tar unpacks it", { timeout: 60_000 }, async () => {
  await using root = await temporaryFolder();
  await promisify(execFile)("tar", ["-xzf", `${archive}`, "-C", root.path]);
  const fromArchive = await loadCifar("cifar10", { kind: "archive", path: `${archive}` });
  expect(fromArchive.notice).toBe(
    `${archive}: MD5 c153efb739b7e478d63d6a65a5b89d15, not the published ${PUBLISHED_MD5}: pixels differ from the official ones; accuracies may lie a little beside the published`,
  );
  for (const [part, batches] of [
    [fromArchive.train, [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`)],
    [fromArchive.test, ["test_batch.bin"]],
  ] as const) {
    for (const [i, batch] of batches.entries()) {
      const bytes = await readFile(join(root.path, "cifar-10-batches-bin", batch));
      for (let record = 0; record < 10_000; record++) {
        const at = i * 10_000 + record;
        const pixels = bytes.subarray(record * 3073 + 1, (record + 1) * 3073);
        const isSame = pixels.equals(part.inputs.data.subarray(at * 3072, (at + 1) * 3072));
        if (!isSame || bytes[record * 3073] !== part.labels.data[at]) throw new Error(`${batch}: example ${record}`);
      }
    }
    const counts = new Array<number>(10).fill(0);
    for (const label of part.labels.data) counts[label]! += 1;
    expect(counts).toEqual(Array(10).fill(1000 * batches.length));
  }
});

describe("the test examples alone", () => {
  it.each(["archive", "folder"])("need no training files, in an %s", async (kind) => {
    await using root = await temporaryFolder();
    const only = new Map([...TINY_CIFAR.cifar10].filter(([file]) => file === "test_batch.bin"));
    if (kind === "folder") await writeTinyCifar(root.path, only);
    else await writeFile(join(root.path, ARCHIVES.cifar10), gzipSync(tinyArchive("cifar10", only)));
    const { test, ...rest } = await loadTestSet("cifar10", placesAt(root.path));
    expect([test.inputs.shape, "train" in rest]).toEqual([[2, 3, 32, 32], false]);
    const whole = await loadDatasetOf("cifar10");
    expect(test).toEqual(whole.test);
  });
});

/** The whole tiny data set. */
async function loadDatasetOf(name: CifarName) {
  await using root = await temporaryFolder();
  await writeTinyCifar(root.path, TINY_CIFAR[name]);
  return await loadDataset(name, placesAt(root.path));
}

describe("the Python version of CIFAR", () => {
  const pickle = Buffer.from("\x80\x02}q\x01(U\x0bbatch_label", "latin1");
  const hint = (name: CifarName): string =>
    `run \`fetchDataset("${name}")\`, or fetch ${ARCHIVES[name]} from https://www.cs.toronto.edu/~kriz/`;
  const message = (path: string, name: CifarName): string =>
    `${path}: the Python version of ${name} (pickled batches): expected its binary version, whose files end in .bin`;

  it.each([
    { name: "cifar10", file: "data_batch_1" },
    { name: "cifar10", file: "cifar10/test_batch" },
    { name: "cifar100", file: "train" },
  ] as const)("is named where $file of $name is found", async ({ name, file }) => {
    await using root = await temporaryFolder();
    const path = join(root.path, file);
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, pickle);
    const error = { message: message(path, name), hint: hint(name) };
    expect(await rejectionOf(loadDataset(name, placesAt(root.path)))).toEqual(error);
    expect(await rejectionOf(loadTestSet(name, placesAt(root.path)))).toEqual(error);
  });

  it.each([
    { name: "cifar10", entry: "cifar-10-batches-py" },
    { name: "cifar10", entry: "cifar-10-python.tar.gz" },
    { name: "cifar100", entry: "cifar-100-python" },
  ] as const)("is named by $entry", async ({ name, entry }) => {
    await using root = await temporaryFolder();
    await mkdir(join(root.path, entry));
    expect((await rejectionOf(loadDataset(name, placesAt(root.path)))).message).toBe(
      message(join(root.path, entry), name),
    );
  });

  it("is named under the names of the binary one", async () => {
    await using root = await temporaryFolder();
    await writeTinyCifar(root.path, TINY_CIFAR.cifar10);
    const path = join(root.path, "data_batch_2.bin");
    await writeFile(path, pickle);
    expect(await rejectionOf(loadDataset("cifar10", placesAt(root.path)))).toEqual({
      message: message(path, "cifar10"),
      hint: hint("cifar10"),
    });
  });
});
