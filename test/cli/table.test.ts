import { describe, expect, it } from "vitest";
import { colored } from "../../src/cli/colors.ts";
import { formatTable } from "../../src/cli/table.ts";

const lines = (text: string): readonly string[] => colored(text, false).split("\n");

describe("tables", () => {
  it("aligns columns and wide characters as the terminal shows them", () => {
    const table = formatTable(
      [{ title: "layer" }, { title: "n", align: "right" }, { title: "" }],
      [
        ["畳み込み", "1", "a"],
        ["dense", "1,024", ""],
        ["e\u0301", "7", "last"],
      ],
    );
    expect(lines(table)).toEqual([
      "layer         n",
      "畳み込み      1  a",
      "dense     1,024",
      "e\u0301             7  last",
    ]);
  });

  it("shows what would color it or forge rows", () => {
    const table = formatTable(
      [{ title: "la\u001b[31myer" }, { title: "n", align: "right" }],
      [["dense\nrelu  9", "1\u009b2J"]],
    );
    expect(lines(table)).toEqual(["la\\x1b[31myer           n", "dense\\nrelu  9  1\\u009b2J"]);
  });

  it("has only a head without rows", () => {
    expect(lines(formatTable([{ title: "layer" }, { title: "kind" }], []))).toEqual(["layer  kind"]);
  });

  it("takes as many rows as a network has layers", () => {
    const rows = Array.from({ length: 200_000 }, (_, i) => [`${i}`, "relu"]);
    const table = lines(formatTable([{ title: "layer", align: "right" }, { title: "kind" }], rows));
    expect(table).toHaveLength(200_001);
    expect(table.at(-1)).toBe("199999  relu");
    expect(table[1]).toBe("     0  relu");
  });
});
