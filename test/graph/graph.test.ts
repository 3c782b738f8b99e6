import { describe, expect, it } from "vitest";
import { add, graph, input, negate } from "../../src/graph/index.ts";
import { errorOf } from "../support/error-of.ts";

describe("graph", () => {
  const x = input("x", "float32", [2]);

  it("lists the inputs that its outputs use, each once, and the outputs as they are named", () => {
    const y = add(x, input("z", "float32", []));
    const { inputs, outputs } = graph({ sum: y, negated: negate(x) });
    expect(inputs.map(({ name }) => name)).toEqual(["x", "z"]);
    expect(outputs.map(({ name }) => name)).toEqual(["sum", "negated"]);
  });

  it("takes names that objects have of their own", () => {
    const { inputs } = graph({ y: negate(input("constructor", "float32", [])) });
    expect(inputs.map(({ name }) => name)).toEqual(["constructor"]);
  });

  const hint = "rename one of them, or use the same input tensor in both places";
  it("refuses two inputs of one name", () =>
    expect(errorOf(() => graph({ y: add(x, input("x", "float32", [])) }))).toEqual({
      message: 'the name "x" twice: float32 [] and float32 [2]: expected one name for each input and output',
      hint,
    }));

  it("refuses an input and an output of one name", () =>
    expect(errorOf(() => graph({ x: negate(x) }))).toEqual({
      message: 'the name "x" twice: float32 [2] and an output: expected one name for each input and output',
      hint,
    }));
});
