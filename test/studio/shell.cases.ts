/** What holds for every tab. */
import type { Browser } from "playwright-core";
import { expect, it } from "vitest";
import { openStudio, ready, STUDIO_FILE } from "../support/studio.ts";
import { violations } from "./violations.ts";

const TABS = ["Explain", "Train", "Plane"];

export function shellCases(browser: () => Browser): void {
  it("opens from a file, offline, with its tabs; it asks nothing of the network, and may not; it tells of what is inside", async () => {
    await using studio = await openStudio(browser(), STUDIO_FILE, { offline: true });
    const { page, faults } = studio;
    expect(await page.title()).toBe("Gatewise studio");
    expect(await page.getByRole("tab").allTextContents()).toEqual(TABS);
    for (const name of TABS) {
      await page.getByRole("tab", { name }).click();
      await ready(page);
      expect(await page.getByRole("tabpanel", { name }).isVisible()).toBe(true);
    }
    expect(faults).toEqual([]);
    const refused = await page.evaluate(async () => {
      const directives: string[] = [];
      document.addEventListener("securitypolicyviolation", (event) => directives.push(event.effectiveDirective));
      new Image().src = "https://example.com/x.png";
      await fetch("https://example.com/").catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 50));
      return directives.sort();
    });
    expect(refused).toEqual(["connect-src", "img-src"]);
    const licenses = await page.locator("#carried-licenses").textContent();
    for (const name of ["preact", "onnxruntime-web", "@bufbuild/protobuf", "zod"]) expect(licenses).toContain(name);
  });

  it("keeps its tab in the address, and moves between tabs by keyboard", async () => {
    await using studio = await openStudio(browser(), `${STUDIO_FILE}#tab=train`);
    const { page } = studio;
    await page.getByRole("tab", { name: "Train", selected: true }).focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("tab", { selected: true }).textContent()).toBe("Plane");
    await page.keyboard.press("Home");
    expect(await page.getByRole("tab", { selected: true }).textContent()).toBe("Explain");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => page.url()).toBe(`${STUDIO_FILE}#tab=train`);
    await page.reload();
    expect(await page.getByRole("tab", { selected: true }).textContent()).toBe("Train");
  });

  it("keeps in the address what each tab is at, and the shown one's without its name", async () => {
    await using studio = await openStudio(browser(), `${STUDIO_FILE}#tab=train&width=8&explain.example=3`);
    const { page } = studio;
    await page.getByLabel("Seed").fill("4");
    await expect.poll(() => page.url()).toBe(`${STUDIO_FILE}#tab=train&width=8&explain.example=3&seed=4`);
    await page.getByRole("tab", { name: "Explain" }).click();
    await ready(page);
    await expect.poll(() => page.url()).toBe(`${STUDIO_FILE}#train.width=8&example=3&train.seed=4`);
    expect(await page.getByLabel("Example", { exact: true }).inputValue()).toBe("3");
  });

  it("has no fault that axe finds, and nothing to scroll sideways, in the light of a screen and on a dark phone", async () => {
    await using studio = await openStudio(browser());
    const { page } = studio;
    for (const { colorScheme, width } of [
      { colorScheme: "light", width: 1280 },
      { colorScheme: "dark", width: 375 },
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      for (const name of TABS) {
        await page.getByRole("tab", { name }).click();
        await ready(page);
        expect([name, colorScheme, await violations(page)]).toEqual([name, colorScheme, []]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      }
    }
  });
}
