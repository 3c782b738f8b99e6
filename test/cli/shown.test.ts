/** What comes out of files is shown, never obeyed: in errors, tables, notes and JSON alike. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { colored, dim, red } from "../../src/cli/colors.ts";
import { note, printError, printResult } from "../../src/cli/output.ts";
import { hiddenFreeJson, shown, shownLines } from "../../src/cli/shown.ts";
import { writeNpy } from "../../src/data/index.ts";
import { GatewiseError } from "../../src/errors.ts";
import { float32 } from "../../src/graph/index.ts";
import { drawn, onnxModel } from "../graph/onnx/model.ts";
import { Collected, gatewise, TINY } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** One of each kind that a terminal obeys. */
const EVIL =
  "a\u001b[2J\u001b]0;title\u0007b\rc\td\u0000e\u007ff\u009b31mg\u0085h\u202ei\u2066j\u200ek\u061cl\u2028m\ufeffn";
const EVIL_SHOWN =
  "a\\x1b[2J\\x1b]0;title\\x07b\\rc\\td\\x00e\\x7ff\\u009b31mg\\u0085h\\u202ei\\u2066j\\u200ek\\u061cl\\u2028m\\ufeffn";
/** No text for people or programs may hold one of these, but newlines. */
const HIDDEN = /[^\P{Cc}\n]|[\p{Bidi_Control}\u2028\u2029\ufeff\ufdd0-\ufdef]/u;

/** Both streams of a command without a terminal, and the exit code. */
async function streamsOf(...args: readonly string[]) {
  const { code, stdout, stderr } = await gatewise(args);
  expect(stdout).not.toMatch(HIDDEN);
  expect(stderr).not.toMatch(HIDDEN);
  return { code, stdout, stderr };
}

describe("text that is shown", () => {
  it("has every hidden character as an escape, in one line", () => {
    expect(shown(EVIL)).toBe(EVIL_SHOWN);
    expect(shown("two\nlines\ufdd0")).toBe("two\\nlines\\ufdd0");
    expect(shownLines(`two\n${EVIL}`)).toBe(`two\n${EVIL_SHOWN}`);
  });

  it("keeps writing of all kinds", () => {
    for (const text of ["畳み込み", "слой", "שכבה", "é", "👩‍🔬", "ν ≤ 2⁻¹", "a\\n"]) expect(shown(text)).toBe(text);
  });

  it("keeps our own colors on a terminal, and none elsewhere", () => {
    const text = `${red("error")} ${dim("→")}`;
    expect(colored(text, false)).toBe("error →");
    expect(stripVTControlCharacters(colored(text, true))).toBe("error →");
  });

  it("is valid JSON that gives the same strings", () => {
    const value = { [EVIL]: [EVIL, "\n", "\ud800"] };
    const json = hiddenFreeJson(value);
    expect(json).not.toMatch(HIDDEN);
    expect(JSON.parse(json)).toEqual(value);
  });
});

/** What one of the printing functions writes, for a person and for a program. */
function written(print: (context: Parameters<typeof printError>[0]) => void, json: boolean): string {
  const stream = new Collected();
  print({ stdout: stream, stderr: stream, json });
  return stream.text;
}

describe("the ways to a terminal", () => {
  const error = new GatewiseError({ received: `${EVIL}\nforged`, expected: EVIL, next: `${EVIL}\nforged` });
  it.each([false, true])("let nothing hidden through (json: %s)", (json) => {
    const texts = [
      written((context) => printError(context, error), json),
      written((context) => printError(context, new Error(EVIL)), json),
      written((context) => printResult(context, { EVIL }, () => EVIL), json),
      written((context) => note(context, EVIL), json),
    ];
    for (const text of texts) expect(text).not.toMatch(HIDDEN);
    expect(texts[0]?.trimEnd().split("\n")).toHaveLength(json ? 1 : 2);
    if (json) expect(JSON.parse(texts[0] ?? "").error).toMatchObject({ message: error.message, hint: error.hint });
  });
});

/** Bytes of a `.npy` file with another header. */
function npyWithHeader(header: string): Uint8Array {
  const text = Buffer.from(header.padEnd(118), "latin1");
  const head = Buffer.concat([Buffer.from("\x93NUMPY\x01\x00\x00\x00", "latin1"), text]);
  head.writeUInt16LE(text.length, 8);
  return head;
}

describe("commands on files of a stranger", () => {
  it("show names of nodes in tables, and keep them in JSON", async () => {
    await using folder = await temporaryFolder();
    const model = join(folder.path, "m.onnx");
    const name = `${EVIL}\nforged  dense  9999`;
    const nodes = [
      { op: "Gemm", inputs: ["x", "w"], outputs: ["h"], name },
      { op: "Relu", inputs: ["h"], outputs: ["r"], name: `relu${EVIL}` },
      { op: "Gemm", inputs: ["r", "v"], outputs: ["y"], name: "last" },
    ];
    await writeFile(model, onnxModel({ nodes, constants: { w: drawn("w", 4, 3), v: drawn("v", 3, 2) } }));
    const { code, stdout } = await streamsOf("inspect", "--model", model, "--inputs", "2");
    expect(code).toBe(0);
    expect(stdout).toContain(`${EVIL_SHOWN}\\nforged`);
    const json = await streamsOf("inspect", "--model", model, "--inputs", "2", "--json");
    expect(JSON.parse(json.stdout).layers.some((layer: { name: string }) => layer.name.includes(EVIL))).toBe(true);
    await writeFile(model, onnxModel({ nodes: [{ op: `Sin${EVIL}`, inputs: ["x"], name }] }));
    const refused = await streamsOf("inspect", "--model", model);
    expect(refused.code).toBe(1);
    expect(refused.stderr.trimEnd().split("\n")).toHaveLength(2);
  });

  it.each([
    { title: "a header", header: `{'descr': '<f4', \n\u001b[2J\u009b31m\u0085` },
    {
      title: "an element type",
      header: `{'descr': '<f4\u001b[2J\u009b31m\nforged', 'fortran_order': False, 'shape': (3,), }`,
    },
  ])("show $title of .npy", async ({ header }) => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "y.npy"), npyWithHeader(header));
    const refused = await streamsOf("kernel-fit", "--kernel", join(folder.path, "y.npy"), "--labels", "y.npy");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("\\x1b[2J");
    expect(refused.stderr.trimEnd().split("\n")).toHaveLength(2);
  });

  it("show names of files, on success and in errors, and excerpts of JSON", async () => {
    await using folder = await temporaryFolder();
    const run = join(folder.path, `run\u001b[2J\u202e\nforged`);
    const trained = await streamsOf("train", ...TINY, "--epochs", "1", "--out", run);
    expect(trained.stdout.trimEnd().split("\n")).toHaveLength(2);
    expect(trained.stdout).toContain("run\\x1b[2J\\u202e\\nforged");
    await writeFile(join(folder.path, "x.npy"), writeNpy(float32([1, 28, 28], new Float32Array(784))));
    const out = join(run, "g\u009b.npy");
    const gates = await streamsOf("gates", "--model", run, "--inputs", join(folder.path, "x.npy"), "--out", out);
    expect(gates.stdout).toContain("\\nforged/g\\u009b.npy");
    const told = await streamsOf(
      "gates",
      "--model",
      run,
      "--inputs",
      join(folder.path, "x.npy"),
      "--out",
      out,
      "--json",
    );
    expect(JSON.parse(told.stdout).out).toBe(out);
    const file = join(run, "run.json");
    await writeFile(file, `${(await readFile(file, "utf8")).slice(0, 20)}\u001b[2J\n\u202e`);
    const refused = await streamsOf("evaluate", "--model", run);
    expect(refused.code).toBe(1);
    expect(refused.stderr.trimEnd().split("\n")).toHaveLength(2);
    await mkdir(join(folder.path, "none\u001b[0m"));
    expect((await streamsOf("report", join(folder.path, "none\u001b[0m"))).stderr).toContain("none\\x1b[0m");
  });
});
