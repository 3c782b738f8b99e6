/** What an install brings: packages that run on the oldest Node we promise, and no script that downloads more. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { minVersion, satisfies, subset } from "semver";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const Ranges = z.record(z.string(), z.string());
const Package = z.object({
  engines: z.object({ node: z.string() }),
  dependencies: Ranges,
  devDependencies: Ranges,
  peerDependencies: Ranges,
  allowScripts: z.record(z.string(), z.boolean()),
});
const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      // packages of the last century wrote a list
      engines: z.union([Ranges, z.array(z.string())]).optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});
const project = Package.parse(JSON.parse(readFileSync("package.json", "utf8")));
const locked = Object.entries(Lock.parse(JSON.parse(readFileSync("package-lock.json", "utf8"))).packages);
const oldestNode = minVersion(project.engines.node)?.version ?? "";

const nodeOf = (engines: (typeof locked)[number][1]["engines"]): string =>
  engines === undefined || Array.isArray(engines) ? "*" : (engines.node ?? "*");

/** Packages that the files of a folder import, each with a file that does. */
function packagesOf(folder: string, recursive = true): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive, encoding: "utf8" }).filter((file) => /\.[jt]s$/.test(file));
  const imported = files.flatMap((file) =>
    ts
      .preProcessFile(readFileSync(join(folder, file), "utf8"))
      .importedFiles.filter(({ fileName }) => !/^(?:[.#]|node:)/.test(fileName))
      .map(({ fileName }) => [/^(?:@[^/]+\/)?[^/]+/.exec(fileName)?.[0] ?? "", join(folder, file)] as const),
  );
  return new Map(imported);
}

describe("dependencies", () => {
  it("are declared: what the build imports for users, what the sources import for us", () => {
    const forUsers = { ...project.dependencies, ...project.peerDependencies };
    const all = { gatewise: "itself, in the examples", ...forUsers, ...project.devDependencies };
    const missing = [
      ...[...packagesOf("dist")].filter(([name]) => !(name in forUsers)),
      ...["src", "test", "bench", "scripts", "examples"].flatMap((folder) =>
        [...packagesOf(folder)].filter(([name]) => !(name in all)),
      ),
      ...[...packagesOf(".", false)].filter(([name]) => !(name in all)),
    ];
    expect(missing).toEqual([]);
  });

  it("all run on the oldest Node that is promised, 20.19.0", () => {
    expect(oldestNode).toBe("20.19.0");
    expect(locked.length).toBeGreaterThan(100);
    const tooNew = locked.flatMap(([path, { version, engines }]) =>
      satisfies(oldestNode, nodeOf(engines)) ? [] : [`${path} ${version} needs Node ${nodeOf(engines)}`],
    );
    expect(tooNew).toEqual([]);
  });

  // vega-lite 6.5 needs Node 22, vitest 5 and tsdown 0.21 too: minor versions move that, patches do not
  it.each(["dependencies", "devDependencies", "peerDependencies"] as const)("%s admit patches only", (kind) => {
    const loose = Object.entries(project[kind]).filter(([, wanted]) => {
      // the range behind the name of a package under another
      const range = wanted.replace(/^npm:.*@/, "");
      return !subset(range, `~${minVersion(range)?.version}`);
    });
    expect(loose).toEqual([]);
  });
});

describe("npm ci in a clone", () => {
  it("runs no script of onnxruntime-node, which would download CUDA libraries", () => {
    // npm 11 reads allowScripts; npm 10 runs what the lock file marks, and `npm install` of another version marks it again:
    // then delete the line "hasInstallScript" of this package from package-lock.json
    expect(project.allowScripts).toMatchObject({ "onnxruntime-node": false });
    const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path);
    expect(scripted).not.toContain("node_modules/onnxruntime-node");
  });

  it("has no setting that npm does not know", () => {
    const said = execFileSync("sh", ["-c", "npm config get engine-strict 2>&1"], { encoding: "utf8" });
    // a setting of the user's own is none of ours
    expect(said.split("\n").filter((line) => line.includes("project config"))).toEqual([]);
    expect(said).toContain("true");
  });
});
