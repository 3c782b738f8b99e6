/** What Explain shows, against what is known by hand and what the library answers. */
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { encode } from "fast-png";
import type { Browser, Page } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import { readNpy, writeNpy } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import {
  add,
  constant,
  float32,
  graph,
  input,
  matMul,
  openOnnx,
  relu,
  sizeOf,
  writeModel,
} from "../../src/graph/index.ts";
import { Model } from "../../src/models/index.ts";
import { inputShapeOf, networkFromOnnx } from "../../src/network/index.ts";
import { activate, pathFlow } from "../../src/paths/index.ts";
import { randomStream } from "../../src/random.ts";
import { type OpenedStudio, openStudio, ready, runCommand, startStudio } from "../support/studio.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const SHARED = resolve("../shared");

/** Opens files with an input of the page, and waits for the answer. */
async function give(page: Page, label: string, files: string | readonly string[]): Promise<void> {
  const shown = page.getByRole("region", { name: "Logits" });
  const before = await shown.textContent().catch(() => null);
  await page.getByLabel(label, { exact: true }).setInputFiles(files);
  await expect.poll(() => shown.textContent(), { timeout: 30_000, interval: 20 }).not.toBe(before);
  await ready(page);
}

/** The numbers of a region's CSV file, row by row behind its heads. */
async function csv(page: Page, region: string): Promise<readonly (readonly string[])[]> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page
      .getByRole("region", { name: region })
      .getByRole("button", { name: `CSV of ${region}` })
      .click(),
  ]);
  const text = readFileSync(await download.path(), "utf8");
  return text
    .trimEnd()
    .split("\r\n")
    .slice(1)
    .map((line) => line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/));
}

const column = (rows: readonly (readonly string[])[], at: number): readonly number[] =>
  rows.map((row) => Number(row[at]));

/** Two inputs, three units of which the third is never open, two outputs. */
function knownModel(): Uint8Array {
  const hidden = relu(
    add(
      matMul(input("x", "float32", ["batch", 2]), constant(float32([2, 3], [1, -1, 0, 0, 0, 1]))),
      constant(float32([3], [0, 0, -9])),
    ),
  );
  return writeModel(graph({ y: matMul(hidden, constant(float32([3, 2], [2, 0, 0, 3, 1, 1]))) })).bytes;
}

export function explainCases(browser: () => Browser): void {
  // one page for all that the page itself stays alive through: opening it takes longer than most tests
  let shared: Promise<OpenedStudio> | undefined;
  const opened = (): Promise<OpenedStudio> => {
    shared ??= openStudio(browser());
    return shared;
  };
  afterAll(async () => {
    await (await shared)?.[Symbol.asyncDispose]();
  });

  it("gives the numbers of the command that it shows", async () => {
    const { page } = await opened();
    await using folder = await temporaryFolder();
    const at = (file: string): string => join(folder.path, file);
    for (const name of ["Save network", "Save input", "Save examples of Neighbors", "Save examples of Kernel"]) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name, exact: true }).click(),
      ]);
      await download.saveAs(join(folder.path, download.suggestedFilename()));
    }
    await page.getByRole("radio", { name: "against output 5" }).check();
    await ready(page);
    const commandOf = async (region: string): Promise<string> =>
      (await page.getByRole("region", { name: region }).locator(".command code").textContent()) ?? "";
    const run = async (command: string): Promise<string> => {
      const words = command.split(" ").slice(2);
      return await runCommand([...words.map((word) => (/\.(onnx|npy)$/.test(word) ? at(word) : word)), "--json"]);
    };
    const command = await commandOf("Flow");
    expect(command).toBe("npx gatewise flow --model digits.onnx --inputs digits.npy --output 3 --against 5");
    const { inputFlow } = JSON.parse(await run(command));
    expect(column(await csv(page, "Input"), 2)).toEqual(inputFlow);
    const { queries } = JSON.parse(await run(await commandOf("Neighbors")));
    const nearest: readonly { readonly example: number }[] = queries[0].neighbors;
    // the input is one of those that are searched, and its own nearest
    expect(column(await csv(page, "Neighbors"), 0)).toEqual(nearest.map(({ example }) => example).slice(1));
    await run(await commandOf("Kernel"));
    const kernel = (await csv(page, "Kernel")).flatMap((row) => row.slice(1).map(Number));
    readNpy(readFileSync(at("K.npy"))).data.forEach((one, i) => {
      expect((kernel[i] ?? 0) / Number(one)).toBeCloseTo(1, 4);
    });
    expect(readNpy(readFileSync(join(folder.path, "digits.npy"))).shape).toEqual([1, 28, 28]);
  });

  it("follows the pen, and describes its map", async () => {
    const { page, faults } = await opened();
    const map = page.getByRole("img", { name: "Contribution map" });
    const words = async (): Promise<string> =>
      await map.evaluate(
        (canvas) => document.getElementById(canvas.getAttribute("aria-describedby") ?? "")?.textContent ?? "",
      );
    const before = await words();
    expect(before).toMatch(
      /^Largest positive element: row \d+, column \d+ \(\+[\d.e-]+\); largest negative element: row \d+, column \d+ \(−[\d.e-]+\)\.$/,
    );
    await page.getByRole("button", { name: "Clear" }).click();
    const pad = page.getByRole("img", { name: /^Input: draw here/ });
    // Clear is below it: who comes from further down sees that alone, and strokes outside of the window are none
    await pad.scrollIntoViewIfNeeded();
    const box = await pad.boundingBox();
    if (box === null) throw new Error("no pad");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 5);
    await page.mouse.down();
    for (let y = 0.2; y <= 0.8; y += 0.05) await page.mouse.move(box.x + box.width / 2, box.y + box.height * y);
    await page.mouse.up();
    await ready(page);
    expect(await words()).not.toBe(before);
    // a stroke from top to bottom is a one for this network
    const logits = column(await csv(page, "Logits"), 1);
    expect(logits.indexOf(Math.max(...logits))).toBe(1);
    expect(faults).toEqual([]);
  });

  it("shows map, gates and sub-network of one input together, each painted once, also while inputs chase each other", async () => {
    const { page } = await opened();
    const { frames, paints } = await page.evaluate(async () => {
      const canvasOf = (where: string): HTMLCanvasElement => {
        const found = document.querySelector<HTMLCanvasElement>(where);
        if (found === null) throw new Error(`no ${where}`);
        return found;
      };
      const pictures = [
        canvasOf("[aria-label='Contribution map']"),
        canvasOf("[data-region=Gates] canvas"),
        canvasOf("[data-region=Flow] canvas"),
      ];
      const { prototype } = CanvasRenderingContext2D;
      const { clearRect } = prototype;
      let cleared = 0;
      prototype.clearRect = function (this: CanvasRenderingContext2D, ...given) {
        if (this.canvas.closest("[data-region=Flow]") !== null) cleared++;
        clearRect.apply(this, given);
      };
      const next = [...document.querySelectorAll("button")].find((one) => one.ariaLabel === "Next example");
      const kept = new Map<string, readonly string[]>();
      // every other change comes before the answer to the one before
      for (let frame = 0; frame < 60; frame++) {
        if (frame % 12 === 0 || frame % 12 === 1) next?.click();
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const shown = pictures.map((canvas) => canvas.toDataURL());
        kept.set(shown.join(), shown);
      }
      prototype.clearRect = clearRect;
      return { frames: [...kept.values()], paints: cleared };
    });
    expect(frames.length).toBeGreaterThan(3);
    // a picture of another input than the ones beside it would be there twice
    for (const picture of [0, 1, 2]) expect(new Set(frames.map((shown) => shown[picture])).size).toBe(frames.length);
    // two inputs may come in one frame; each painted twice would be more
    expect(paints).toBeGreaterThanOrEqual(frames.length - 1);
    expect(paints).toBeLessThan(2 * (frames.length - 1));
    await ready(page);
  });

  it("says in a sentence what it cannot open, and stays alive", async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    const hostile = '<img src=x onerror="document.title=1">.onnx';
    await writeFile(at(hostile), "no model at all");
    await writeFile(at("wide.npy"), writeNpy(float32([2, 5], new Float32Array(10))));
    await writeFile(at("broken.png"), "PNG?");
    for (const name of ["large.npy", "large.onnx"]) {
      await using file = await open(at(name), "w");
      await file.truncate(100_000_000);
    }
    const { page, faults } = await opened();
    const refused = async (label: string, file: string): Promise<string | null> => {
      await page.getByLabel(label, { exact: true }).setInputFiles(file);
      const status = page.getByRole("status");
      await expect.poll(() => status.textContent(), { timeout: 30_000 }).toContain("expected");
      const text = await status.textContent();
      await page.getByRole("button", { name: "Next example" }).click();
      await ready(page);
      return text;
    };
    expect(await refused("Open model", at(hostile))).toMatch(/expected an ONNX|expected .*model/);
    expect(await refused("Open input", at("wide.npy"))).toBe(
      'wide.npy of float32 [2, 5]: expected float32 or float64 of shape [n, 28, 28], as the model reads them in NumPy: np.save("x.npy", x.reshape(-1, 28, 28).astype("float32"))',
    );
    expect(await refused("Open input", at("broken.png"))).toContain("broken.png, which no image can be read from");
    expect(await refused("Open input", at("large.npy"))).toContain(
      "large.npy of 100 MB: expected at most 67 MB in a page",
    );
    expect(await refused("Open model", at("large.onnx"))).toContain("expected");
    const sigmoid = join(SHARED, "models/mnist-sigmoid-refused.onnx");
    if (existsSync(sigmoid)) expect(await refused("Open model", sigmoid)).toContain("Sigmoid");
    expect(await page.title()).toBe("Gatewise studio");
    expect(faults).toEqual([]);
  });

  it("says that its worker is gone, and goes on with another", async () => {
    const { page } = await opened();
    // as a crash does: without a word
    for (const worker of page.workers()) await worker.evaluate(() => globalThis.close()).catch(() => {});
    await expect.poll(() => page.getByRole("status").textContent()).toContain("the worker that computes is gone");
    await page.getByRole("button", { name: "Next example" }).click();
    await ready(page);
  });

  describe.skipIf(!existsSync(join(SHARED, "models")))("gives the numbers of the library", () => {
    it.each([
      "models/nano-sklearn.onnx",
      "models/acasxu-1-1.onnx",
      "models/mnist-convnet-avgpool.onnx",
      "models/cifar10-tf2onnx-small.onnx",
      "oracles/flow/residual.onnx",
      "oracles/flow/conv-maxpool.onnx",
    ])("%s", async (name) => {
      const file = join(SHARED, name);
      const network = networkFromOnnx(openOnnx(readFileSync(file)));
      await using model = new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) });
      const shape = inputShapeOf(network);
      const inputs = float32([4, ...shape], randomStream(3, name).uniform(4 * sizeOf(shape), 0, 1));
      const first = float32([1, ...shape], inputs.data.slice(0, sizeOf(shape)));
      await using folder = await temporaryFolder();
      await writeFile(join(folder.path, "x.npy"), writeNpy(inputs));
      const { page, faults } = await opened();
      await give(page, "Open model", file);
      await give(page, "Open input", join(folder.path, "x.npy"));
      const active = activate(network, first.data);
      const output = active.logits.indexOf(Math.max(...active.logits));
      const flow = pathFlow(active, { output, against: null });
      // the same passes on the same machine: to the last digit
      expect(column(await csv(page, "Logits"), 1)).toEqual([...active.logits]);
      expect(column(await csv(page, "Input"), 2)).toEqual([...flow.inputFlow]);
      expect(column(await csv(page, "Gates"), 3)).toEqual(flow.layers.flatMap((layer) => [...layer.flow]));
      expect(column(await csv(page, "Paths"), 0)).toEqual(
        model.paths(first).top.map(({ contribution }) => contribution),
      );
      const kernel = (await csv(page, "Kernel")).map((row) => row.slice(1).map(Number));
      // gates by the engine in float32 in WebAssembly, which may round another way
      const wanted = await model.pathKernel(inputs);
      kernel.flat().forEach((one, i) => void expect(one / (wanted.data[i] ?? 0)).toBeCloseTo(1, 4));
      expect(faults).toEqual([]);
    });
  });

  it("shows known gates, logits and contributions, and what closing a unit does", async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    await writeFile(at("known.onnx"), knownModel());
    await writeFile(at("x.npy"), writeNpy(float32([3, 2], [1, 5, -2, 5, 0.5, 5])));
    const { page, faults } = await opened();
    await give(page, "Open model", at("known.onnx"));
    await give(page, "Open input", at("x.npy"));
    // x = (1, 5): the first unit is open with 1, the others shut; y = (2, 0)
    expect(column(await csv(page, "Logits"), 1)).toEqual([2, 0]);
    const alphas = (): Promise<readonly number[]> =>
      page
        .getByRole("region", { name: "Gates" })
        .getByRole("img")
        .evaluate((canvas) => {
          if (!(canvas instanceof HTMLCanvasElement)) throw new Error("no canvas");
          const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
          return Array.from(data).filter((_, i) => i % 4 === 3);
        });
    expect(await alphas()).toEqual([255, 0, 0]);
    await page.getByRole("button", { name: "Next example" }).click();
    await expect.poll(alphas).toEqual([0, 255, 0]);
    await ready(page);
    // x = (−2, 5): the second unit gives 2, y = (0, 6), all of it from the first element
    expect(column(await csv(page, "Logits"), 1)).toEqual([0, 6]);
    expect(column(await csv(page, "Input"), 2)).toEqual([6, 0]);
    const flow = page.getByRole("region", { name: "Flow" });
    await flow.getByRole("spinbutton", { name: "Unit" }).fill("1");
    await expect.poll(() => flow.textContent()).toContain("output, unit 1+6");
    await flow.getByRole("button", { name: "Close this unit" }).click();
    expect(await flow.locator(".command code").textContent()).toContain(
      "# with all units: the command closes none, the page has closed 1",
    );
    await expect.poll(alphas).toEqual([0, 0, 0]);
    await ready(page);
    expect(column(await csv(page, "Logits"), 1)).toEqual([0, 0]);
    expect(faults).toEqual([]);
  });

  it("opens a model of two outputs once one is chosen, and an image", async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    const hidden = relu(matMul(input("x", "float32", ["batch", 1, 2, 2]), constant(float32([2, 2], [1, 0, 0, 1]))));
    const outputs = { plain: hidden, twice: add(hidden, hidden) };
    await writeFile(at("two.onnx"), writeModel(graph(outputs)).bytes);
    const pixels = Uint8Array.from([0, 51, 102, 255]);
    await writeFile(at("image.png"), encode({ width: 2, height: 2, data: pixels, channels: 1, depth: 8 }));
    const { page, faults } = await opened();
    const status = page.getByRole("status");
    await page.getByLabel("Open model", { exact: true }).setInputFiles(at("two.onnx"));
    await expect.poll(() => status.textContent(), { timeout: 60_000 }).toContain("expected one of them to be chosen");
    await page.getByText("Models of several inputs or outputs").click();
    await page.getByLabel("Model output").fill("twice");
    await page.getByRole("button", { name: "Open again" }).click();
    await page.getByText("two.onnx:").waitFor();
    await give(page, "Open input", at("image.png"));
    expect(column(await csv(page, "Logits"), 1)).toEqual([0, 51, 102, 255].map((byte) => 2 * Math.fround(byte / 255)));
    const command = page.getByRole("region", { name: "Logits" }).locator(".command code");
    expect(await command.textContent()).toContain("--model two.onnx --model-output twice --inputs image.npy");
    expect(faults).toEqual([]);
  });

  it("opens what the command was given, and the command ends with its signal", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "known & <named>.onnx");
    await writeFile(file, knownModel());
    const { address, child } = await startStudio([file]);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    try {
      await using studio = await openStudio(browser(), address);
      expect(await studio.page.locator(".lead").first().textContent()).toContain(
        "known & <named>.onnx: 12 weights, 3 gates",
      );
      expect(studio.faults).toEqual([]);
    } finally {
      child.kill("SIGINT");
    }
    expect((await once(child, "exit"))[0]).toBe(0);
  });
}
