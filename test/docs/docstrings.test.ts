/** What a reader of the API reference finds at each public name. */
import { resolve } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const ENTRIES = ["index", "node", "web"] as const;
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile("tsconfig.json", ts.sys.readFile).config,
  ts.sys,
  resolve("."),
);
const program = ts.createProgram(
  ENTRIES.map((entry) => resolve("src", `${entry}.ts`)),
  options,
);
const checker = program.getTypeChecker();

interface Export {
  readonly name: string;
  readonly isFunction: boolean;
  readonly isDocumented: boolean;
}

/** Of types and constants without a docstring; some say what they are by their fields, which have their own. */
const UNTOLD = 120;

/** Public names, each once. */
const exported: readonly Export[] = [
  ...new Map(
    ENTRIES.flatMap((entry) => {
      const file = program.getSourceFile(resolve("src", `${entry}.ts`));
      const module = file && checker.getSymbolAtLocation(file);
      return module === undefined ? [] : checker.getExportsOfModule(module);
    }).map((symbol) => {
      const declared = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const [declaration] = declared.declarations ?? [];
      const isFunction =
        declaration !== undefined &&
        (declared.flags & ts.SymbolFlags.Value) !== 0 &&
        checker.getTypeOfSymbolAtLocation(declared, declaration).getCallSignatures().length > 0;
      const isDocumented = declared.getDocumentationComment(checker).length > 0;
      return [declared, { name: symbol.name, isFunction, isDocumented }] as const;
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

  it(`all but ${UNTOLD} types and constants have one: a number that may only fall`, () => {
    const names = missing(({ isFunction }) => !isFunction);
    expect(names.length, names.join(", ")).toBeLessThanOrEqual(UNTOLD);
  });
});
