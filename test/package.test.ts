/** What `npm pack` makes works in an empty folder elsewhere: import, types, command line, examples. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "gatewise-pack-"));
const modules = resolve("node_modules");
const tool = (name: string): string => join(modules, ".bin", name);
const run = (command: string, args: readonly string[]): string =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Unpacks the tarball where npm would put it, and links its dependencies instead of downloading them. */
beforeAll(() => {
  execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], { stdio: "ignore" });
  const [tarball = expect.fail("no tarball")] = readdirSync(folder);
  mkdirSync(join(folder, "node_modules"));
  for (const name of readdirSync(modules)) {
    if (!name.startsWith(".") && name !== "gatewise")
      symlinkSync(join(modules, name), join(folder, "node_modules", name));
  }
  execFileSync("tar", ["-xzf", tarball], { cwd: folder });
  execFileSync("mv", ["package", "node_modules/gatewise"], { cwd: folder });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2023", "ESNext.Disposable"],
    module: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ["node"],
    skipLibCheck: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The `ts` blocks of a page. */
const blocks = (page: string): readonly string[] =>
  [...readFileSync(page, "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code);

const programs: readonly { readonly name: string; readonly code: string }[] = [
  ...readdirSync("examples")
    .filter((file) => file.endsWith(".ts"))
    .map((file) => ({ name: file, code: readFileSync(join("examples", file), "utf8") })),
  ...[
    "README.md",
    ...readdirSync("docs")
      .filter((file) => file.endsWith(".md"))
      .map((file) => join("docs", file)),
  ].flatMap((page) => blocks(page).map((code, i) => ({ name: `${page.replaceAll(/\W/g, "-")}-${i + 1}.ts`, code }))),
];

describe("the packed package in an empty folder", () => {
  it.each(programs)("$name runs", ({ name, code }) => {
    writeFileSync(join(folder, name), code);
    expect(run(tool("tsx"), [name])).not.toBe("");
  });

  it("gives types to all of them", () => {
    expect(run(tool("tsc"), ["-p", "."])).toBe("");
  });

  it("holds what is needed and nothing else", () => {
    expect(readdirSync(join(folder, "node_modules", "gatewise")).sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist",
      "package.json",
    ]);
  });

  it("has a command line", () => {
    const main = join("node_modules", "gatewise", "dist", "main.js");
    const result = JSON.parse(
      run("node", [main, "train", "--limit", "320", "--epochs", "1", "--width", "8", "--json"]),
    );
    expect(result).toMatchObject({ regime: "relu", epochs: 1, run: "runs/fc-digits-relu-seed0" });
  });

  it.each(["index", "node", "web"])("exports from %s.ts what the snapshot lists", async (entry) => {
    const exports = await import(join(folder, "node_modules", "gatewise", "dist", `${entry}.js`));
    expect(Object.keys(exports).sort()).toMatchSnapshot();
  });
});
