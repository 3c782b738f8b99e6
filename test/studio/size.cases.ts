/** What the page weighs. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { ownCode } from "../../scripts/studio-size.ts";
import { STUDIO_FILE } from "../support/studio.ts";

/** Bytes, gzipped; `npx tsx scripts/studio-size.ts` tells what they are. */
const MOST_OWN_CODE = 246_000;

export function sizeCases(): void {
  it("carries no more code of its own than it may", () => {
    expect(ownCode(readFileSync(fileURLToPath(STUDIO_FILE), "utf8"))).toBeLessThanOrEqual(MOST_OWN_CODE);
  });
}
