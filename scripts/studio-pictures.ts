/**
 * Takes the pictures of docs/studio.md from the built page, in the Chromium of the system:
 *
 *   npx tsdown && npx tsx scripts/studio-pictures.ts [NAME]
 */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { decode, encode } from "fast-png";
import { chromium } from "playwright-core";

const STUDIO = pathToFileURL(resolve("dist/studio/index.html")).href;

interface Picture {
  readonly file: string;
  readonly state: string;
  readonly width: number;
  readonly height: number;
  readonly colorScheme: "light" | "dark";
  /** The whole window where undefined. */
  readonly region?: string;
  /** A button that is pressed before. */
  readonly press?: string;
  /** Its colors pass into each other. */
  readonly isSmooth?: boolean;
}

/** Each by its file, its address and the window that it is taken in. */
const PICTURES: readonly Picture[] = [
  { file: "studio", state: "", width: 1280, height: 900, colorScheme: "light" },
  { file: "studio-flow", state: "#example=7&against=5", width: 1280, height: 900, colorScheme: "dark", region: "Flow" },
  { file: "studio-compare", state: "#example=2", width: 1280, height: 900, colorScheme: "light", region: "Compare" },
  {
    file: "studio-plane",
    state: "#tab=plane&data=circles&count=120&depth=3&epochs=80&at=-0.55_0.6&to=0.8_-0.5",
    width: 900,
    height: 900,
    colorScheme: "light",
    region: "Plane",
    press: "Play",
    isSmooth: true,
  },
  { file: "studio-phone", state: "", width: 375, height: 760, colorScheme: "dark" },
  {
    file: "studio-train",
    state: "#tab=train&epochs=8",
    width: 1280,
    height: 1160,
    colorScheme: "light",
    press: "Train",
  },
  { file: "studio-story", state: "?story#story.step=2", width: 1280, height: 900, colorScheme: "light" },
];
const PATIENCE = { timeout: 300_000 };

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const [only] = process.argv.slice(2);
for (const { file, state, width, height, colorScheme, region, press, isSmooth } of PICTURES) {
  if (only !== undefined && file !== only) continue;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(STUDIO + state, PATIENCE);
  const ready = page.getByRole("status").filter({ hasText: "ready" });
  await ready.waitFor(PATIENCE);
  if (press !== undefined) {
    await page.getByRole("button", { name: press, exact: true }).click();
    await page.getByRole("status").filter({ hasText: "training" }).waitFor(PATIENCE);
    await ready.waitFor(PATIENCE);
  }
  const path = `docs/${file}.png`;
  const shot = region === undefined ? page : page.getByRole("region", { name: region });
  const png = await shot.screenshot();
  await writeFile(path, isSmooth ? coarse(png) : png);
  await page.close();
}
await browser.close();

/** In 32 shades a channel: half the bytes, of a picture whose colors pass into each other. */
function coarse(png: Uint8Array): Uint8Array {
  const { width, height, data } = decode(png);
  const shades = Uint8Array.from(data, (shade) => Math.min(255, 8 * Math.round(shade / 8)));
  return encode({ width, height, data: shades, channels: 3, depth: 8 }, { zlib: { level: 9 } });
}
