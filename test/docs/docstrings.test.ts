/** What a reader of the API reference finds at each public name. */
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { readPublicSurface } from "../support/entry-points.ts";

const { checker, names } = readPublicSurface();

interface Export {
  readonly name: string;
  readonly isFunction: boolean;
  readonly isDocumented: boolean;
}

/** Public names, each once. */
const exported: readonly Export[] = [
  ...new Map(
    names.map(({ name, symbol }) => {
      const [declaration] = symbol.declarations ?? [];
      const isFunction =
        declaration !== undefined &&
        (symbol.flags & ts.SymbolFlags.Value) !== 0 &&
        checker.getTypeOfSymbolAtLocation(symbol, declaration).getCallSignatures().length > 0;
      return [symbol, { name, isFunction, isDocumented: symbol.getDocumentationComment(checker).length > 0 }] as const;
    }),
  ).values(),
];

const missing = (of: (one: Export) => boolean): readonly string[] =>
  exported.filter((one) => of(one) && !one.isDocumented).map(({ name }) => name);

describe("docstrings of public names", () => {
  it("are looked for in all entries", () => {
    expect(exported.map(({ name }) => name)).toEqual(expect.arrayContaining(["train", "openModel", "openWasmEngine"]));
  });

  it("every function has one", () => expect(missing(({ isFunction }) => isFunction)).toEqual([]));

  it("every type and constant has one", () => expect(missing(({ isFunction }) => !isFunction)).toEqual([]));
});
