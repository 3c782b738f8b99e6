import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { gatewise } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { TINY_CIFAR, tinyArchive, writeTinyCifar } from "../support/tiny-cifar.ts";

it("data list says what is to know of an archive with other bytes", async () => {
  await using root = await temporaryFolder();
  const path = join(root.path, "cifar-10-binary.tar.gz");
  await writeFile(path, gzipSync(tinyArchive("cifar10")));
  const { code, stdout, stderr } = await gatewise(["data", "list", "--data-dir", root.path]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^cifar10 +10 +2 +\S+cifar-10-binary\.tar\.gz \(MD5 [0-9a-f]{32}, not the published one\)$/m);
  expect(stdout).toMatch(/^cifar100 +– +– +not here: run "gatewise data fetch cifar100"/m);
  expect(stderr.startsWith(`${path}: MD5 `)).toBe(true);
  expect(stderr).toContain("pixels differ from the official ones; accuracies may lie a little beside the published");

  const json = await gatewise(["data", "list", "--data-dir", root.path, "--json"]);
  expect(json.stderr).toBe("");
  const found: readonly { readonly name: string }[] = JSON.parse(json.stdout);
  const notice = expect.stringContaining("pixels differ");
  expect(found.find(({ name }) => name === "cifar10")).toMatchObject({ inputShape: [3, 32, 32], notice });
});

it("data verify tells other bytes from files that cannot be compared", async () => {
  await using root = await temporaryFolder();
  await writeTinyCifar(join(root.path, "cifar100"), TINY_CIFAR.cifar100);
  await writeFile(join(root.path, "cifar-10-binary.tar.gz"), gzipSync(tinyArchive("cifar10")));
  const unpacked = await gatewise(["data", "verify", "cifar100", "--data-dir", root.path]);
  expect(unpacked).toMatchObject({ code: 0, stderr: "" });
  expect(unpacked.stdout).toMatch(/^train\.bin +6148 +reads; no digest to compare with$/m);
  const archive = await gatewise(["data", "verify", "cifar10", "--data-dir", root.path]);
  expect(archive.code).toBe(1);
  expect(archive.stdout).toMatch(/MD5 [0-9a-f]{32}, expected c32a1d4a.*: whole, but other bytes than the published$/m);
});
