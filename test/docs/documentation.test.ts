/** What README, changelog and `docs` say: links lead to what the package holds, commands are those that a stranger can type. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { gatewise } from "../support/command-line.ts";

const Packed = z.tuple([z.object({ files: z.array(z.object({ path: z.string() })) })]);
const packed = Packed.parse(
  JSON.parse(
    execFileSync("npm", ["pack", "--dry-run", "--ignore-scripts", "--silent", "--json"], { encoding: "utf8" }),
  ),
)[0].files.map(({ path }) => path);
const pages = packed.filter((file) => file.endsWith(".md"));
const textOf = (page: string): string => readFileSync(page, "utf8");

describe("links", () => {
  /** `[words](target)` and `src="target"`, without those of the web. */
  const linksOf = (page: string): readonly string[] =>
    [...textOf(page).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)]
      .map(([, link, attribute]) => link ?? attribute ?? "")
      .filter((link) => !/^[a-z]+:/.test(link));
  /** As GitHub makes them of headings. */
  const anchorsOf = (page: string): readonly string[] =>
    [...textOf(page).matchAll(/^#+ (.+)$|<a id="([^"]+)"/gm)].map(
      ([, heading, id]) =>
        id ??
        (heading ?? "")
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
          .replaceAll(" ", "-"),
    );

  it("are found", () => expect(linksOf("README.md")).toContain("docs/explain.md"));

  it.each(pages)("of %s lead to what the package holds", (page) => {
    const dead = linksOf(page).filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      const isPacked = packed.some((file) => file === target || file.startsWith(`${target.replace(/\/$/, "")}/`));
      // pictures are half a megabyte: pages show them from the repository
      const there = isPacked || (target.endsWith(".png") && existsSync(target));
      return !there || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
    expect(dead).toEqual([]);
  });
});

describe("commands", () => {
  /** `npx gatewise data fetch mnist`, `npx gatewise npk --model M …`: at the start of a line of a block, or between backticks. */
  const commands = [
    ...new Set(
      pages.flatMap((page) =>
        [...textOf(page).matchAll(/(?:^|`|&& |\$ )npx gatewise ([^`#\n]+)/gm)].map(([, words = ""]) => words.trim()),
      ),
    ),
  ];
  const namesOf = (words: string): string =>
    /^[a-z-]+(?: (?:fetch|check|fit|score|plan|run|submit|status|gather)\b)?/.exec(words)?.[0] ?? "";

  it("are said as a clone and a project of one's own need them", () => {
    expect(commands.length).toBeGreaterThan(20);
    const bare = pages.flatMap((page) => textOf(page).match(/^(?:\$ )?gatewise [a-z].*/gm) ?? []);
    expect(bare).toEqual([]);
  });

  it.each([...new Set(commands.map(namesOf))])("gatewise %s has the options that are written", async (name) => {
    const { stdout: help } = await gatewise([...name.split(" "), "--help"]);
    const options = commands
      .filter((words) => namesOf(words) === name)
      .flatMap((words) => words.match(/--[a-z-]+/g) ?? []);
    const missing = options.filter((option) => !new RegExp(`${option}\\b`).test(help));
    expect(missing).toEqual([]);
  });
});
