import { describe, expect, it } from "vitest";
import { GatewiseError, packError, unpackError } from "../src/errors.ts";

describe("a mistake", () => {
  const parts = {
    received: 'regime "dlnfp"',
    expected: "relu or dlnpf",
    next: "did you mean dlnpf?",
    options: ["--regime"],
  };

  it("keeps its parts, also on the way between threads", () => {
    const error = new GatewiseError(parts);
    const { next: hint, ...rest } = parts;
    expect(error).toMatchObject({ message: 'regime "dlnfp": expected relu or dlnpf', hint, ...rest });
    expect(unpackError(structuredClone(packError(error)))).toEqual(error);
  });

  it("is the same with another thing to do next", () => {
    const told = new GatewiseError(parts).withHint("train --regime dlnpf");
    expect(told).toMatchObject({ received: parts.received, options: ["--regime"], hint: "train --regime dlnpf" });
  });

  it("of a text that is ready has the parts that the text tells", () => {
    expect(GatewiseError.of("option --x: expected a number: expected", "see --help")).toMatchObject({
      message: "option --x: expected a number: expected",
      received: "option --x",
      expected: "a number: expected",
    });
    expect(GatewiseError.of("missing", "")).toMatchObject({ message: "missing", received: "missing", expected: "" });
  });

  it("of ours keeps its stack", () => {
    const bug = unpackError(structuredClone(packError(new TypeError("x is undefined"))));
    expect(bug).not.toBeInstanceOf(GatewiseError);
    expect(bug.message).toBe("x is undefined");
    expect(bug.stack).toMatch(/errors\.test/);
  });
});
