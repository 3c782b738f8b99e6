/** Options of every public function, as plain JavaScript may get them wrong: refused as a mistake, never a TypeError. */
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { GatewiseError } from "../src/errors.ts";
import { aliased, ENTRY_POINTS, readPublicSurface } from "./support/entry-points.ts";

const { checker, names } = readPublicSurface();

/** An object all of whose fields may be left out, or that is called options. */
function isOptions(type: ts.Type): boolean {
  const known = checker.getNonNullableType(type);
  if (known.isUnion()) return known.types.some(isOptions);
  if ((known.flags & ts.TypeFlags.Object) === 0 || known.getCallSignatures().length > 0) return false;
  const named = known.aliasSymbol ?? known.getSymbol();
  if (named !== undefined && /Options$/.test(aliased(checker, named).name)) return true;
  const fields = known.getProperties();
  return fields.length > 0 && fields.every(({ flags }) => (flags & ts.SymbolFlags.Optional) !== 0);
}

interface Taker {
  readonly entry: string;
  readonly name: string;
  /** Which of the parameters. */
  readonly place: number;
  readonly takesSignal: boolean;
}

const TAKERS: readonly Taker[] = names.flatMap(({ entry, name, symbol }) => {
  const [declaration] = symbol.declarations ?? [];
  if (declaration === undefined) return [];
  const places = checker
    .getTypeOfSymbolAtLocation(symbol, declaration)
    .getCallSignatures()
    .flatMap(({ parameters }) =>
      parameters.flatMap((parameter, place) =>
        isOptions(checker.getTypeOfSymbolAtLocation(parameter, declaration)) ? [{ place, parameter }] : [],
      ),
    );
  const takers = new Map<number, boolean>();
  for (const { place, parameter } of places) {
    const type = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(parameter, declaration));
    takers.set(place, (takers.get(place) ?? false) || type.getProperty("signal") !== undefined);
  }
  return [...takers].map(([place, takesSignal]) => ({ entry, name, place, takesSignal }));
});

const NO_OPTIONS = [null, 7, "batch", [1]] as const;
/** The build's file of an entry point: what its declarations were read beside. */
const fileOf = new Map(ENTRY_POINTS.map(({ name, declarations }) => [name, declarations.replace(/\.d\.ts$/, ".js")]));

/** What a call throws at once, rejects with, or throws at the first step of its iteration. */
async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    if (typeof result === "object" && result !== null && Symbol.asyncIterator in result && "next" in result)
      await (typeof result.next === "function" ? result.next() : undefined);
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

/** What every long answer takes, wrong: whoever has it in its options refuses it before it works. */
const NO_SIGNAL = [null, 3, "stop", {}] as const;

describe("a signal that is none", () => {
  it.each(TAKERS.filter(({ takesSignal }) => takesSignal))("of $entry $name", async ({ entry, name, place }) => {
    const { [name]: taker }: Readonly<Record<string, unknown>> = await import(fileOf.get(entry) ?? "");
    if (typeof taker !== "function") throw new Error(`${name} is no function`);
    for (const signal of NO_SIGNAL) {
      const thrown = await thrownBy(() => taker(...Array.from({ length: place }, () => ({})), { signal }));
      expect(thrown instanceof Error ? thrown.name : thrown, String(thrown)).toBe(GatewiseError.name);
      expect(thrown).toMatchObject({ code: "invalid-argument", expected: "an AbortSignal, or nothing" });
    }
  });
});

describe("no options", () => {
  it("are found in every entry point that takes some", () => {
    const entries = new Set(TAKERS.map(({ entry }) => entry));
    expect(entries.size).toBeGreaterThan(8);
    expect(TAKERS.length).toBeGreaterThan(50);
  });

  it.each(TAKERS)("of $entry $name, parameter $place", async ({ entry, name, place }) => {
    const { [name]: taker }: Readonly<Record<string, unknown>> = await import(fileOf.get(entry) ?? "");
    if (typeof taker !== "function") throw new Error(`${name} is no function`);
    for (const given of NO_OPTIONS) {
      // options are looked at before anything else, so that nothing else needs to be right
      const thrown = await thrownBy(() => taker(...Array.from({ length: place }, () => ({})), given));
      expect(thrown instanceof Error ? thrown.name : thrown, String(thrown)).toBe(GatewiseError.name);
      expect(thrown).toMatchObject({ code: "invalid-argument", expected: "an object, or nothing" });
    }
  });
});
