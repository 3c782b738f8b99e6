import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const SRC = resolve("src");

const numeric = ["gates", "network", "engine", "data", "graph"] as const;
const answers = ["paths", "kernels", "fitting", ...numeric] as const;
const protocols = ["models", "train", ...answers] as const;
type Room =
  | "graph"
  | "engine"
  | "data"
  | "network"
  | "gates"
  | "paths"
  | "fitting"
  | "kernels"
  | "train"
  | "models"
  | "experiments"
  | "runs"
  | "sweeps"
  | "report"
  | "studio"
  | "cli";
/** What each room may import (style 1); its {@link LEAVES} are open to all. */
const MAY_IMPORT = {
  graph: [],
  engine: ["graph"],
  data: ["graph"],
  network: ["graph"],
  gates: ["network", "engine", "graph"],
  paths: numeric,
  fitting: ["engine", "graph"],
  kernels: ["fitting", ...numeric],
  train: numeric,
  models: ["train", ...answers],
  experiments: protocols,
  runs: ["experiments", ...protocols],
  sweeps: ["runs", "experiments", ...protocols],
  report: ["runs", "experiments", ...protocols],
  // a page: it parses, calls and draws as cli does, and neither knows the other
  studio: ["runs", "experiments", ...protocols],
  cli: ["report", "sweeps", "runs", "experiments", ...protocols],
} as const satisfies Record<Room, readonly Room[]>;

const LEAVES = ["errors.ts", "random.ts", "parse-value.ts", "options.ts", "release-symbols.ts"];
/** Main programs of the process or of a worker: like `cli/`, they own the clock, the process and the state of their loop. */
const ENTRIES = ["engine/node/engine-worker.ts", "runs/node/trial-worker.ts", "data/node/lock-beat-thread.ts"];
/** What time is for a lock: others are given it (`LockWorld`). */
const CLOCKS = ["data/node/lock-world.ts"];

/** What may be spread into arguments: constants of a fixed number of words, whatever a user or a file says. */
const SPREADABLE: ReadonlySet<string> = new Set([
  // the flags, the description and the default of one option
  "...DEVICE_OPTION",
  "...THREADS_OPTION",
  "...TIME_LIMIT_OPTION",
  "...TIME_LIMIT_ALONE_OPTION",
  "...dataDir",
  // what commander gives an action: a place for each argument that its definition names, and the options
  "...typed",
]);

interface Import {
  readonly from: string;
  /** Path below `src`, or the name of a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => file.replaceAll("\\", "/"))
  .sort();

const sources = new Map(
  files.map((file) => [
    file,
    ts.createSourceFile(file, readFileSync(join(SRC, file), "utf8"), ts.ScriptTarget.Latest, true),
  ]),
);

function importsOf(file: string): readonly Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node, typeOnly: boolean): void => {
    if (!ts.isStringLiteral(specifier)) return;
    const { text } = specifier;
    const to = text.startsWith(".") ? relative(SRC, resolve(SRC, dirname(file), text)).replaceAll("\\", "/") : text;
    found.push({ from: file, to, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node.importClause));
    if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node.moduleSpecifier, node.isTypeOnly);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0]) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(sources.get(file) ?? expect.fail(file));
  return found;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined || clause.isTypeOnly) return clause !== undefined;
  const { name, namedBindings } = clause;
  return (
    name === undefined &&
    !!namedBindings &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every((one) => one.isTypeOnly)
  );
}

const imports = files.flatMap(importsOf);
const isOurs = (to: string): boolean => /\.tsx?$/.test(to);
const internal = imports.filter(({ to }) => isOurs(to));
const roomOf = (file: string): string => (file.includes("/") ? (file.split("/")[0] ?? "") : "");
const isRoom = (room: string): room is Room => room in MAY_IMPORT;
/** A file of a room's Node part. */
const isOfNode = (file: string): boolean => /^[a-z]+\/node\//.test(file);
const say = ({ from, to }: Import): string => `${from} imports ${to}`;

describe("the house (style 1)", () => {
  it("has no rooms but those of the table, and no room for everything", () => {
    const unknown = files.filter((file) => roomOf(file) !== "" && !isRoom(roomOf(file)));
    expect(unknown).toEqual([]);
    expect(files.filter((file) => /(^|\/)(utils|helpers|common|misc|types)(\.ts|\/)/.test(file))).toEqual([]);
  });

  it("imports run downward only", () => {
    const upward = internal.filter(({ from, to }) => {
      const [room, target] = [roomOf(from), roomOf(to)];
      if (!isRoom(room) || room === target || LEAVES.includes(to)) return false;
      const allowed: readonly string[] = MAY_IMPORT[room];
      return !allowed.includes(target);
    });
    expect(upward.map(say)).toEqual([]);
  });

  it("leaves import no room: errors nothing, the others the errors that they throw", () => {
    const more = internal.filter(
      ({ from, to }) => LEAVES.includes(from) && (from === "errors.ts" || to !== "errors.ts"),
    );
    expect(more.map(say)).toEqual([]);
  });

  it("a room is imported through its index files only", () => {
    const deep = internal.filter(({ from, to }) => {
      const [room, target] = [roomOf(from), roomOf(to)];
      return target !== "" && room !== target && !/^[a-z]+\/((node|web)\/)?index\.ts$/.test(to);
    });
    expect(deep.map(say)).toEqual([]);
  });

  it("has no import cycle, types included", () => {
    const next = (file: string): readonly string[] => internal.filter(({ from }) => from === file).map(({ to }) => to);
    const done = new Set<string>();
    const cycleFrom = (file: string, path: readonly string[]): readonly string[] | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return undefined;
      const found = next(file).reduce<readonly string[] | undefined>(
        (known, to) => known ?? cycleFrom(to, [...path, file]),
        undefined,
      );
      done.add(file);
      return found;
    };
    expect(files.map((file) => cycleFrom(file, [])).find((cycle) => cycle !== undefined)).toBeUndefined();
  });

  it("report imports no values of runs: only its Node part reads them, from folders", () => {
    const values = internal.filter(
      ({ from, to, typeOnly }) => roomOf(from) === "report" && !isOfNode(from) && roomOf(to) === "runs" && !typeOnly,
    );
    expect(values.map(say)).toEqual([]);
  });

  const shared = files.filter((file) => roomOf(file) === "" && file !== "node.ts");
  const ofBrowser = ["web.ts", "studio/app/main.tsx", "studio/worker/main.ts"];
  it.each([...shared, "runs/index.ts", ...ofBrowser.slice(1)])("nothing that runs behind %s needs Node", (entry) => {
    const reached = new Set<string>();
    const walk = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const { to, typeOnly } of imports.filter(({ from }) => from === file)) if (!typeOnly && isOurs(to)) walk(to);
    };
    walk(entry);
    const forbidden = imports.filter(
      ({ from, to, typeOnly }) =>
        !typeOnly &&
        reached.has(from) &&
        (/^node:/.test(to) || to === "onnxruntime-node" || (!ofBrowser.includes(entry) && /^onnxruntime/.test(to))),
    );
    expect(forbidden.map(say)).toEqual([]);
  });

  it("Node-only code lives in node/ and cli, and nothing else knows what is in a node/, types included", () => {
    const elsewhere = imports.filter(
      ({ from, to }) =>
        (/^node:/.test(to) || to === "onnxruntime-node" || isOfNode(to)) &&
        !isOfNode(from) &&
        from !== "node.ts" &&
        roomOf(from) !== "cli",
    );
    expect(elsewhere.map(say)).toEqual([]);
  });

  it("imports no reference implementation", () => {
    expect(internal.filter(({ to }) => to.endsWith(".reference.ts")).map(say)).toEqual([]);
  });

  it("every import leads to a file", () => {
    expect(internal.filter(({ to }) => !existsSync(join(SRC, to))).map(say)).toEqual([]);
  });
});

describe("habits that a machine can check (style 3)", () => {
  const shells: readonly string[] = ["cli", "studio"];
  const below = files.filter((file) => !shells.includes(roomOf(file)) && !ENTRIES.includes(file));
  const calls = (file: string, pattern: RegExp): readonly string[] => {
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && pattern.test(node.getText())) {
        found.push(`${file}: ${node.getText().split("\n")[0]}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(sources.get(file) ?? expect.fail(file));
    return found;
  };

  it("nothing below cli and studio draws hidden randomness, reads a clock or prints (7)", () => {
    const pattern =
      /^(Math\.random|Date\.now|performance\.now|new Date|console\.\w+|process\.(stdout|stderr)\.write)\b/;
    expect(below.filter((file) => !CLOCKS.includes(file)).flatMap((file) => calls(file, pattern))).toEqual([]);
  });

  it("no module-level let (8)", () => {
    const mutable = files
      .filter((file) => !ENTRIES.includes(file))
      .flatMap((file) =>
        (sources.get(file)?.statements ?? [])
          .filter(
            (statement) => ts.isVariableStatement(statement) && !(statement.declarationList.flags & ts.NodeFlags.Const),
          )
          .map((statement) => `${file}: ${statement.getText().split("\n")[0]}`),
      );
    expect(mutable).toEqual([]);
  });

  it("spreads nothing into arguments: each takes a place on the stack, and some 120,000 overflow it", () => {
    const isSpread = (node: ts.Node): node is ts.SpreadElement =>
      ts.isSpreadElement(node) && (ts.isCallExpression(node.parent) || ts.isNewExpression(node.parent));
    const isApply = (node: ts.Node): boolean =>
      ts.isCallExpression(node) && /\.(apply|construct)$/.test(node.expression.getText());
    const found = files.flatMap((file) => {
      const here: string[] = [];
      const visit = (node: ts.Node): void => {
        const spread = isSpread(node) ? `...${node.expression.getText()}` : isApply(node) ? node.getText() : undefined;
        if (spread !== undefined && !SPREADABLE.has(spread)) here.push(`${file}: ${spread} (see graph/extremes.ts)`);
        ts.forEachChild(node, visit);
      };
      visit(sources.get(file) ?? expect.fail(file));
      return here;
    });
    expect(found).toEqual([]);
  });

  it("index files list what they export by name, and nothing is a default export", () => {
    const found = files.flatMap((file) =>
      (sources.get(file)?.statements ?? [])
        .filter(
          (statement) =>
            ts.isExportAssignment(statement) ||
            (ts.isExportDeclaration(statement) && statement.exportClause === undefined),
        )
        .map((statement) => `${file}: ${statement.getText()}`),
    );
    expect(found).toEqual([]);
  });
});
