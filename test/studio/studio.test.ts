/** The studio in a browser: one for all its tests. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";
import { hasBrowser, startBrowser } from "../support/studio.ts";
import { explainCases } from "./explain.cases.ts";
import { planeCases } from "./plane.cases.ts";
import { shellCases } from "./shell.cases.ts";
import { sizeCases } from "./size.cases.ts";
import { storyCases } from "./story.cases.ts";
import { trainCases } from "./train.cases.ts";

describe("the studio as a file", sizeCases);
describe.skipIf(!hasBrowser)("the studio in a browser", () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
  });
  const opened = (): Browser => {
    if (browser === undefined) throw new Error("unreachable: the browser has not started");
    return browser;
  };
  describe("shell", () => shellCases(opened));
  describe("Explain", () => explainCases(opened));
  describe("Plane", () => planeCases(opened));
  describe("Train", () => trainCases(opened));
  describe("the story", () => storyCases(opened));
});
