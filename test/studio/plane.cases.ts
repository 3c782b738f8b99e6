/** What Plane draws and says, against networks whose lines are known, the library, and the command that it shows. */
import { readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { expect, it } from "vitest";
import { readNpy } from "../../src/data/index.ts";
import {
  fullyConnected,
  type GatedNetwork,
  gatedNetwork,
  initialParameters,
  networkFromOnnx,
  regimeOf,
} from "../../src/network/index.ts";
import { activate, flippingLayers, flipsAlong, openGates } from "../../src/paths/index.ts";
import { openStudio, ready, runCommand, STUDIO_FILE } from "../support/studio.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PLANE = `${STUDIO_FILE}#tab=plane`;
const press = (page: Page, name: string): Promise<void> => page.getByRole("button", { name, exact: true }).click();

/** A file that a button gives. */
async function saved(page: Page, button: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, button)]);
  return await download.path();
}

/** Rows of the table behind a picture. */
async function rowsOf(page: Page, region: string): Promise<readonly (readonly string[])[]> {
  const text = readFileSync(await saved(page, `CSV of ${region}`), "utf8");
  return text
    .trimEnd()
    .split("\r\n")
    .slice(1)
    .map((line) => line.split(","));
}

/** Colors of the picture at places of the window, from its left and its bottom, 0 to 1. */
const colorsAt = (page: Page, places: readonly (readonly [number, number])[]): Promise<readonly string[]> =>
  page.evaluate(async (asked) => {
    // the frame after what has changed
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const canvas = document.querySelector<HTMLCanvasElement>(".plane-picture canvas");
    const context = canvas?.getContext("2d");
    if (!canvas || !context) throw new Error("no picture");
    return asked.map(([s, t]) =>
      context.getImageData(Math.floor(s * canvas.width), Math.floor((1 - t) * canvas.height), 1, 1).data.join(),
    );
  }, places);

const countOf = async (page: Page): Promise<number> =>
  Number((await page.locator(".numbers dd").first().textContent())?.replace(",", ""));

const clickAt = async (page: Page, s: number, t: number): Promise<void> => {
  const box = await page.locator(".plane-picture canvas").boundingBox();
  if (box === null) throw new Error("no picture");
  await page.locator(".plane-picture canvas").click({ position: { x: s * box.width, y: (1 - t) * box.height } });
};

const RANDOM_BIASES = { kind: "glorot-uniform", biases: "random" } as const;

/** Rows of a segment against the flips that the library finds from one end to the other, `[x1, y1, x2, y2]`. */
function expectFlips(rows: readonly (readonly string[])[], network: GatedNetwork, ends: readonly number[]): void {
  const layers = flippingLayers(network).map(({ position }) => position);
  const [from, to] = [ends.slice(0, 2), ends.slice(2)];
  const flips = [...flipsAlong(activate(network, from), from, to)].flatMap(({ flip }) =>
    flip === undefined ? [] : [[flip.at, layers.indexOf(flip.position) + 1, flip.unit, flip.from, flip.to]],
  );
  expect(flips.length).toBeGreaterThan(2);
  expect(rows.map((row) => [0, 3, 4, 5, 6].map((i) => Number(row[i])))).toEqual(
    flips.map(([at = 0, ...rest]) => [expect.closeTo(at, 6), ...rest]),
  );
}

/** The gates of a point, one layer behind the other. */
function openGatesAt(network: GatedNetwork, point: readonly number[]): { readonly open: string } {
  const { values } = activate(network, point);
  const { open } = openGates(network, (position) => values.get(position) ?? []);
  return {
    open: flippingLayers(network)
      .map(({ position }) => open.get(position)?.join(""))
      .join(""),
  };
}

/** Letters that differ. */
const differing = (a = "", b = ""): number => [...a].filter((letter, i) => letter !== b[i]).length;

/** Half a side of the window of points that were drawn. */
const HALF = 1.6;
const inData = (share: number): number => (2 * share - 1) * HALF;

export function planeCases(browser: () => Browser): void {
  it("paints the regions of two gates where their lines are, and the lines on them", async () => {
    const state = "&width=2&depth=2&seed=2&color=regions&count=10&at=9_9&to=9_9";
    await using studio = await openStudio(browser(), PLANE + state);
    const { page } = studio;
    const architecture = fullyConnected({ inputShape: [2], depth: 2, width: 2, outputs: 2, bias: true });
    const [first] = Object.values(
      initialParameters({ architecture, regime: "relu", initializer: RANDOM_BIASES, seed: 2 }).value,
    );
    const q = (unit: number, s: number, t: number): number =>
      (first?.weight.data[unit] ?? 0) * inData(s) +
      (first?.weight.data[2 + unit] ?? 0) * inData(t) +
      (first?.bias?.data[unit] ?? 0);
    const places = Array.from(
      { length: 900 },
      (_, i) => [((i % 30) + 0.5) / 30, (Math.floor(i / 30) + 0.5) / 30] as const,
    );
    const colors = await colorsAt(page, places);
    const byGates = new Map<string, Map<string, number>>();
    for (const [i, [s, t]] of places.entries()) {
      const near = Math.min(Math.abs(q(0, s, t)), Math.abs(q(1, s, t)));
      const own = colors[i] ?? "";
      if (near < 0.03) continue;
      const gates = `${Number(q(0, s, t) > 0)}${Number(q(1, s, t) > 0)}`;
      const counts = byGates.get(gates) ?? new Map<string, number>();
      byGates.set(gates, counts.set(own, (counts.get(own) ?? 0) + 1));
    }
    // one color each but for the points that are on it, and each another one
    const usual = [...byGates].map(([gates, counts]) => {
      const all = [...counts.values()].reduce((a, b) => a + b, 0);
      const [color, count] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ["", 0];
      return { gates, color, share: count / all };
    });
    for (const { gates, share } of usual) expect(share, gates).toBeGreaterThan(0.9);
    expect(new Set(usual.map(({ color }) => color)).size).toBe(usual.length);
    expect(await countOf(page)).toBe(usual.length);
    // layer 1 is drawn in ink: where its lines pass between the left and the right
    const ink = "27,31,35,255";
    const along = [0, 1].flatMap((unit) =>
      Array.from({ length: 40 }, (_, i) => {
        const s = (i + 0.5) / 40;
        const t = q(unit, s, 0) / (q(unit, s, 0) - q(unit, s, 1));
        return [s, t] as const;
      }).filter(([, t]) => t > 0.02 && t < 0.98),
    );
    const ofLines = await colorsAt(page, along);
    expect(along.length).toBeGreaterThan(20);
    expect(ofLines.filter((color) => color === ink).length / along.length).toBeGreaterThan(0.7);
    // and the table has the same: gates, shares that sum to the plane
    const rows = await rowsOf(page, "Plane");
    expect(rows.map(([, gates]) => gates).sort()).toEqual([...byGates.keys()].sort());
    expect(rows.reduce((sum, [, , share]) => sum + Number(share), 0)).toBeCloseTo(1, 9);
    await page.getByLabel(/layer 1, 2 gates/).uncheck();
    await expect.poll(() => page.url()).toContain("hide=0");
    expect((await colorsAt(page, along)).filter((color) => color === ink).length).toBeLessThan(along.length / 4);
  });

  it("trains as the command does, and has the gates and flips that the library finds", async () => {
    const state =
      "&regime=frnpf-ii&width=6&depth=3&epochs=3&count=60&noise=0.15&lr=0.02&seed=1&at=-0.5_0.4&to=0.9_-0.8";
    await using studio = await openStudio(browser(), PLANE + state);
    const { page, faults } = studio;
    await press(page, "Step");
    await ready(page);
    await press(page, "Play");
    await ready(page);
    expect(await page.locator(".timeline span").textContent()).toBe("FRNPF(II), epoch 3");
    await page.getByRole("region", { name: "Plane" }).getByText("Command", { exact: true }).click();
    const command = await page.getByRole("region", { name: "Plane" }).locator("code").textContent();
    const [, options = ""] = /gatewise train --data moons\.csv (.*) --out plane$/.exec(command ?? "") ?? [];
    await using folder = await temporaryFolder();
    const [data, out] = [join(folder.path, "moons.csv"), join(folder.path, "plane")];
    await copyFile(await saved(page, "Save data"), data);
    await runCommand(["train", "--data", data, ...options.split(" "), "--out", out]);
    const told = readFileSync(join(out, "metrics.jsonl"), "utf8").trimEnd().split("\n");
    const learnt = await rowsOf(page, "Learning");
    expect(learnt).toHaveLength(3);
    for (const [i, [, , loss, accuracy]] of learnt.entries()) {
      // WebAssembly sums in another order than native code
      const wanted = { trainLoss: expect.closeTo(Number(loss), 4), testAccuracy: expect.closeTo(Number(accuracy), 1) };
      expect(JSON.parse(told[i] ?? "")).toMatchObject(wanted);
    }
    const architecture = fullyConnected({ inputShape: [2], depth: 3, width: 6, outputs: 2, bias: true });
    const plan = { architecture, regime: "frnpf-ii", initializer: RANDOM_BIASES, seed: 1 } as const;
    const { data: ends } = readNpy(readFileSync(await saved(page, "Save points")));
    expect(Array.from(ends, Number)).toEqual([-0.5, 0.4, 0.9, -0.8]);
    // its gates stay those that it began with
    const network = gatedNetwork(architecture, regimeOf(plan), initialParameters(plan));
    expectFlips(await rowsOf(page, "Segment"), network, Array.from(ends, Number));
    expect(faults).toEqual([]);
  });

  it("leaves random gates where they are while their values learn, moves learnt ones, and goes back and forth", async () => {
    const state = "&width=4&depth=3&epochs=4&count=60&lr=0.05&biases=zero";
    await using studio = await openStudio(browser(), `${PLANE}${state}&regime=frnpf-ii`);
    const { page } = studio;
    // every line of the first layer passes the origin: as many sectors as lines have sides there, at least
    expect(await page.getByText("every line of the first layer passes through the origin").isVisible()).toBe(true);
    const before = await rowsOf(page, "Plane");
    await press(page, "Play");
    await ready(page);
    expect(await rowsOf(page, "Plane")).toEqual(before);
    expect((await rowsOf(page, "Learning")).length).toBe(4);
    await page.getByLabel("Regime").selectOption("flnpf");
    await ready(page);
    await press(page, "Play");
    await ready(page);
    expect(await page.locator(".timeline span").textContent()).toBe("FLNPF, epoch 4");
    const last = await rowsOf(page, "Plane");
    const slider = page.getByLabel("Moment of the training");
    await slider.fill("4");
    await ready(page);
    expect(await page.locator(".timeline span").textContent()).toBe("ReLU, epoch 4");
    const network = networkFromOnnx(readFileSync(await saved(page, "Save network")));
    const { data: ends } = readNpy(readFileSync(await saved(page, "Save points")));
    expectFlips(await rowsOf(page, "Segment"), network, Array.from(ends, Number));
    // the point's way through the training: flips are what differs from row to row
    const way = await rowsOf(page, "Point");
    const gatesOf = (row: readonly string[] = []): string => row.slice(-3, -1).join("");
    const flipped = way.map((row, i) => (i === 0 ? 0 : differing(gatesOf(row), gatesOf(way[i - 1]))));
    expect(way.map((row) => Number(row.at(-1)))).toEqual(flipped);
    const { open } = openGatesAt(network, Array.from(ends.subarray(0, 2), Number));
    expect(gatesOf(way.at(-1))).toBe(open);
    await slider.fill("0");
    await ready(page);
    expect(await page.locator(".timeline span").textContent()).toBe("ReLU, epoch 0");
    expect(await rowsOf(page, "Plane")).not.toEqual(last);
    // the held gates are those of all of its epochs
    await slider.fill("5");
    await ready(page);
    expect(await page.locator(".timeline span").textContent()).toBe("FLNPF, epoch 0");
    expect(await rowsOf(page, "Plane")).toEqual(last);
  });

  it("takes own points by click and by key, of several classes, and keeps them in the address", async () => {
    await using studio = await openStudio(browser(), `${PLANE}&data=own&width=4&depth=2`);
    const { page, faults } = studio;
    expect(await page.getByText("Add at least two points of each of two classes").isVisible()).toBe(true);
    await page.getByLabel("0", { exact: true }).check();
    await clickAt(page, 0.2, 0.2);
    await clickAt(page, 0.25, 0.3);
    await page.getByLabel("1", { exact: true }).check();
    await clickAt(page, 0.8, 0.7);
    await page.locator(".plane-picture canvas").focus();
    await page.keyboard.press("Shift+ArrowLeft");
    await page.keyboard.press("Enter");
    await ready(page);
    expect(await countOf(page)).toBeGreaterThan(1);
    await page.getByLabel("2", { exact: true }).check();
    await page.keyboard.press("Tab");
    await clickAt(page, 0.5, 0.9);
    await clickAt(page, 0.45, 0.8);
    await ready(page);
    const table = readFileSync(await saved(page, "Save data"), "utf8")
      .trimEnd()
      .split("\n");
    expect(table.map((line) => line.split(",")[2])).toEqual(["class", "0", "0", "1", "1", "2", "2"]);
    const [x, y] = (table[1] ?? "").split(",").map(Number);
    expect(x).toBeCloseTo(inData(0.2), 1);
    expect(y).toBeCloseTo(inData(0.2), 1);
    const before = await rowsOf(page, "Plane");
    await page.reload();
    await ready(page);
    expect(await rowsOf(page, "Plane")).toEqual(before);
    await page.getByLabel("takes a point away").check();
    await clickAt(page, 0.5, 0.9);
    await ready(page);
    expect(
      readFileSync(await saved(page, "Save data"), "utf8")
        .trimEnd()
        .split("\n"),
    ).toHaveLength(6);
    expect(faults).toEqual([]);
  });

  it("opens a table, and says what it cannot draw or train", async () => {
    await using studio = await openStudio(browser(), `${PLANE}&width=3&depth=2&count=20`);
    const { page } = studio;
    const status = page.getByRole("status");
    const open = (name: string, text: string): Promise<void> =>
      page.getByLabel("Open data").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
    const rows = Array.from({ length: 24 }, (_, i) => `${i},"${100 + ((7 * i) % 11)}",${i % 5},${"abc"[i % 3]}`);
    await open("flowers.csv", ["length,width,other,kind", ...rows].join("\n"));
    await ready(page);
    expect(await page.getByRole("combobox", { name: "Class" }).inputValue()).toBe("kind");
    await page.getByRole("combobox", { name: "Up" }).selectOption("other");
    await ready(page);
    await page.getByRole("region", { name: "Plane" }).getByText("Command", { exact: true }).click();
    expect(await page.getByRole("region", { name: "Plane" }).locator("code").textContent()).toContain(
      "--data flowers.csv --targets classes --label kind --drop width --standardize --regime relu",
    );
    const before = await countOf(page);
    await open("words.csv", "a,b\nx,y\n");
    await expect.poll(() => status.textContent()).toMatch(/^words\.csv with 2 columns, 0 of numbers.*expected a table/);
    expect(await countOf(page)).toBe(before);
    await page.getByRole("combobox", { name: "Data" }).selectOption("circles");
    await ready(page);
    await page.getByLabel("Width").fill("many");
    await expect.poll(() => status.textContent()).toMatch(/^Width many: expected a number from 1 to 32/);
    await page.getByLabel("Width").fill("3");
    await ready(page);
  });
}
