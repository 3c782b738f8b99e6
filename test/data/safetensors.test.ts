import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/data/index.ts";
import { bytesOf, float32, float64, zeros } from "../../src/graph/dense-array.ts";
import { denseArrays } from "../support/dense-arrays.ts";
import { errorOf } from "../support/error-of.ts";
import { expectOnlyGatewiseErrors } from "../support/only-gatewise-errors.ts";

/** A file from header and data, written from the format's description and not by our code. */
function safetensorsFile(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([length, json, data]));
}

const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i % 2);
const damaged = "the file is damaged: write it again";
const cutShort = "the file is truncated or damaged: write it again";
const entries = "an entry with dtype, shape and data_offsets for each tensor";

describe("writeSafetensors", () => {
  it("lays tensors out as the reference does: widest first, then by name, the data aligned to 8", () => {
    const tensors = { b: float32([2], [1, 2]), a: float32([1], [3]), c: float64([1], [4]), d: zeros("uint8", [3]) };
    const file = Buffer.from(writeSafetensors(tensors, { epoch: "7" }));
    const length = Number(file.readBigUInt64LE(0));
    expect(length % 8).toBe(0);
    expect(file.toString("utf8", 8, 8 + length).trimEnd()).toBe(
      '{"__metadata__":{"epoch":"7"},"c":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},' +
        '"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]},' +
        '"d":{"dtype":"U8","shape":[3],"data_offsets":[20,23]}}',
    );
    expect(file.length).toBe(8 + length + 23);
    expect([file.readDoubleLE(8 + length), file.readFloatLE(16 + length), file.readFloatLE(24 + length)]).toEqual([
      4, 3, 2,
    ]);
  });

  it("writes the same bytes whatever the order of the record", () => {
    const [a, b] = [float32([1], [1]), float32([1], [2])];
    expect(writeSafetensors({ a, b }, {})).toEqual(writeSafetensors({ b, a }, {}));
  });

  it("refuses the name that the format keeps", () => {
    expect(errorOf(() => writeSafetensors({ __metadata__: float32([1], [1]) }, {}))).toEqual({
      message: 'tensor name "__metadata__": expected another name: the format keeps this one for itself',
      hint: "rename the tensor",
    });
  });

  it("comes back bit by bit", () => {
    // the name __proto__ is the one that the structure check drops
    const names = fc.string().filter((name) => name !== "__metadata__" && name !== "__proto__");
    fc.assert(
      fc.property(fc.dictionary(names, denseArrays()), fc.dictionary(names, fc.string()), (tensors, metadata) => {
        const back = readSafetensors(writeSafetensors(tensors, metadata));
        expect(Object.entries(back.metadata).sort()).toEqual(Object.entries(metadata).sort());
        expect(Object.keys(back.tensors).sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, tensor] of Object.entries(tensors)) {
          const read = back.tensors[name];
          expect({ dtype: read?.dtype, shape: read?.shape }).toEqual({ dtype: tensor.dtype, shape: tensor.shape });
          if (read !== undefined) expect(bytesOf(read)).toEqual(bytesOf(tensor));
        }
      }),
    );
  });
});

describe("readSafetensors", () => {
  it("reads a header of any order and alignment, also from a Buffer", () => {
    const data = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
    const header = {
      second: { dtype: "F32", shape: [1], data_offsets: [8, 12] },
      first: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] },
      empty: { dtype: "I64", shape: [0, 5], data_offsets: [12, 12] },
    };
    const expected = {
      metadata: {},
      tensors: { first: float32([1, 2], [1, 2]), second: float32([1], [3]), empty: zeros("int64", [0, 5]) },
    };
    expect(readSafetensors(safetensorsFile(header, data))).toEqual(expected);
    expect(readSafetensors(Buffer.from(safetensorsFile(`${JSON.stringify(header)} `, data)))).toEqual(expected);
  });

  it.each([
    {
      title: "a short file",
      file: new Uint8Array(7),
      message: "f: 7 bytes: expected a safetensors file, which has at least 8",
      hint: "the file is truncated: write it again",
    },
    {
      title: "a header longer than the file",
      file: safetensorsFile({}).subarray(0, 9),
      message: "f: a header of 2 bytes: expected at most 1, which the file has left",
      hint: "the file is truncated or no safetensors file: write it again",
    },
    {
      title: "a header of 2⁶⁴ − 1 bytes",
      file: new Uint8Array(16).fill(255),
      message: "f: a header of 18446744073709551615 bytes: expected at most 8, which the file has left",
      hint: "the file is truncated or no safetensors file: write it again",
    },
    {
      title: "a list as header",
      file: safetensorsFile("[]"),
      message: `f: header at its top: Invalid input: expected object, received array: expected ${entries}`,
      hint: damaged,
    },
    {
      title: "metadata that are no text",
      file: safetensorsFile({ __metadata__: { epoch: 7 } }),
      message: `f: header at __metadata__.epoch: Invalid input: expected string, received number: expected ${entries}`,
      hint: damaged,
    },
    {
      title: "a tensor without shape",
      file: safetensorsFile({ w: { dtype: "F32", data_offsets: [0, 4] } }, bytes(4)),
      message: `f: header at w.shape: Invalid input: expected array, received undefined: expected ${entries}`,
      hint: damaged,
    },
    {
      title: "a negative size",
      file: safetensorsFile({ w: { dtype: "F32", shape: [-1], data_offsets: [0, 4] } }, bytes(4)),
      message: `f: header at w.shape.0: Too small: expected number to be >=0: expected ${entries}`,
      hint: damaged,
    },
    {
      title: "a field that is not the format's",
      file: safetensorsFile({ w: { dtype: "U8", shape: [1], data_offsets: [0, 1], scale: 2 } }, bytes(1)),
      message: `f: header at w: Unrecognized key: "scale": expected ${entries}`,
      hint: damaged,
    },
    {
      title: "a dtype that is not read",
      file: safetensorsFile({ w: { dtype: "BF16", shape: [2], data_offsets: [0, 4] } }, bytes(4)),
      message: 'f: tensor "w": dtype BF16: expected F32, F64, I64, I32, U8, BOOL',
      hint: "convert the tensor to one of them before saving",
    },
    {
      title: "offsets beyond the file",
      file: safetensorsFile({ w: { dtype: "F32", shape: [2], data_offsets: [0, 8] } }, bytes(4)),
      message:
        'f: tensor "w": data_offsets [0, 8]: expected a start at 0, where the tensor before ends, and an end within 4 bytes',
      hint: cutShort,
    },
    {
      title: "offsets that run backward",
      file: safetensorsFile(
        {
          v: { dtype: "U8", shape: [2], data_offsets: [0, 2] },
          w: { dtype: "U8", shape: [1], data_offsets: [2, 1] },
        },
        bytes(2),
      ),
      message:
        'f: tensor "w": data_offsets [2, 1]: expected a start at 2, where the tensor before ends, and an end within 2 bytes',
      hint: cutShort,
    },
    {
      title: "overlapping tensors",
      file: safetensorsFile(
        {
          v: { dtype: "U8", shape: [3], data_offsets: [0, 3] },
          w: { dtype: "U8", shape: [2], data_offsets: [2, 4] },
        },
        bytes(4),
      ),
      message:
        'f: tensor "w": data_offsets [2, 4]: expected a start at 3, where the tensor before ends, and an end within 4 bytes',
      hint: cutShort,
    },
    {
      title: "a hole between tensors",
      file: safetensorsFile(
        {
          v: { dtype: "U8", shape: [1], data_offsets: [0, 1] },
          w: { dtype: "U8", shape: [2], data_offsets: [2, 4] },
        },
        bytes(4),
      ),
      message:
        'f: tensor "w": data_offsets [2, 4]: expected a start at 1, where the tensor before ends, and an end within 4 bytes',
      hint: cutShort,
    },
    {
      title: "offsets that do not fit the shape",
      file: safetensorsFile({ w: { dtype: "F32", shape: [2], data_offsets: [0, 4] } }, bytes(4)),
      message: 'f: tensor "w": 4 bytes: expected 8 for F32 of shape [2]',
      hint: damaged,
    },
    {
      title: "bytes left over",
      file: safetensorsFile({ w: { dtype: "U8", shape: [2], data_offsets: [0, 2] } }, bytes(4)),
      message: "f: 4 bytes after the header: expected 2, where the last tensor ends",
      hint: damaged,
    },
    {
      title: "a bool of 7",
      file: safetensorsFile({ w: { dtype: "BOOL", shape: [2], data_offsets: [0, 2] } }, Uint8Array.of(1, 7)),
      message: 'f: tensor "w": bool 1 stored as 7: expected 0 or 1',
      hint: "write the array again from its source",
    },
  ])("refuses $title", ({ file, message, hint }) => {
    expect(errorOf(() => readSafetensors(file, "f"))).toEqual({ message, hint });
  });

  it.each(["{", "\u0000", ""])("refuses a header that is no JSON: %j", (header) => {
    const { message, hint } = errorOf(() => readSafetensors(safetensorsFile(header), "f"));
    // the middle is the JavaScript engine's text
    expect(message).toMatch(
      /^f: header that is no JSON \(.+\): expected a safetensors file, whose header is JSON in UTF-8$/,
    );
    expect(hint).toBe("the file is damaged or no safetensors file: write it again");
  });

  it("throws nothing but GatewiseErrors at damaged files", async () => {
    const file = writeSafetensors({ a: float32([2, 2], [1, 2, 3, 4]), b: zeros("bool", [3]) }, { epoch: "1" });
    await expectOnlyGatewiseErrors(file, (damagedFile) => readSafetensors(damagedFile));
  });
});
