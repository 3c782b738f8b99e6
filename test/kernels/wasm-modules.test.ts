import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { compile, wasmSources } from "../../scripts/build-wasm.ts";

it.each(wasmSources())("the committed module %s is what its source compiles to", async (source) => {
  expect(readFileSync(`${source}-module.ts`, "utf8")).toBe(await compile(source));
});
