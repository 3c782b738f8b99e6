import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { int32 } from "../../src/graph/index.ts";
import { gatewiseHere } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);
const numbers = (name: string, values: readonly number[]): Promise<void> =>
  writeFile(at(name), writeNpy(int32([values.length], Int32Array.from(values))));
beforeAll(async () => {
  folder = await temporaryFolder();
  await numbers(
    "first.npy",
    Array.from({ length: 64 }, (_, i) => i),
  );
  await numbers("others.npy", [9, 70, 3, 41]);
  await numbers("twice.npy", [9, 70, 9]);
});
afterAll(() => folder[Symbol.asyncDispose]());

const train = async (out: string, ...more: readonly string[]) => {
  const small = [
    "--width",
    "8",
    "--test-limit",
    "50",
    "--batch",
    "16",
    ...(more.includes("--epochs") ? [] : ["--epochs", "1"]),
  ];
  const { code, stdout } = await gatewiseHere(["train", ...small, "--out", at(out), ...more, "--json"]);
  return { code, ...JSON.parse(stdout) };
};
const filesOf = async (run: string) => ({
  last: await readFile(at(`${run}/last.safetensors`)),
  record: JSON.parse(await readFile(at(`${run}/run.json`), "utf8")),
});

describe("gatewise train --examples", () => {
  it("trains on those examples alone: on the first ones as --limit does", async () => {
    const names = ["--limit", "100", "--examples", at("first.npy"), "--labels-transform", "noise:0.2:1"];
    expect((await train("chosen", ...names)).code).toBe(0);
    const { record, last } = await filesOf("chosen");
    expect(record.data).toMatchObject({ trainExamples: 64, limit: 100, examples: { file: at("first.npy") } });
    expect(record.data.examples.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    // labels are changed before: of the hundred, not of the 64
    expect((await train("limited", "--limit", "64", "--labels-transform", "noise:0.2:1")).code).toBe(0);
    expect((await filesOf("limited")).last.equals(last)).toBe(false);
    expect((await train("plain", "--limit", "64")).code).toBe(0);
    expect((await train("the-same", "--examples", at("first.npy"))).code).toBe(0);
    expect((await filesOf("the-same")).last.equals((await filesOf("plain")).last)).toBe(true);
  });

  it("goes on with a run only for the same examples", async () => {
    const { code, error } = await train("the-same", "--examples", at("others.npy"), "--resume", "--epochs", "2");
    expect([code, error.message]).toEqual([1, expect.stringContaining("which holds a run of another configuration")]);
  });

  it.each([
    {
      file: "twice.npy",
      limit: "100",
      message:
        "twice.npy with 9 at element 2, which was there before: expected one axis of numbers of training examples, from 0 to 99, each once",
    },
    {
      file: "others.npy",
      limit: "50",
      message:
        "others.npy with 70 at element 1: expected one axis of numbers of training examples, from 0 to 49, each once",
    },
  ])("refuses $file of the first $limit", async ({ file, limit, message }) => {
    const { code, error } = await train("refused", "--limit", limit, "--examples", at(file));
    expect([code, error.message]).toEqual([1, expect.stringContaining(message)]);
    await expect(readFile(at("refused/run.json"))).rejects.toThrow("ENOENT");
  });
});
