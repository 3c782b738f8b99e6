/** Words that commands send a reader to the glossary with are explained there. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { float32, float64, int32 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { gatewiseHere as gatewise, TINY } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = await temporaryFolder();
const at = (name: string): string => join(folder.path, name);
afterAll(() => folder[Symbol.asyncDispose]());

beforeAll(async () => {
  const { code, stderr } = await gatewise(["train", "--regime", "relu", ...TINY, "--epochs", "1", "--out", at("run")]);
  expect(code, stderr).toBe(0);
  await writeFile(at("x.npy"), writeNpy(float32([5, 28, 28], randomStream(3, "words").uniform(5 * 784, 0, 1))));
  await writeFile(at("k.npy"), writeNpy(float64([4, 4], [2, 1, 0, 0, 1, 2, 0, 0, 0, 0, 2, 1, 0, 0, 1, 2])));
  await writeFile(at("y.npy"), writeNpy(int32([4], Int32Array.of(0, 0, 1, 1))));
});

const MODEL = ["--model", "@run", "--inputs", "@x.npy"];
it.each([
  { command: "paths", words: MODEL },
  { command: "gates", words: MODEL },
  { command: "gates", words: [...MODEL, "--nearest", "1"] },
  { command: "gates", words: [...MODEL, "--towards", "1"] },
  { command: "neighbors", words: [...MODEL, "--query", "0"] },
  { command: "neighbors", words: [...MODEL, "--train", "@x.npy"] },
  { command: "kernel-fit", words: ["--kernel", "@k.npy", "--labels", "@y.npy"] },
])("$command $words names words that the glossary has", async ({ command, words }) => {
  const { code, stdout, stderr } = await gatewise([
    command,
    ...words.map((word) => (word.startsWith("@") ? at(word.slice(1)) : word)),
  ]);
  expect(code, stderr).toBe(0);
  const [, named = ""] = /^(.+): what is large and what is small, docs\/glossary\.md$/m.exec(stdout) ?? [];
  expect(named).not.toBe("");
  const glossary = (await readFile("docs/glossary.md", "utf8")).toLowerCase();
  for (const word of named.split(", ")) {
    // a row of a table, or in bold where it is explained
    expect([word, new RegExp(`^\\| ${word.toLowerCase()}|\\*\\*${word.toLowerCase()}`, "m").test(glossary)]).toEqual([
      word,
      true,
    ]);
  }
});
