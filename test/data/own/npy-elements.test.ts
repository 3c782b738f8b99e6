import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { arrayInBytes } from "../../../src/data/node/own/npy-array.ts";
import { inputElements, isNumeric, numberElements, wordElements } from "../../../src/data/own/npy-elements.ts";
import { errorOf } from "../../support/error-of.ts";

const Golden = z.object({
  arrays: z.record(z.string(), z.object({ bytes: z.base64(), values: z.array(z.unknown()) })),
});
const { arrays } = Golden.parse(JSON.parse(readFileSync("test/golden/own-data/arrays.json", "utf8")));
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

describe("element types of NumPy", () => {
  const readable = Object.entries(arrays).filter(([name]) => name !== "O");
  it.each(readable.map(([name, one]) => ({ name, ...one })))("$name", async ({ bytes, values }) => {
    const array = arrayInBytes(bytesOf(bytes), "x.npy");
    const elements = await array.elements();
    if (!isNumeric(array.type)) {
      expect(wordElements(array.type, elements, "x.npy")).toEqual(values);
      return;
    }
    const wanted = values.flat().map(Number);
    expect([...numberElements(array.type, elements)]).toEqual(wanted);
    expect([...inputElements(array.type, elements)]).toEqual(wanted.map(Math.fround));
  });

  it("pickled objects are refused", () => {
    expect(errorOf(() => arrayInBytes(bytesOf(arrays.O?.bytes ?? ""), "y.npy"))).toEqual({
      message: "y.npy: element type |O (pickled Python objects): expected numbers, booleans or words",
      hint: 'convert it in NumPy: x.astype("float32") for numbers, x.astype(str) for words, before np.save',
    });
  });
});
