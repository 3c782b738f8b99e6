import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { arrayInBytes } from "../../../src/data/node/own/npy-array.ts";
import { inputElements, isNumeric, numberElements, wordElements } from "../../../src/data/own/npy-elements.ts";
import { openNpz } from "../../../src/data/own/npz.ts";
import { errorOf, rejectionOf } from "../../support/error-of.ts";
import { expectOnlyGatewiseErrors } from "../../support/only-gatewise-errors.ts";

const Golden = z.object({
  arrays: z.record(z.string(), z.object({ bytes: z.base64(), values: z.array(z.unknown()) })),
  npz: z.object({ keras: z.base64(), words: z.base64(), x: z.array(z.array(z.array(z.number()))) }),
});
const { arrays, npz } = Golden.parse(JSON.parse(readFileSync("test/golden/own-data/arrays.json", "utf8")));
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

describe("npz archives", () => {
  it("hold arrays by name, packed or not", async () => {
    const keras = await openNpz(bytesOf(npz.keras), "k.npz");
    expect(keras.names).toEqual(["x_train", "y_train", "x_test", "y_test"]);
    const x = arrayInBytes(keras.member("x_train"), "x");
    expect(x.shape).toEqual([6, 2, 3]);
    expect([...inputElements(x.type, await x.elements())]).toEqual(npz.x.flat(2));
    const words = await openNpz(bytesOf(npz.words), "w.npz");
    const y = arrayInBytes(words.member("y"), "y");
    expect(wordElements(y.type, await y.elements(), "y")).toEqual(["a", "b", "a", "b", "a", "b"]);
  });

  it("damaged ones give nothing but errors of the user's", async () => {
    await expectOnlyGatewiseErrors(bytesOf(npz.keras), async (bytes) => {
      const archive = await openNpz(bytes, "k.npz");
      for (const name of archive.names) arrayInBytes(archive.member(name), name);
    });
  });

  it("a member that claims to be larger than it can be is not unpacked", async () => {
    const bytes = bytesOf(npz.keras);
    const view = new DataView(bytes.buffer);
    // the directory's entry of the first member (APPNOTE 4.3.12): its unpacked size at 24
    const entry = bytes.findIndex((_, i) => i + 4 < bytes.length && view.getUint32(i) === 0x504b0102);
    const size = view.getUint32(entry + 20, true);
    view.setUint32(entry + 24, 2_000_000_000, true);
    const archive = await openNpz(bytes, "k.npz");
    expect(errorOf(() => archive.member("x_train"))).toEqual({
      message: `k.npz: array x_train: ${size} bytes that claim to unpack to 2000000000: expected at most 200 times as many`,
      hint: "the file is damaged, or made to fill memory: give its arrays as .npy files",
    });
  });

  it("a zip archive of other files is none", async () => {
    const { zipSync } = await import("fflate");
    expect(await rejectionOf(openNpz(zipSync({ "a.txt": new Uint8Array(3) }), "a.npz"))).toEqual({
      message: "a.npz: a zip archive without arrays: expected an .npz archive, as np.savez writes it",
      hint: "unpack it, if it holds other data",
    });
  });
});
