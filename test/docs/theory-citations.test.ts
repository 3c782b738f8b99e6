import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const PAGE = "docs/theory.md";
const FOLDERS = ["src", "test", "bench", "examples", "docs", "scripts"];
/** This file cites what does not exist, to see that it is found. */
const SELF = join("test", "docs", "theory-citations.test.ts");

interface Source {
  readonly path: string;
  readonly text: string;
}

const SOURCES: readonly Source[] = [
  ...readdirSync(".").filter((name) => name.endsWith(".md")),
  ...FOLDERS.filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  ),
]
  .filter((path) => /\.(ts|md)$/.test(path) && path !== SELF)
  .map((path) => ({ path, text: readFileSync(path, "utf8") }));

/** One line, as a reader sees a comment that goes over several. */
const unbroken = (text: string): string => text.replace(/\s*\n\s*(?:\*(?!\*)|\/\/)?\s*/g, " ");

/** Numbers that follow the word: `3`, `3.2`, `3.2 and 4.1`, `4, 6`, `3.8 to 3.10`. */
function citationsIn(text: string): readonly string[] {
  const number = /\d+(?:\.\d+)?/.source;
  const cited = new RegExp(String.raw`\btheory (${number}(?:(?:, | and | to )${number})*)`, "gi");
  return [...unbroken(text).matchAll(cited)].flatMap(([, numbers = ""]) => numbers.match(/\d+(?:\.\d+)?/g) ?? []);
}

/** Lines of comments, and what stands behind code. */
const commentsOf = (text: string): string =>
  text
    .split("\n")
    .map((line) => /^\s*(?:\/\*|\*|\/\/).*|\s\/\/ .*/.exec(line)?.[0] ?? "")
    .join("\n");

/** The word where no number follows; the page itself may be named. */
const namesNoPlace = (text: string): readonly string[] =>
  unbroken(commentsOf(text)).match(/.{0,40}?(?<![\w/-])theory(?!\.md|-|\w| \d)/gi) ?? [];

/** The anchor that GitHub gives a heading. */
const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

const page = readFileSync(PAGE, "utf8");
/** Section numbers, and beside each the numbers of what it states, in the order of the page. */
const sections = [...page.matchAll(/^## (\d+)\. .*$([\s\S]*?)(?=^## |(?![\s\S]))/gm)].map(
  ([, number = "", text = ""]) => ({
    number,
    statements: [...text.matchAll(/^\*\*\((\d+\.\d+)\)\*\*/gm)].map(([, statement]) => statement),
  }),
);
const anchors = new Set(sections.flatMap(({ number, statements }) => [number, ...statements]));

describe("the page of the theory", () => {
  it("has nine sections, each with its statements numbered in order", () => {
    expect(sections.map(({ number }) => number)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    for (const { number, statements } of sections) {
      expect(statements).toEqual(statements.map((_, i) => `${number}.${i + 1}`));
      expect(statements).not.toEqual([]);
    }
  });

  it("refers to statements that it has", () => {
    const referred = [...page.matchAll(/\((\d+\.\d+)\)/g)].map(([, statement]) => statement);
    expect(referred.filter((statement) => !anchors.has(statement))).toEqual([]);
  });

  it("has the headings that other pages link to", () => {
    const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => slug(heading));
    const links = SOURCES.filter(({ path }) => path.endsWith(".md")).flatMap(({ path, text }) =>
      [...text.matchAll(path === PAGE ? /\]\(#([^)]+)\)/g : /theory\.md#([^)]+)\)/g)].map(
        ([, to = ""]) => `${path}: ${to}`,
      ),
    );
    expect(links.filter((link) => !headings.includes(link.split(": ")[1] ?? ""))).toEqual([]);
    expect(links.length).toBeGreaterThan(10);
  });

  it("names tests that exist", () => {
    const named = [...page.matchAll(/`(test\/[^`]+)`/g)].map(([, path = ""]) => path);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
    expect(named.length).toBeGreaterThan(20);
  });
});

describe("citations", () => {
  it("resolve", () => {
    const broken = SOURCES.flatMap(({ path, text }) =>
      citationsIn(text)
        .filter((cited) => !anchors.has(cited))
        .map((cited) => `${path}: theory ${cited}`),
    );
    expect(broken).toEqual([]);
    expect(SOURCES.flatMap(({ text }) => citationsIn(text)).length).toBeGreaterThan(100);
  });

  it("in comments say where", () => {
    const nowhere = SOURCES.filter(({ path }) => path.endsWith(".ts")).flatMap(({ path, text }) =>
      namesNoPlace(text).map((words) => `${path}: ${words.trim()}`),
    );
    expect(nowhere).toEqual([]);
  });

  it("are read across lines, in lists and ranges", () => {
    const text = "/**\n * As of theory\n * 3.2 and 4.1 (theory 2,\n * 5); theory 3.8 to 3.10, in theory 3 cases\n */";
    expect(citationsIn(text)).toEqual(["3.2", "4.1", "2", "5", "3.8", "3.10", "3"]);
    expect(anchors.has("3.2")).toBe(true);
    expect(anchors.has("3.99")).toBe(false);
  });

  it("without a number are seen in comments alone", () => {
    const lines = [
      "/** By theory. */",
      'const title = "in theory"; // of the theory',
      " * docs/theory.md, theory",
      " * 3",
    ];
    expect(namesNoPlace(lines.join("\n"))).toEqual(["/** By theory", ". */ of the theory"]);
  });
});
