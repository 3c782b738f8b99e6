/** That a sweep keeps to the bytes of its data set, which its name does not tell; in this process. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { gatewiseHere } from "../support/command-line.ts";
import { idxFile } from "../support/idx-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { writeTinyFiles } from "../support/tiny-dataset.ts";

const folder = await temporaryFolder();
const at = (...names: readonly string[]): string => join(folder.path, ...names);
afterAll(async () => await folder[Symbol.asyncDispose]());

const BASE = { data: "mnist", regime: "dlnpf", width: 4, depth: 2, epochs: 1, lr: 1e-2 };

/** A data set of MNIST's names and shape, whose pixels are of one number. */
async function dataOf(name: string, pixel: number): Promise<void> {
  const images = (count: number) => idxFile([count, 28, 28], new Uint8Array(count * 784).fill(pixel));
  const labels = (count: number) =>
    idxFile(
      [count],
      Uint8Array.from({ length: count }, (_, i) => i % 10),
    );
  const files = { trainImages: images(40), trainLabels: labels(40), testImages: images(20), testLabels: labels(20) };
  await writeTinyFiles(at(name), "plain", { files });
}

async function plan(data: string, options: Readonly<Record<string, unknown>> = {}) {
  await writeFile(at("s.json"), JSON.stringify({ base: { ...BASE, ...options } }));
  const args = ["sweep", "plan", at("s.json"), "--out", at("sweep"), "--data-dir", at(data), "--json"];
  const { code, stdout, stderr } = await gatewiseHere(args);
  return { code, stderr, ...JSON.parse(stdout || "{}") };
}

async function run(data: string) {
  const args = ["sweep", "run", at("sweep"), "--data-dir", at(data), "--workers", "1", "--json"];
  const { code, stdout } = await gatewiseHere(args);
  return { code, ...JSON.parse(stdout) };
}

const identities = async (): Promise<readonly string[]> =>
  (await readFile(at("sweep", "trials.jsonl"), "utf8")).match(/"identity":"[^"]*"/g) ?? [];

beforeAll(async () => {
  await dataOf("first", 7);
  await dataOf("second", 8);
});

it("plans without the data, takes them as it finds them first, and then no others, wherever they stand", async () => {
  const absent = await plan("nowhere");
  expect(absent).toMatchObject({ code: 0, added: 1 });
  const known = await identities();
  expect(await plan("first")).toMatchObject({ code: 0, kept: 1, added: 0 });
  await rename(at("first"), at("moved"));
  expect(await plan("moved")).toMatchObject({ code: 0, kept: 1, added: 0 });
  expect(await identities()).toEqual(known);

  const before = await readFile(at("sweep", "trials.jsonl"), "utf8");
  const other = await plan("second", { lr: 1e-3 });
  expect(other.code).toBe(1);
  expect(other.error.message).toMatch(
    /^data set mnist of other bytes \(sha256:\w{12}…\) than .*sweep was planned with: expected those with the digest sha256:\w{12}…, which its runs are of$/,
  );
  expect(await readFile(at("sweep", "trials.jsonl"), "utf8")).toBe(before);

  const elsewhere = await run("second");
  expect(elsewhere).toMatchObject({ code: 1, done: 0, completed: 0 });
  expect(elsewhere.failures[0].message).toMatch(
    /^data set mnist of other bytes \(sha256:\w{12}…\), from .*second: expected those that the plan was made for/,
  );
  expect(await run("moved")).toMatchObject({ code: 0, done: 1, failed: 0 });
});

it("knows files of one's own by what is in them: moved they are the same, changed ones make new trials", async () => {
  const table = (first: number): string =>
    [
      "a,b,label",
      ...Array.from({ length: 40 }, (_, i) => `${i + first},${(i * 7) % 5},${i % 2 ? "odd" : "even"}`),
    ].join("\n");
  const planOf = async (place: string) => {
    await writeFile(
      at("own.json"),
      JSON.stringify({ base: { ...BASE, data: at(place, "rows.csv"), targets: "classes" } }),
    );
    const { code, stdout, stderr } = await gatewiseHere([
      "sweep",
      "plan",
      at("own.json"),
      "--out",
      at("own"),
      "--json",
    ]);
    return { code, stderr, ...JSON.parse(stdout) };
  };
  for (const place of ["here", "there"]) {
    await mkdir(at(place));
    await writeFile(at(place, "rows.csv"), table(0));
  }
  expect(await planOf("here")).toMatchObject({ code: 0, added: 1, changedData: [] });
  expect(await planOf("there")).toMatchObject({ code: 0, kept: 1, added: 0, gone: [], changedData: [] });
  await writeFile(at("there", "rows.csv"), table(1));
  const task = await gatewiseHere(["sweep", "run", at("own"), "--workers", "1", "--json"]);
  expect(JSON.parse(task.stdout).failures[0].message).toMatch(
    /there\/rows.csv: other data than before \(sha256:\w{12}…\): expected those with the digest sha256:\w{12}…$/,
  );
  const changed = await planOf("there");
  expect(changed).toMatchObject({ code: 0, added: 1, kept: 0, changedData: [{ name: "rows" }] });
  expect(changed.gone).toHaveLength(1);
  expect(await planOf("there")).toMatchObject({ kept: 1, added: 0, changedData: [] });
  await writeFile(at("there", "rows.csv"), table(2));
  const told = await gatewiseHere(["sweep", "plan", at("own.json"), "--out", at("own")]);
  expect(told.stderr).toMatch(
    /data rows are others than the sweep was planned with \(sha256:\w{12}… in place of sha256:\w{12}…\): their trials are new\n/,
  );
});

it("goes on with a run on the bytes that it began with", async () => {
  const train = (data: string, epochs: string, ...more: readonly string[]) =>
    gatewiseHere(
      [
        ...["train", "--data", "mnist", "--data-dir", at(data), "--width", "4", "--depth", "2", "--epochs", epochs],
        ...["--out", at("run"), "--json", ...more],
      ],
      undefined,
    );
  expect((await train("moved", "1")).code).toBe(0);
  const { code, stdout } = await train("second", "2", "--resume");
  expect(code).toBe(1);
  expect(JSON.parse(stdout).error.message).toMatch(
    /^data set mnist of other bytes \(sha256:\w{12}…\), from .*second: expected those that .*run was trained and tested on \(sha256:\w{12}…\)$/,
  );
  expect((await train("moved", "2", "--resume")).code).toBe(0);
});
