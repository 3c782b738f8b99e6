import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { inFlags } from "../src/cli/in-flags.ts";
import { ERROR_CODES, GatewiseError, packError, unpackError } from "../src/errors.ts";

describe("a mistake", () => {
  const parts = {
    received: 'regime "dlnfp"',
    expected: "relu or dlnpf",
    next: "did you mean dlnpf?",
    settings: { regime: "dlnpf" },
    code: "file-not-found",
  } as const;

  it("keeps its parts, also on the way between threads", () => {
    const error = new GatewiseError(parts);
    const { next: hint, ...rest } = parts;
    expect(error).toMatchObject({ message: 'regime "dlnfp": expected relu or dlnpf', hint, ...rest });
    expect(unpackError(structuredClone(packError(error)))).toEqual(error);
  });

  it("is the same with another thing to do next", () => {
    const told = new GatewiseError(parts).withHint("say dlnpf");
    expect(told).toMatchObject({
      received: parts.received,
      settings: parts.settings,
      code: "file-not-found",
      hint: "say dlnpf",
    });
  });

  it("of a text that is ready has the parts that the text tells", () => {
    expect(GatewiseError.of("option --x: expected a number: expected", "see --help")).toMatchObject({
      message: "option --x: expected a number: expected",
      received: "option --x",
      expected: "a number: expected",
      code: "invalid-argument",
    });
    expect(GatewiseError.of("missing", "")).toMatchObject({ message: "missing", received: "missing", expected: "" });
  });

  it("of another process has the code that is told", () => {
    expect(GatewiseError.of("gone", "", "worker-ended").code).toBe("worker-ended");
  });

  it("of ours keeps its stack", () => {
    const bug = unpackError(structuredClone(packError(new TypeError("x is undefined"))));
    expect(bug).not.toBeInstanceOf(GatewiseError);
    expect(bug.message).toBe("x is undefined");
    expect(bug.stack).toMatch(/errors\.test/);
  });
});

describe("texts of the library", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((file) => /^(?!(?:cli|studio)\b).*(?<!\.as)\.ts$/.test(file))
    .map((file) => ({ file, text: readFileSync(join("src", file), "utf8") }));
  /** Strings and templates, … for what a template holds. */
  const texts = files.flatMap(({ file, text }) => {
    const found: { readonly file: string; readonly text: string }[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) found.push({ file, text: node.text });
      if (ts.isTemplateExpression(node))
        found.push({
          file,
          text: [node.head, ...node.templateSpans.map(({ literal }) => literal)].map((part) => part.text).join("…"),
        });
      ts.forEachChild(node, visit);
    };
    if (text.includes("--")) visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
    return found;
  });
  /** Commands of exporters, and style sheets. */
  const OTHERS = /tf2onnx|optimum-cli|var\(--/;
  /** What is told to Slurm, and of its options in the user's own script. */
  const OF_SLURM = /^sweeps[/\\](?:slurm[/\\]|node[/\\](?:slurm|submit)\.ts$)/;

  it("name options and functions, no flags of a command line", () => {
    const flags = texts.filter(
      ({ file, text }) => /(^|[^\w-])--[a-z]/.test(text) && !OTHERS.test(text) && !OF_SLURM.test(file),
    );
    expect(flags).toEqual([]);
  });

  it("are said with flags on a command line", () => {
    const text = 'run `fetchDataset("mnist")`, set `inputShape: [1, 28]`, use `device` cpu, and `await using` it';
    expect(inFlags(text)).toBe(
      'run "gatewise data fetch mnist", set --input-shape 1,28, use --device cpu, and `await using` it',
    );
  });

  it("tell all codes", () => {
    const all = files.map(({ text }) => text).join("") + readFileSync("src/cli/interruption.ts", "utf8");
    expect(ERROR_CODES.filter((code) => all.split(`"${code}"`).length < 3)).toEqual([]);
  });
});
