/** What the entry points hold together: each name has one home and one meaning, and a reader finds every type it uses. */
import { resolve, sep } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { aliased, ENTRY_POINTS, readPublicSurface } from "./support/entry-points.ts";

const { checker, names } = readPublicSurface();
const dist = resolve("dist") + sep;
const declarationsOf = (symbol: ts.Symbol): readonly ts.Declaration[] =>
  (symbol.declarations ?? []).filter((declaration) => declaration.getSourceFile().fileName.startsWith(dist));

/** What is the same in both worlds, and imported from the one that a program runs in. */
const OF_BOTH_WORLDS: ReadonlySet<string> = new Set(["openModel", "OpenModelOptions", "readArray"]);

describe("entry points", () => {
  it("are those of the architecture", () => {
    expect(ENTRY_POINTS.map(({ name }) => name)).toEqual([
      "gatewise",
      "gatewise/graph",
      "gatewise/network",
      "gatewise/paths",
      "gatewise/kernels",
      "gatewise/fitting",
      "gatewise/monitor",
      "gatewise/train",
      "gatewise/experiments",
      "gatewise/report",
      "gatewise/node",
      "gatewise/web",
    ]);
  });

  it("the front door is one that a reader can take in", () => {
    expect(names.filter(({ entry }) => entry === "gatewise").length).toBeLessThanOrEqual(90);
  });

  it("no name stands in two of them, so that none has two meanings", () => {
    const homes = new Map<string, string[]>();
    for (const { entry, name } of names) homes.set(name, [...(homes.get(name) ?? []), entry]);
    const several = [...homes]
      .filter(([name, entries]) => entries.length > 1 && !OF_BOTH_WORLDS.has(name))
      .map(([name, entries]) => `${name}: ${entries.join(", ")}`);
    expect(several).toEqual([]);
  });

  it("nothing has two names", () => {
    const known = new Map<ts.Symbol, string>();
    const twice = names.flatMap(({ name, symbol }) => {
      const other = known.get(symbol);
      known.set(symbol, name);
      return other === undefined || other === name ? [] : [`${other} and ${name}`];
    });
    expect(twice).toEqual([]);
  });

  it("every type of a public signature is public", () => {
    const isPublic = new Set(names.map(({ symbol }) => symbol));
    const hidden = new Map<string, string>();
    const seen = new Set<ts.Symbol>();
    const visit = (symbol: ts.Symbol, from: string): void => {
      if (seen.has(symbol)) return;
      seen.add(symbol);
      for (const declaration of declarationsOf(symbol)) walk(declaration, from);
    };
    const walk = (node: ts.Node, from: string): void => {
      if (isReference(node)) {
        const found = checker.getSymbolAtLocation(node);
        const symbol = found && aliased(checker, found);
        if (symbol !== undefined && isNamed(symbol)) {
          if (!isPublic.has(symbol)) hidden.set(symbol.name, hidden.get(symbol.name) ?? from);
          visit(symbol, symbol.name);
        }
      }
      ts.forEachChild(node, (child) => walk(child, from));
    };
    for (const { name, symbol } of names) visit(symbol, name);
    expect([...hidden].map(([name, from]) => `${name}, of ${from}`)).toEqual([]);
  });
});

/** Where a declaration names another one: as a type, as a base, or in `typeof`. */
const isReference = (node: ts.Node): node is ts.Identifier =>
  ts.isIdentifier(node) &&
  (ts.isTypeReferenceNode(node.parent) ||
    ts.isExpressionWithTypeArguments(node.parent) ||
    ts.isTypeQueryNode(node.parent));

/** A declaration of the build that could be exported: no type parameter. */
const isNamed = (symbol: ts.Symbol): boolean =>
  declarationsOf(symbol).length > 0 && (symbol.flags & ts.SymbolFlags.TypeParameter) === 0;
