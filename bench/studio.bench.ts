/**
 * How fast the studio's page is, in the Chromium of the system: milliseconds from a changed input to painted map, gates and flow, and
 * from a blank page to the first of them (medians), and frames a second while the five regimes train:
 * `npx tsdown && npx tsx bench/studio.bench.ts`.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { type Browser, chromium, type Page } from "playwright-core";
import { writeNpy } from "../src/data/index.ts";
import { float32, sizeOf } from "../src/graph/index.ts";
import { type Architecture, initialParameters } from "../src/network/index.ts";
import { randomStream } from "../src/random.ts";
import { type TrainingPlan, trainedModel } from "../src/train/index.ts";
import { median } from "./contestants.ts";
import { pathNetworks } from "./path-networks.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    /** For which frames are counted. */
    seconds: { type: "string", default: "8" },
    width: { type: "string", default: "16" },
  },
});
const STUDIO = pathToFileURL(resolve("dist/studio/index.html")).href;
const EXAMPLES = 3;
const PATIENCE = { timeout: 300_000 };
/** What the page is to keep, in milliseconds and in frames a second. */
const BARS = { dense: 50, maps: 200, first: 2000, frames: 50 };

const ready = (page: Page): Promise<void> => page.getByRole("status").filter({ hasText: "ready" }).waitFor(PATIENCE);

async function opened(browser: Browser, state = ""): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  // what runs the bench names its functions by a helper, which a page lacks
  await page.addInitScript("globalThis.__name = (named) => named");
  await page.goto(STUDIO + state, PATIENCE);
  return page;
}

/** A trained size of weights, as a file. */
function modelOf(architecture: Architecture): Uint8Array {
  const plan: TrainingPlan = {
    architecture,
    regime: "relu",
    initializer: { kind: "he-uniform" },
    optimizer: { kind: "sgd", learningRate: 0.1, momentum: 0 },
    loss: "softmax-cross-entropy",
    batch: 32,
    epochs: 1,
    seed: 0,
  };
  return trainedModel(plan, initialParameters(plan)).bytes;
}

/** Chooses another example in the page and waits until its map, its gates and its sub-network are painted. */
const changeInput = (page: Page, example: number): Promise<number> =>
  page.evaluate(async (wanted) => {
    const { prototype } = CanvasRenderingContext2D;
    const { putImageData, stroke } = prototype;
    const seen = { map: false, gates: false, flow: false };
    const done = new Promise<void>((resolvePainted) => {
      const note = (name: keyof typeof seen): void => {
        seen[name] = true;
        if (seen.map && seen.gates && seen.flow) requestAnimationFrame(() => resolvePainted());
      };
      prototype.putImageData = function (this: CanvasRenderingContext2D, ...given: unknown[]) {
        Reflect.apply(putImageData, this, given);
        if (this.canvas.getAttribute("aria-label") === "Contribution map") note("map");
        if (this.canvas.closest("[data-region=Gates]") !== null) note("gates");
      };
      prototype.stroke = function (this: CanvasRenderingContext2D, ...given: unknown[]) {
        Reflect.apply(stroke, this, given);
        // what is drawn before the gates would be of the input before
        if (seen.gates && this.canvas.closest("[data-region=Flow]") !== null) note("flow");
      };
    });
    const field = document.querySelector<HTMLInputElement>("[data-region=Input] input[type=number]");
    if (field === null) throw new Error("no examples");
    const start = performance.now();
    field.value = String(wanted);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await done;
    Object.assign(prototype, { putImageData, stroke });
    return performance.now() - start;
  }, example);

async function changes(browser: Browser, architecture: Architecture, rounds: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "gatewise-studio-"));
  try {
    const { inputShape } = architecture;
    const data = randomStream(0, "inputs").uniform(EXAMPLES * sizeOf(inputShape), 0, 1);
    await writeFile(join(folder, "model.onnx"), modelOf(architecture));
    await writeFile(join(folder, "x.npy"), writeNpy(float32([EXAMPLES, ...inputShape], data)));
    const page = await opened(browser);
    await ready(page);
    for (const [label, file] of [
      ["Open model", "model.onnx"],
      ["Open input", "x.npy"],
    ] as const) {
      await page.getByLabel(label, { exact: true }).setInputFiles(join(folder, file));
      await page.waitForTimeout(500);
      await ready(page);
    }
    const times: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const time = await changeInput(page, (round + 1) % EXAMPLES);
      await ready(page);
      // the first one warms
      if (round > 0) times.push(time);
    }
    await page.close();
    return median(times);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Since the page was asked for. */
async function firstView(browser: Browser): Promise<number> {
  const page = await opened(browser);
  await page.locator("[data-region=Flow] canvas").waitFor(PATIENCE);
  const time = await page.evaluate(() => performance.now());
  await page.close();
  return time;
}

async function framesWhileTraining(browser: Browser, seconds: number): Promise<number> {
  const page = await opened(browser, "#tab=train&epochs=200");
  await ready(page);
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page.getByRole("table", { name: "Results" }).locator("tr").nth(5).waitFor(PATIENCE);
  const frames = await page.evaluate(
    (milliseconds) =>
      new Promise<number>((resolveCount) => {
        const start = performance.now();
        let count = 0;
        const frame = (now: number): void => {
          if (now - start >= milliseconds) resolveCount((1000 * count) / (now - start));
          else {
            count++;
            requestAnimationFrame(frame);
          }
        };
        requestAnimationFrame(frame);
      }),
    1000 * seconds,
  );
  await page.close();
  return frames;
}

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const table = new Table({ head: ["", "median", "bar"] });
const rounds = Number(options.rounds);
for (const [name, architecture] of Object.entries(pathNetworks(Number(options.width)))) {
  const bar = name.startsWith("FC") ? BARS.dense : BARS.maps;
  table.push([
    `changed input, ${name}`,
    `${(await changes(browser, architecture, rounds)).toFixed(0)} ms`,
    `${bar} ms`,
  ]);
}
const views: number[] = [];
for (let i = 0; i < 5; i++) views.push(await firstView(browser));
table.push(["first view", `${median(views).toFixed(0)} ms`, `${BARS.first} ms`]);
const frames = await framesWhileTraining(browser, Number(options.seconds));
table.push(["frames while training", `${frames.toFixed(0)} / s`, `${BARS.frames} / s`]);
await browser.close();
console.log(table.toString());
