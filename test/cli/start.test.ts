/** What stands between the shell and an answer: modules that are loaded, counted in the built command. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { isAnsweredAtOnce } from "../../src/cli/answered-at-once.ts";
import { COMMAND_NAMES } from "../../src/cli/command-names.ts";

/** Tells each module that is loaded on a line of standard error, from Node's own thread of loaders. */
const HOOKS = `import { writeSync } from "node:fs";
export async function load(url, context, next) { writeSync(2, "loaded " + url + "\\n"); return next(url, context); }`;
const asModule = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
const TELL = asModule(`import { register } from "node:module"; register(${JSON.stringify(asModule(HOOKS))});`);

interface Loaded {
  readonly code: number | undefined;
  readonly packages: readonly string[];
  /** Files of ours. */
  readonly own: readonly string[];
}

/** Runs the built command with its loaded modules told. */
const loadedBy = (args: readonly string[]): Promise<Loaded> =>
  new Promise((done) => {
    const child = execFile(process.execPath, ["--import", TELL, resolve("dist/main.js"), ...args], (_, __, stderr) => {
      const urls = [...stderr.matchAll(/^loaded (file:.*)$/gm)].map(([, url = ""]) => url);
      const packages = urls.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
      const own = urls.filter((url) => !url.includes("/node_modules/")).map((url) => basename(url));
      done({ code: child.exitCode ?? undefined, packages: [...new Set(packages)].sort(), own });
    });
  });

describe("an answer that needs no work loads none of what works", () => {
  it.each([
    { args: ["--help"], code: 0 },
    { args: ["npk", "--help"], code: 0 },
    { args: ["--version"], code: 0 },
    { args: ["trian"], code: 2 },
  ])("$args", async ({ args, code }) => {
    const loaded = await loadedBy(args);
    expect(loaded.code).toBe(code);
    // colors, words of help, "did you mean": JSON's structures, ONNX, bars and drawing are packages of commands that run
    expect(loaded.packages).toEqual(["commander", "fastest-levenshtein", "picocolors"]);
    // chunks of the build: lists of words that help tells, and the command line itself
    expect(loaded.own.length, loaded.own.join(", ")).toBeLessThan(25);
  });

  it("needs no second process, whichever command it is about", () => {
    const answered = (line: string): boolean => isAnsweredAtOnce(line.split(" ").filter((word) => word !== ""));
    for (const name of COMMAND_NAMES) {
      expect(answered(`${name} --help`)).toBe(true);
      expect(answered(`--json ${name}`)).toBe(false);
    }
    for (const line of ["", "--json", "help npk", "-V", "npc --inputs x.npy"]) expect(answered(line), line).toBe(true);
  });
});

it.each(["trial", "engine", "neighbor"])("a worker begins with one file: %s", (name) => {
  const code = readFileSync(`dist/${name}-worker.js`, "utf8");
  const imports = [...code.matchAll(/^(?:import|export) [^;]*?"([^"]+)";$/gm)].map(([, from = ""]) => from);
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.filter((from) => from.startsWith("."))).toEqual([]);
});

it("each command has a definition and what it does beside it", () => {
  const files = COMMAND_NAMES.map((name) => `${name}.ts`).sort();
  expect(readdirSync("src/cli/commands").sort()).toEqual(files);
  // what `data check` does, apart from what `data fetch` needs, and `monitor fit` apart from `monitor score`
  const subcommands = [
    "data-check.ts",
    "kernel-tiles.ts",
    "monitor-fit.ts",
    "sweep-gather.ts",
    "sweep-plan.ts",
    "sweep-status.ts",
    "sweep-submit.ts",
  ];
  expect(readdirSync("src/cli/actions").sort()).toEqual([...files, ...subcommands].sort());
});
