/** The built studio in Debian's Chromium, for tests of the page. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const CHROMIUM = "/usr/bin/chromium";
export const hasBrowser = existsSync(CHROMIUM);

/** The page as a file. */
export const STUDIO_FILE = pathToFileURL(resolve("dist/studio/index.html")).href;

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });

/** A page of the studio, and what it has done beside what it was asked. */
export interface OpenedStudio extends AsyncDisposable {
  readonly page: Page;
  /** Errors of its console, exceptions, and requests to anywhere but itself. */
  readonly faults: readonly string[];
}

/**
 * Opens the studio and waits until it is ready.
 * @param address with its state behind `#`
 */
export async function openStudio(
  browser: Browser,
  address = STUDIO_FILE,
  options: BrowserContextOptions = {},
): Promise<OpenedStudio> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  const [own] = address.split(/[?#]/);
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", ({ message }) => faults.push(`exception: ${message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!/^(data|blob):/.test(url) && !url.startsWith(own ?? "")) faults.push(`request: ${url}`);
  });
  await page.goto(address);
  await ready(page);
  return {
    page,
    faults,
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** What the built command prints. */
export const runCommand = (args: readonly string[]): Promise<string> =>
  new Promise((done, fail) => {
    execFile(process.execPath, [resolve("dist/main.js"), ...args], { maxBuffer: 2 ** 26 }, (error, stdout) =>
      error === null ? done(stdout) : fail(error),
    );
  });

/** `gatewise studio`, started. */
export async function startStudio(
  args: readonly string[],
): Promise<{ readonly address: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, [resolve("dist/main.js"), "studio", "--no-open", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [line] = await once(child.stdout, "data");
  return { address: String(line).trim(), child };
}

/** Waits until the tab that is shown has its answer; its words, where it fails. */
export async function ready(page: Page): Promise<void> {
  const status = page.getByRole("status");
  // what ended the waiting: the next work may have begun since
  let last: string | null = null;
  await expect
    .poll(async () => (last = await status.textContent()), { timeout: 200_000, interval: 20 })
    .toSatisfy((text: string | null) => text === "ready" || (text?.includes("expected") ?? false));
  expect(last).toBe("ready");
}
