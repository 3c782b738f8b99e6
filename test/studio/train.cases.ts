/** What Train shows, against the trainings of the command that it shows. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync, unzipSync } from "fflate";
import type { Browser, Page } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { readRunRecord } from "../../src/runs/index.ts";
import { type OpenedStudio, openStudio, ready, runCommand, STUDIO_FILE } from "../support/studio.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const REGIMES = { relu: "ReLU", flnpf: "FLNPF" } as const;
const SMALL = "#tab=train&width=8&depth=3&lr=0.005&epochs=2&seed=3";

const press = (page: Page, name: string): Promise<void> => page.getByRole("button", { name, exact: true }).click();

/** Cells of the results, a row a regime. */
const results = async (page: Page): Promise<readonly (readonly string[])[]> =>
  await page
    .getByRole("table", { name: "Results", exact: true })
    .locator("tbody tr")
    .evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll("th, td")].map((cell) => cell.textContent ?? "")),
    );

/** The text of the file that a button gives. */
async function download(page: Page, button: string): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent("download"), press(page, button)]);
  return readFileSync(await file.path(), "utf8");
}

/** The rows of a region's table, with their heads. */
const csv = async (page: Page, region: string): Promise<readonly (readonly string[])[]> =>
  (await download(page, `CSV of ${region}`))
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));

/** Loss and accuracy of a regime by epoch, of the table behind the curves. */
const curve = async (page: Page, title: string): Promise<readonly (readonly number[])[]> =>
  (await csv(page, "Accuracy"))
    .filter(([regime]) => regime === title)
    .map(([, , loss, accuracy]) => [Number(loss), Number(accuracy)]);

/** What region and picture show of the gates, in the numbers of their files. */
async function looksInto(page: Page): Promise<void> {
  const flips = await csv(page, "Flips");
  const of = (title: string): readonly number[] =>
    flips.filter(([regime]) => regime === title).map(([, , , share]) => Number(share));
  // two epochs of two layers; only gates that learn flip
  expect([of("ReLU").length, of("FRNPF(II)").length]).toEqual([4, 4]);
  expect(Math.max(...of("FRNPF(II)"), ...of("FRNPF(DI)"), ...of("FLNPF"))).toBe(0);
  expect(Math.min(...of("ReLU"), ...of("DLNPF"))).toBeGreaterThan(0);
  const kernel = (await csv(page, "Kernel by class")).filter(([regime, epoch]) => regime === "ReLU" && epoch === "2");
  const shares = kernel.map((row) => row.slice(3).map(Number));
  const own = shares.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  const all = shares.flat().reduce((sum, share) => sum + share, 0);
  expect(own / 10).toBeGreaterThan((all - own) / 90);
  const svg = await download(page, "SVG of Accuracy");
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg.match(/<polyline/g)?.length).toBe(5);
}

/** The run that is saved is one of the command's, and opens in Explain. */
async function opensItsRun(page: Page, folder: string): Promise<void> {
  await page.getByRole("combobox", { name: "Network" }).selectOption("flnpf");
  const [saved] = await Promise.all([page.waitForEvent("download"), press(page, "Save run")]);
  expect(saved.suggestedFilename()).toBe("fc-digits-flnpf-seed3.zip");
  const run = join(folder, "saved");
  for (const [file, bytes] of Object.entries(unzipSync(readFileSync(await saved.path())))) {
    mkdirSync(dirname(join(run, file)), { recursive: true });
    writeFileSync(join(run, file), bytes);
  }
  const recordOf = (place: string) => readRunRecord(readFileSync(join(run, place, "run.json"), "utf8"), place);
  const { status, learntFrom, result, command } = recordOf("fc-digits-flnpf-seed3");
  expect([status, learntFrom]).toEqual(["completed", "relu"]);
  expect(command).toContain("gatewise train --regime flnpf --data digits");
  expect(recordOf("fc-digits-flnpf-seed3/relu").plan.regime).toBe("relu");
  const accuracies = (await curve(page, "FLNPF")).map(([, accuracy]) => accuracy ?? 0);
  expect(result?.bestTestAccuracy).toBe(Math.max(...accuracies));
  await page.getByRole("tab", { name: "Explain" }).click();
  await ready(page);
  await page.getByLabel("Open run", { exact: true }).setInputFiles(join(run, "fc-digits-flnpf-seed3"));
  const panel = page.getByRole("tabpanel", { name: "Explain" });
  await expect.poll(() => panel.textContent(), { timeout: 30_000 }).toContain("fc-digits-flnpf-seed3:");
  await ready(page);
}

export function trainCases(browser: () => Browser): void {
  // one page for all: its two engines take longer to start than most trainings here
  let shared: Promise<OpenedStudio> | undefined;
  const opened = async (): Promise<OpenedStudio> => {
    shared ??= openStudio(browser(), STUDIO_FILE + SMALL);
    const studio = await shared;
    await studio.page.getByRole("tab", { name: "Train" }).click();
    return studio;
  };
  afterAll(async () => {
    await (await shared)?.[Symbol.asyncDispose]();
  });

  it("trains the five regimes as the command does, step by step and to the end, and answers in words", async () => {
    const { page, faults } = await opened();
    await press(page, "Step");
    await ready(page);
    const epochs = async () => (await results(page)).map(([title, epoch]) => `${title} ${epoch}`);
    expect(await epochs()).toEqual(["ReLU 1", "FRNPF(II) 1", "FRNPF(DI) 1", "FLNPF 0", "DLNPF 1"]);
    await press(page, "Train");
    await ready(page);
    expect(await epochs()).toEqual(["ReLU 2", "FRNPF(II) 2", "FRNPF(DI) 2", "FLNPF 2", "DLNPF 2"]);
    expect(await page.getByRole("region", { name: "Answer" }).textContent()).toMatch(
      /The ReLU network has [\d.]+ % of the test examples right; fresh values behind its gates [\d.]+ %/,
    );
    await page.getByRole("region", { name: "Accuracy" }).getByText("Command", { exact: true }).click();
    const shown = await page.getByRole("region", { name: "Accuracy" }).locator("code").textContent();
    const [, options] = /gatewise train --regime \$regime (.*); done$/.exec(shown ?? "") ?? [];
    await using folder = await temporaryFolder();
    // one run of the command for two rows: the training with learnt gates trains the ReLU network first
    const out = join(folder.path, "flnpf");
    await runCommand(["train", "--regime", "flnpf", ...(options ?? "").split(" "), "--out", out]);
    for (const [run, title] of [
      [join(out, "relu"), REGIMES.relu],
      [out, REGIMES.flnpf],
    ] as const) {
      const lines: unknown[] = readFileSync(join(run, "metrics.jsonl"), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      const got = await curve(page, title);
      expect(got.length).toBe(2);
      // WebAssembly sums in another order than native code
      lines.forEach((line, i) => {
        const [loss = Number.NaN, accuracy = Number.NaN] = got[i] ?? [];
        expect(line).toMatchObject({ trainLoss: expect.closeTo(loss, 4), testAccuracy: expect.closeTo(accuracy, 0) });
      });
    }
    await looksInto(page);
    await opensItsRun(page, folder.path);
    expect(faults).toEqual([]);
  });

  it("pauses and goes on to the same numbers, and opens the ReLU network in Explain", async () => {
    const { page, faults } = await opened();
    await page.getByLabel("Epochs").fill("3");
    await press(page, "Train");
    // also before the first step
    await press(page, "Pause");
    await ready(page);
    const paused = await results(page);
    expect(paused.some(([, epoch]) => Number(epoch) < 3)).toBe(true);
    await press(page, "Train");
    await ready(page);
    const once = await results(page);
    // other settings begin anew; the first ones again train the same
    await page.getByLabel("Seed").fill("4");
    await press(page, "Step");
    await ready(page);
    expect(await results(page)).not.toEqual(once);
    await page.getByLabel("Seed").fill("3");
    await press(page, "Train");
    await ready(page);
    expect(await results(page)).toEqual(once);
    await page.getByRole("combobox", { name: "Network" }).selectOption("relu");
    await press(page, "Explain the ReLU network");
    await page.getByRole("tab", { name: "Explain", selected: true }).waitFor();
    await page.getByRole("region", { name: "Logits" }).waitFor();
    await ready(page);
    expect(await page.getByRole("tabpanel", { name: "Explain" }).textContent()).toContain(
      "trained-relu.onnx: 6,416 weights, 16 gates",
    );
    expect(faults).toEqual([]);
  });

  it("trains on a table as the command does, on IDX files and on batches of CIFAR, and says what it cannot read", async () => {
    const { page, faults } = await opened();
    await using folder = await temporaryFolder();
    const write = (name: string, content: string | Uint8Array): string => {
      writeFileSync(join(folder.path, name), content);
      return join(folder.path, name);
    };
    const status = page.getByRole("status");
    const panel = page.getByRole("tabpanel", { name: "Train" });
    const give = async (files: readonly string[], words: string): Promise<void> => {
      await page.getByLabel("Open training data", { exact: true }).setInputFiles(files);
      await expect.poll(() => panel.textContent(), { timeout: 30_000, interval: 20 }).toContain(words);
      await ready(page);
    };
    const refused = async (files: readonly string[]): Promise<string | null> => {
      await page.getByLabel("Open training data", { exact: true }).setInputFiles(files);
      await expect.poll(() => status.textContent(), { timeout: 30_000, interval: 20 }).toContain("expected");
      return await status.textContent();
    };
    await page.getByLabel("Epochs").fill("2");
    const rows = Array.from({ length: 60 }, (_, i) => `${Math.cos(i)},${Math.sin(i)},${i % 3 === 0 ? "red" : "blue"}`);
    const table = ["a,b,class", ...rows, ""].join("\n");
    write("points.csv", table);
    const dropped = await page.evaluateHandle((text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], "points.csv"));
      return transfer;
    }, table);
    await page.getByRole("button", { name: "Train", exact: true }).dispatchEvent("drop", { dataTransfer: dropped });
    await expect.poll(() => panel.textContent()).toContain("points.csv: 48 examples to learn, 12 to test");
    await ready(page);
    await press(page, "Train");
    await ready(page);
    const shown = await page.getByRole("region", { name: "Accuracy" }).locator("code").textContent();
    const [, options] = /gatewise train --regime \$regime (.*); done$/.exec(shown ?? "") ?? [];
    expect(options).toContain("--data points.csv --targets classes --label class --standardize");
    const out = join(folder.path, "out");
    const words = (options ?? "").replace("points.csv", join(folder.path, "points.csv")).split(" ");
    await runCommand(["train", "--regime", "relu", ...words, "--out", out]);
    const lines = readFileSync(join(out, "metrics.jsonl"), "utf8").trimEnd().split("\n");
    const got = await curve(page, "ReLU");
    expect(got.length).toBe(2);
    lines.forEach((line, i) => {
      const [loss = Number.NaN, accuracy = Number.NaN] = got[i] ?? [];
      expect(JSON.parse(line)).toMatchObject({
        trainLoss: expect.closeTo(loss, 4),
        testAccuracy: expect.closeTo(accuracy, 5),
      });
    });
    const idx = (shape: readonly number[], data: Uint8Array): Uint8Array =>
      Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, 0, size]), ...data]);
    const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => (i * 37) % 251);
    const labels = Uint8Array.from({ length: 20 }, (_, i) => i % 4);
    const images = gzipSync(idx([20, 3, 3], bytes(180)));
    const pair = [write("images-idx3-ubyte.gz", images), write("labels-idx1-ubyte", idx([20], labels))];
    await give(pair, "images-idx3-ubyte: 16 examples to learn, 4 to test");
    await press(page, "Step");
    await ready(page);
    expect((await results(page)).map(([title, epoch]) => `${title} ${epoch}`)).toContain("ReLU 1");
    const batch = (count: number): Uint8Array =>
      Uint8Array.from({ length: count * 3073 }, (_, i) => (i % 3073 === 0 ? Math.floor(i / 3073) % 2 : i % 255));
    await give(
      [write("data_batch_1.bin", batch(6)), write("test_batch.bin", batch(4))],
      "cifar10: 6 examples to learn, 4",
    );
    await press(page, "Step");
    await ready(page);
    // the lower the network the fewer classes: those that came
    expect((await csv(page, "Kernel by class"))[0]).toEqual(["regime", "epoch", "class", "0", "1"]);
    expect(await refused([write("cut.bin", new Uint8Array(3000))])).toContain(
      "cut.bin: 3000 bytes: expected whole records of 3073 bytes",
    );
    expect(await refused([write("torn.gz", "no gzip")])).toContain(
      "torn.gz, which cannot be unpacked: expected a gzip file",
    );
    expect(await refused([write("alone.idx", idx([20], labels))])).toContain(
      "expected a table (.csv), batches of CIFAR",
    );
    await page.getByRole("button", { name: "Digits again" }).click();
    await ready(page);
    expect(await panel.textContent()).toContain("learn 3,000 digits");
    expect(faults).toEqual([]);
  });

  it("says what it cannot train, and goes on", async () => {
    const { page } = await opened();
    await page.getByLabel("Width").fill("many");
    await press(page, "Step");
    const status = page.getByRole("status");
    const patiently = { timeout: 60_000, interval: 20 };
    await expect.poll(() => status.textContent(), patiently).toMatch(/many.*expected/);
    await page.getByLabel("Width").fill("4000");
    await press(page, "Step");
    await expect.poll(() => status.textContent(), patiently).toMatch(/^Width 4000: expected 1 to 512/);
    await page.getByLabel("Width").fill("4");
    await page.getByLabel("DLGN too").check();
    await press(page, "Step");
    await ready(page);
    expect((await results(page)).map(([title, epoch]) => `${title} ${epoch}`)).toContain("DLGN 1");
  });
}
