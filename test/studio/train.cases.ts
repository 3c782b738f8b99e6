/** What Train shows, against the trainings of the command that it shows. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { expect, it } from "vitest";
import { openStudio, ready, runCommand, STUDIO_FILE } from "../support/studio.ts";
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

/** Loss and accuracy of a regime by epoch, of the table behind the curves. */
async function curve(page: Page, title: string): Promise<readonly (readonly number[])[]> {
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, "CSV of Accuracy")]);
  return readFileSync(await download.path(), "utf8")
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","))
    .filter(([regime]) => regime === title)
    .map(([, , loss, accuracy]) => [Number(loss), Number(accuracy)]);
}

export function trainCases(browser: () => Browser): void {
  it("trains the five regimes as the command does, step by step and to the end, and answers in words", async () => {
    await using studio = await openStudio(browser(), STUDIO_FILE + SMALL);
    const { page, faults } = studio;
    await press(page, "Step");
    await ready(page);
    const epochs = async () => (await results(page)).map(([title, epoch]) => `${title} ${epoch}`);
    expect(await epochs()).toEqual(["ReLU 1", "FRNPF(II) 1", "FRNPF(DI) 1", "FLNPF 0", "DLNPF 1"]);
    await press(page, "Train");
    await ready(page);
    expect(await epochs()).toEqual(["ReLU 2", "FRNPF(II) 2", "FRNPF(DI) 2", "FLNPF 2", "DLNPF 2"]);
    expect(await page.getByRole("region", { name: "Answer" }).textContent()).toMatch(
      /The ReLU network has [\d.]+ % of the test digits right; fresh values behind its gates [\d.]+ %/,
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
    expect(faults).toEqual([]);
  });

  it("pauses and goes on to the same numbers, and opens the ReLU network in Explain", async () => {
    await using studio = await openStudio(browser(), `${STUDIO_FILE}${SMALL.replace("epochs=2", "epochs=3")}`);
    const { page, faults } = studio;
    await press(page, "Train");
    await page.getByRole("table", { name: "Results", exact: true }).waitFor();
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
    await press(page, "Explain the ReLU network");
    await page.getByRole("tab", { name: "Explain", selected: true }).waitFor();
    await page.getByRole("region", { name: "Logits" }).waitFor();
    await ready(page);
    expect(await page.getByRole("tabpanel", { name: "Explain" }).textContent()).toContain(
      "trained-relu.onnx: 6,416 weights, 16 gates",
    );
    expect(faults).toEqual([]);
  });

  it("says what it cannot train, and goes on", async () => {
    await using studio = await openStudio(browser(), `${STUDIO_FILE}${SMALL.replace("width=8", "width=many")}`);
    const { page } = studio;
    await press(page, "Step");
    const status = page.getByRole("status");
    await expect.poll(() => status.textContent()).toMatch(/many.*expected/);
    await page.getByLabel("Width").fill("4000");
    await press(page, "Step");
    await expect.poll(() => status.textContent()).toMatch(/^Width 4000: expected 1 to 512/);
    await page.getByLabel("Width").fill("4");
    await press(page, "Step");
    await ready(page);
    expect((await results(page)).length).toBe(5);
  });
}
