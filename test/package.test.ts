/** What `npm pack` makes works in an empty folder elsewhere: import, types, command line, examples. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENTRY_POINTS } from "./support/entry-points.ts";

const folder = mkdtempSync(join(tmpdir(), "gatewise-pack-"));
const modules = resolve("node_modules");
const installed = join(folder, "node_modules", "gatewise");
const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
/** A command of a package that is there; `--no` keeps npx from downloading one. It starts npm first, which takes a second. */
const npx = (...args: readonly string[]): string => run("npx", "--no", "--", ...args);
/** The same command, started as npx would. */
const directly = (command: string, ...args: readonly string[]): string =>
  run(join(folder, "node_modules", ".bin", command), ...args);

/** Unpacks the tarball where npm would put it, and links its dependencies instead of downloading them. */
beforeAll(() => {
  execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], { stdio: "ignore" });
  const [tarball = expect.fail("no tarball")] = readdirSync(folder);
  mkdirSync(join(folder, "node_modules", ".bin"), { recursive: true });
  for (const name of readdirSync(modules)) {
    if (!name.startsWith(".") && name !== "gatewise")
      symlinkSync(join(modules, name), join(folder, "node_modules", name));
  }
  run("tar", "-xzf", tarball);
  run("mv", "package", installed);
  symlinkSync(join(modules, ".bin", "tsx"), join(folder, "node_modules", ".bin", "tsx"));
  chmodSync(join(installed, "dist", "main.js"), 0o755);
  symlinkSync("../gatewise/dist/main.js", join(folder, "node_modules", ".bin", "gatewise"));
  // as `npm install` makes it in an empty folder: without "type": "module"
  writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: { gatewise: `file:${tarball}` } }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Pages that may have programs: README, changelog and everything in `docs`. */
const pages: readonly string[] = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];
const textOf = (page: string): string => readFileSync(page, "utf8");
const examples = readdirSync("examples").filter((file) => file.endsWith(".ts"));

/** The `ts` blocks of all pages, under the names they are saved as. */
const blocks = pages.flatMap((page) =>
  [...textOf(page).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""], i) => ({
    name: `${page.replaceAll(/\W/g, "-")}-${i + 1}.mts`,
    code,
  })),
);

/** Imports the programs it is given, and writes down what each printed. */
const ONE_BY_ONE = `
import { writeFileSync } from "node:fs";
const outputs = {};
const { write } = process.stdout;
for (const program of process.argv.slice(2)) {
  const output = (outputs[program] = { printed: "" });
  process.stdout.write = (text) => { output.printed += text; return true; };
  try { await import(program); } catch (thrown) { output.error = String(thrown); }
}
process.stdout.write = write;
writeFileSync("outputs.json", JSON.stringify(outputs));
`;

describe("the packed package in an empty folder", () => {
  it("has a program in the README", () => expect(blocks.map(({ name }) => name)).toContain("README-md-1.mts"));

  it.each(blocks.filter(({ name }) => name.startsWith("README")))("$name runs as the README says", (block) => {
    writeFileSync(join(folder, block.name), block.code);
    expect(npx("tsx", block.name)).not.toBe("");
  });

  describe("programs", () => {
    const ofPages = blocks.filter(({ name }) => !name.startsWith("README"));
    const programs = [
      ...ofPages.map(({ name }) => `./${name}`),
      ...examples.map((file) => `./node_modules/gatewise/examples/${file}`),
    ];
    let outputs: Readonly<Record<string, { readonly printed: string; readonly error?: string }>>;

    /** All in one process, which ends by itself: to start one takes longer than most programs. */
    beforeAll(() => {
      for (const { name, code } of ofPages) writeFileSync(join(folder, name), code);
      writeFileSync(join(folder, "all.mts"), ONE_BY_ONE);
      directly("tsx", "all.mts", ...programs);
      outputs = JSON.parse(readFileSync(join(folder, "outputs.json"), "utf8"));
    });

    it.each(programs)("%s runs as the README says", (program) => {
      expect(textOf("README.md")).toContain("npx tsx node_modules/gatewise/examples/");
      expect(outputs[program]).toEqual({ printed: expect.stringMatching(/\S/) });
    });
  });

  it("holds what is needed and nothing else", () => {
    expect(readdirSync(installed).sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist",
      "docs",
      "examples",
      "package.json",
    ]);
  });

  it("has a command line", () => {
    const options = ["--limit", "320", "--epochs", "1", "--width", "8", "--json"];
    const result = JSON.parse(npx("gatewise", "train", ...options));
    expect(result).toMatchObject({ regime: "relu", epochs: 1, run: "runs/fc-digits-relu-seed0" });
  });

  // one process for all: to start one takes as long as the import
  it("exports what the snapshots list", () => {
    const names = JSON.stringify(ENTRY_POINTS.map(({ name }) => name));
    const program = `(async () => { for (const name of ${names}) console.log(JSON.stringify(Object.keys(await import(name)).sort())); })()`;
    const lines = run("node", "-e", program).trim().split("\n");
    expect(lines).toHaveLength(ENTRY_POINTS.length);
    for (const [i, { name }] of ENTRY_POINTS.entries()) expect(JSON.parse(lines[i] ?? "")).toMatchSnapshot(name);
  });
});

/** What a page may import. */
const SHARED_ENTRY_POINTS = ENTRY_POINTS.filter(({ name }) => name !== "gatewise/node");

describe("types of the packed package", () => {
  const PROJECTS = [
    { name: "Node, nodenext", module: "NodeNext", lib: ["ES2022"], types: ["node"], files: "programs" },
    {
      name: "Node, a bundler",
      module: "ESNext",
      lib: ["ES2022"],
      types: ["node"],
      files: "programs",
      // all declarations are checked without DOM in the project before, and by a bundler's rules in the one behind
      skipLibCheck: true,
    },
    {
      name: "a browser, nothing of Node",
      module: "ESNext",
      lib: ["ES2022", "DOM", "ESNext.Disposable"],
      types: [],
      files: ["web.mts"],
    },
  ] as const;

  it.each(PROJECTS)(
    "check with the library's own files: $name",
    ({ module, lib, types, files, ...rest }) => {
      const programs = [
        ...blocks,
        ...examples.map((file) => ({ name: `${file.replace(".ts", "")}.mts`, code: textOf(join("examples", file)) })),
      ];
      for (const { name, code } of programs) writeFileSync(join(folder, name), code);
      writeFileSync(
        join(folder, "web.mts"),
        SHARED_ENTRY_POINTS.map(({ name }, i) => `import * as all${i} from "${name}";\nconsole.log(all${i});\n`).join(
          "",
        ),
      );
      const compilerOptions = {
        target: "ES2022",
        lib,
        module,
        moduleResolution: module === "ESNext" ? "Bundler" : module,
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        types,
        skipLibCheck: "skipLibCheck" in rest,
        // the language's own, which are TypeScript's to check
        skipDefaultLibCheck: true,
      };
      const project = { compilerOptions, files: files === "programs" ? programs.map(({ name }) => name) : files };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
      expect(run("sh", "-c", "node node_modules/typescript-native/bin/tsc -p . 2>&1; echo $?")).toBe("0\n");
      // the declarations of all dependencies are checked too, on a machine that may have other work
    },
    240_000,
  );
});
