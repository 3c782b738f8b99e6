import { describe, expect, it } from "vitest";
import { externalFiles, float32, int64, readModel } from "../../../src/graph/index.ts";
import type { TensorProto } from "../../../src/graph/onnx/onnx_pb.ts";
import { errorOf } from "../../support/error-of.ts";
import { bytesOfModel, modelProto, movedOut, placeEntries } from "./model.ts";

const w = float32([2, 3], [1, -2, 3, -4, 5, 0.5]);
const b = float32([3], [7, 8, 9]);
const value = int64([2], [5, -6]);

/** Two initializers and a tensor among attributes. */
const small = () =>
  modelProto({
    nodes: [
      { op: "Constant", inputs: [], attributes: { value: { tensor: value } } },
      { op: "Relu", inputs: ["x"] },
    ],
    constants: { w, b },
  });

/** The small model with its bytes in a file, and its first tensor changed. */
function changed(change: (tensor: TensorProto) => void): { readonly bytes: Uint8Array; readonly file: Uint8Array } {
  const model = small();
  const file = movedOut(model, "m.data");
  const [first] = model.graph?.initializer ?? [];
  if (first !== undefined) change(first);
  return { bytes: bytesOfModel(model), file };
}
const placedAt = (place: Readonly<Record<string, string>>) =>
  changed((tensor) => {
    tensor.externalData = placeEntries(place);
  });

describe("tensors in files beside the model", () => {
  it("are those that were moved there, in initializers and attributes", () => {
    const model = small();
    const file = movedOut(model, "sub/m.data");
    const bytes = bytesOfModel(model);
    expect(externalFiles(bytes)).toEqual([
      { location: "sub/m.data", bytes: 52, tensor: 'node "Constant_0" (Constant): its tensor "value"' },
    ]);
    const read = readModel(bytes, { externalData: new Map([["sub/m.data", file]]) });
    expect(read.initializers.get("w")).toEqual(w);
    expect(read.initializers.get("b")).toEqual(b);
    expect(read.nodes[0]?.attributes.get("value")).toEqual({ kind: "tensor", value });
    expect(read.bytes).toBe(bytes.length + 52);
  });

  it("none: no files", () => {
    const bytes = bytesOfModel(small());
    expect(externalFiles(bytes)).toEqual([]);
    expect(readModel(bytes).bytes).toBe(bytes.length);
  });

  it("without offset and length they start the file and are as long as their shape says", () => {
    const { bytes, file } = placedAt({ location: "m.data" });
    expect(readModel(bytes, { externalData: new Map([["m.data", file]]) }).initializers.get("w")).toEqual(w);
  });

  it("may share their bytes once", () => {
    const { bytes, file } = placedAt({ location: "m.data", offset: "28", length: "24" });
    const { initializers } = readModel(bytes, { externalData: new Map([["m.data", file]]) });
    expect(initializers.get("w")?.data.slice(-2)).not.toEqual(w.data.slice(-2));
  });
});

describe("tensors in files that are refused", () => {
  const W = 'initializer "w"';
  const AGAIN = "export the model again, or save it as one file";
  const GIVE = "give them as externalData, by location; or save the model as one file";

  it("nobody gave their files", () => {
    const model = small();
    movedOut(model, "m.data");
    expect(errorOf(() => readModel(bytesOfModel(model)))).toEqual({
      message: `${W} with its data in the file "m.data": expected the bytes of "m.data"`,
      hint: GIVE,
    });
    model.graph?.initializer.forEach((tensor, i) => {
      tensor.externalData = placeEntries({ location: `${i}.data` });
    });
    expect(
      errorOf(() => readModel(bytesOfModel(model), { externalData: new Map([["0.data", new Uint8Array(24)]]) })),
    ).toEqual({
      message: 'initializer "b" with its data in the file "1.data": expected the bytes of "1.data", "m.data"',
      hint: GIVE,
    });
  });

  it.each([
    [{}, 'the file "": expected the name of a file'],
    [{ location: "" }, 'the file "": expected the name of a file'],
    [{ offset: "-4" }, 'the file "m.data", offset "-4": expected a whole number of bytes'],
    [{ offset: "0x10" }, 'the file "m.data", offset "0x10": expected a whole number of bytes'],
    [{ offset: "" }, 'the file "m.data", offset "": expected a whole number of bytes'],
    [{ offset: "9".repeat(20) }, `the file "m.data", offset "${"9".repeat(20)}": expected a whole number of bytes`],
    [{ length: "1e9" }, 'the file "m.data", length "1e9": expected a whole number of bytes'],
    [{ length: "20" }, 'the file "m.data", 20 bytes long: expected 24 bytes for its shape [2, 3]'],
    [{ length: "0" }, 'the file "m.data", 0 bytes long: expected 24 bytes for its shape [2, 3]'],
    [{ length: `${2 ** 50}` }, `the file "m.data", ${2 ** 50} bytes long: expected 24 bytes for its shape [2, 3]`],
  ])("%o", (entries, says) => {
    const named = "location" in entries || Object.keys(entries).length === 0;
    const { bytes, file } = placedAt(named ? entries : { location: "m.data", ...entries });
    const texts = { message: `${W} with its data in ${says}`, hint: AGAIN };
    expect(errorOf(() => readModel(bytes, { externalData: new Map([["m.data", file]]) }))).toEqual(texts);
    expect(errorOf(() => externalFiles(bytes))).toEqual(texts);
  });

  it.each([
    [{ offset: "32" }, "32 to 56"],
    [{ offset: `${2 ** 52}` }, `${2 ** 52} to ${2 ** 52 + 24}`],
  ])("%o is beyond the file", (entries, range) => {
    const { bytes, file } = placedAt({ location: "m.data", ...entries });
    expect(errorOf(() => readModel(bytes, { externalData: new Map([["m.data", file]]) }))).toEqual({
      message: `${W} in bytes ${range} of the file "m.data", which has 52: expected a file that holds them all`,
      hint: AGAIN,
    });
  });

  it("a shape as large as the moon", () => {
    const { bytes, file } = changed((tensor) => {
      tensor.dims = [2n ** 40n, 2n ** 40n];
      tensor.externalData = placeEntries({ location: "m.data" });
    });
    expect(errorOf(() => readModel(bytes, { externalData: new Map([["m.data", file]]) })).message).toMatch(
      /^initializer "w" in bytes 0 to 4\.8\d+e\+24 of the file "m\.data", which has 52: expected/,
    );
  });

  it("a thousand tensors of the same bytes", () => {
    const model = modelProto({
      nodes: [{ op: "Relu", inputs: ["x"] }],
      constants: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`w${i}`, w])),
    });
    movedOut(model, "m.data");
    for (const tensor of model.graph?.initializer ?? []) tensor.externalData = placeEntries({ location: "m.data" });
    expect(
      errorOf(() => readModel(bytesOfModel(model), { externalData: new Map([["m.data", new Uint8Array(24)]]) })),
    ).toEqual({
      message:
        'initializer "w2", with which tensors take 72 bytes of the file "m.data", which has 24: expected at most 2 times as many',
      hint: AGAIN,
    });
  });
});
