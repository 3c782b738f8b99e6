import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { appendText, makeFolder, readIfThere, writeWhole } from "../../../src/data/node/index.ts";
import { rejectionOf } from "../../support/error-of.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** A device that is always full. */
const FULL = "/dev/full";

describe("a file that is written whole", () => {
  it("replaces what was there and leaves nothing beside it", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "run.json");
    await writeFile(path, "an old and longer text");
    await writeWhole(path, "new");
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readdir(folder.path)).toEqual(["run.json"]);
  });

  it.skipIf(!existsSync(FULL))("stays as it was when the disk is full", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "run.json");
    await writeFile(path, "old");
    await symlink(FULL, `${path}.tmp`);
    expect(await rejectionOf(writeWhole(path, "new"))).toEqual({
      message: `${path}: no space left on the disk: expected a file that can be written`,
      hint: "free some space and try again: nothing is lost",
    });
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder.path)).toEqual(["run.json"]);
  });

  it("never shows a reader a part", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "run.json");
    const texts = ["a", "b"].map((letter) => letter.repeat(1_000_000));
    await writeWhole(path, texts[0] ?? "");
    let done = false;
    const writing = (async () => {
      for (let i = 0; i < 20; i++) await writeWhole(path, texts[i % 2] ?? "");
      done = true;
    })();
    let reads = 0;
    for (; !done; reads++) expect(texts.includes(await readFile(path, "utf8"))).toBe(true);
    await writing;
    expect(reads).toBeGreaterThan(0);
  });
});

/** What the system refuses, by call; `file` is a file and `folder` a folder. */
const REFUSALS: readonly {
  readonly title: string;
  readonly run: (at: (path: string) => string) => Promise<unknown>;
  readonly error: (at: (path: string) => string) => { readonly message: string; readonly hint: string };
}[] = [
  {
    title: "write into a missing folder",
    run: (at) => writeWhole(at("missing/x"), "x"),
    error: (at) => ({
      message: `${at("missing/x")}: does not exist: expected a file that can be written`,
      hint: "check the path",
    }),
  },
  {
    title: "write below a file",
    run: (at) => writeWhole(at("file/x"), "x"),
    error: (at) => ({
      message: `${at("file/x")}: a part of the path is not a directory: expected a file that can be written`,
      hint: "give a folder",
    }),
  },
  {
    title: "write where a folder is",
    run: (at) => writeWhole(at("folder"), "x"),
    error: (at) => ({
      message: `${at("folder")}: a directory: expected a file that can be written`,
      hint: "give a file of this name, or remove the directory",
    }),
  },
  {
    title: "make a folder where a file is",
    run: (at) => makeFolder(at("file")),
    error: (at) => ({
      message: `${at("file")}: a file, not a directory: expected a folder to write to`,
      hint: "give a folder",
    }),
  },
  {
    title: "make a folder below a file",
    run: (at) => makeFolder(at("file/x/y")),
    error: (at) => ({
      message: `${at("file/x/y")}: a part of the path is not a directory: expected a folder to write to`,
      hint: "give a folder",
    }),
  },
  {
    title: "read a folder",
    run: (at) => readIfThere(at("folder")),
    error: (at) => ({
      message: `${at("folder")}: a directory: expected a readable file`,
      hint: "give a file of this name, or remove the directory",
    }),
  },
  {
    title: "append in a missing folder",
    run: (at) => appendText(at("missing/x"), "x"),
    error: (at) => ({
      message: `${at("missing/x")}: does not exist: expected a file that can be written`,
      hint: "check the path",
    }),
  },
];

describe("the system refuses to", () => {
  it.each(REFUSALS)("$title", async ({ run, error }) => {
    await using folder = await temporaryFolder();
    const at = (path: string): string => join(folder.path, path);
    await writeFile(at("file"), "content");
    await mkdir(at("folder"));
    expect(await rejectionOf(run(at))).toEqual(error(at));
    expect((await readdir(folder.path)).sort()).toEqual(["file", "folder"]);
    expect(await readFile(at("file"), "utf8")).toBe("content");
  });
});

it("reading what is not there gives undefined", async () => {
  await using folder = await temporaryFolder();
  expect(await readIfThere(join(folder.path, "nothing"))).toBeUndefined();
});
