/** What the story tells, and whether the page follows it. */
import type { Browser } from "playwright-core";
import { expect, it } from "vitest";
import { openStudio, ready, STUDIO_FILE } from "../support/studio.ts";
import { violations } from "./violations.ts";

const STEPS = [
  { title: "1 of 7 A gate", tab: "Explain", region: "Gates" },
  { title: "2 of 7 An active sub-network", tab: "Explain", region: "Flow" },
  { title: "3 of 7 A path", tab: "Explain", region: "Paths" },
  { title: "4 of 7 Features and values", tab: "Explain", region: "Logits" },
  { title: "5 of 7 Random against learnt gates", tab: "Train", region: "" },
  { title: "6 of 7 The kernel", tab: "Explain", region: "Kernel" },
  { title: "7 of 7 Your own digit", tab: "Explain", region: "Input" },
] as const;

export function storyCases(browser: () => Browser): void {
  it("leads through seven steps, each to its place in the page, on a phone too", async () => {
    const how = { viewport: { width: 375, height: 760 } };
    await using studio = await openStudio(browser(), `${STUDIO_FILE}?story`, how);
    const { page, faults } = studio;
    const story = page.getByRole("region", { name: "Story" });
    const told = async () => ({
      title: await story.locator("h2").textContent(),
      tab: await page.getByRole("tab", { selected: true }).textContent(),
      region: await page.evaluate(() => document.documentElement.dataset.focus ?? ""),
    });
    for (const [i, step] of STEPS.entries()) {
      if (i > 0) await story.getByRole("button", { name: "Next" }).click();
      // the tab follows the step a moment later
      await expect.poll(told, { timeout: 60_000 }).toEqual(step);
      await ready(page);
      if (step.region !== "") {
        const marked = page.locator(`[data-region="${step.region}"]`);
        await expect.poll(async () => (await marked.boundingBox())?.y ?? 1e6, { timeout: 60_000 }).toBeLessThan(380);
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
      if (i === 1) expect(await violations(page)).toEqual([]);
    }
    expect(await story.getByRole("button", { name: "Next" }).isDisabled()).toBe(true);
    expect(page.url()).toContain("?story#");
    await page.reload();
    expect(await story.locator("h2").textContent()).toBe("7 of 7 Your own digit");
    expect(faults).toEqual([]);
  });
}
