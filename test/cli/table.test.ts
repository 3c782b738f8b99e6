import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { formatTable } from "../../src/cli/output.ts";

const lines = (text: string): readonly string[] => stripVTControlCharacters(text).split("\n");

describe("tables", () => {
  it("aligns columns, wide characters and colors as the terminal shows them", () => {
    const table = formatTable(
      [{ title: "layer" }, { title: "n", align: "right" }, { title: "" }],
      [
        ["畳み込み", "1", "a"],
        ["\u001b[32mdense\u001b[39m", "1,024", ""],
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
