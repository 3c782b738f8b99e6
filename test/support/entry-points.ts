/** The entry points of package.json, as declarations of the build: what a program that imports them sees. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import ts from "typescript";
import { expect } from "vitest";
import { z } from "zod";

const Package = z.object({ exports: z.record(z.string(), z.union([z.string(), z.object({ types: z.string() })])) });

export interface EntryPoint {
  /** As a program imports it: `gatewise/graph`. */
  readonly name: string;
  /** The build's file of declarations. */
  readonly declarations: string;
}

export const ENTRY_POINTS: readonly EntryPoint[] = Object.entries(
  Package.parse(JSON.parse(readFileSync("package.json", "utf8"))).exports,
).flatMap(([path, target]) =>
  typeof target === "string" ? [] : [{ name: path.replace(/^\./, "gatewise"), declarations: resolve(target.types) }],
);

export interface PublicName {
  readonly entry: string;
  readonly name: string;
  /** What the name stands for, followed through re-exports. */
  readonly symbol: ts.Symbol;
}

/** Public names of all entry points, and the checker that knows them. */
export interface PublicSurface {
  readonly checker: ts.TypeChecker;
  readonly names: readonly PublicName[];
}

export function readPublicSurface(): PublicSurface {
  const program = ts.createProgram(
    ENTRY_POINTS.map(({ declarations }) => declarations),
    { target: ts.ScriptTarget.ES2022, moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext },
  );
  const checker = program.getTypeChecker();
  const names = ENTRY_POINTS.flatMap(({ name: entry, declarations }) => {
    const file = program.getSourceFile(declarations);
    const module = (file && checker.getSymbolAtLocation(file)) ?? expect.fail(`${declarations}: build first`);
    return checker
      .getExportsOfModule(module)
      .map((symbol) => ({ entry, name: symbol.name, symbol: aliased(checker, symbol) }));
  });
  return { checker, names };
}

export const aliased = (checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
