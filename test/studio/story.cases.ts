/** What the story tells, and whether the page follows it. */
import type { Browser } from "playwright-core";
import { expect, it } from "vitest";
import { openStudio, ready, STUDIO_FILE } from "../support/studio.ts";
import { violations } from "./violations.ts";

export function storyCases(browser: () => Browser): void {
  it("leads through seven steps, each to its place in the page, on a phone too", async () => {
    const how = { viewport: { width: 375, height: 760 } };
    await using studio = await openStudio(browser(), `${STUDIO_FILE}?story`, how);
    const { page, faults } = studio;
    const story = page.getByRole("region", { name: "Story" });
    const told: (readonly [string | null, string | null, string])[] = [];
    for (let step = 1; ; step++) {
      await ready(page);
      const tab = await page.getByRole("tab", { selected: true }).textContent();
      const region = await page.evaluate(() => document.documentElement.dataset.focus ?? "");
      if (region !== "") {
        const marked = page.locator(`[data-region="${region}"]`);
        await expect.poll(async () => (await marked.boundingBox())?.y ?? 1e6, { timeout: 60_000 }).toBeLessThan(380);
      }
      told.push([await story.locator("h2").textContent(), tab, region]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
      if (step === 2) expect(await violations(page)).toEqual([]);
      if (step === 7) break;
      await story.getByRole("button", { name: "Next" }).click();
    }
    expect(told).toEqual([
      ["1 of 7 A gate", "Explain", "Gates"],
      ["2 of 7 An active sub-network", "Explain", "Flow"],
      ["3 of 7 A path", "Explain", "Paths"],
      ["4 of 7 Features and values", "Explain", "Logits"],
      ["5 of 7 Random against learnt gates", "Train", ""],
      ["6 of 7 The kernel", "Explain", "Kernel"],
      ["7 of 7 Your own digit", "Explain", "Input"],
    ]);
    expect(page.url()).toContain("?story#");
    await page.reload();
    expect(await story.locator("h2").textContent()).toBe("7 of 7 Your own digit");
    expect(faults).toEqual([]);
  });
}
