/**
 * Takes the pictures of docs/studio.md from the built page, in the Chromium of the system:
 *
 *   npx tsdown && npx tsx scripts/studio-pictures.ts
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const STUDIO = pathToFileURL(resolve("dist/studio/index.html")).href;

/** Each by its file, its address and the window that it is taken in; of one region, if any. */
const PICTURES = [
  { file: "studio", state: "", width: 1280, height: 900, colorScheme: "light", region: undefined },
  { file: "studio-flow", state: "#example=7&against=5", width: 1280, height: 900, colorScheme: "dark", region: "Flow" },
  { file: "studio-compare", state: "#example=2", width: 1280, height: 900, colorScheme: "light", region: "Compare" },
  { file: "studio-phone", state: "", width: 375, height: 760, colorScheme: "dark", region: undefined },
] as const;

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const { file, state, width, height, colorScheme, region } of PICTURES) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(STUDIO + state);
  await page.getByRole("status").filter({ hasText: "ready" }).waitFor({ timeout: 120_000 });
  const path = `docs/${file}.png`;
  if (region === undefined) await page.screenshot({ path });
  else await page.getByRole("region", { name: region }).screenshot({ path });
  await page.close();
}
await browser.close();
