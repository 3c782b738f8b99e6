import { describe, expect, it } from "vitest";
import { readIdx } from "../../src/data/index.ts";
import { errorOf } from "../support/error-of.ts";
import { idxFile, tinyImages } from "../support/idx-file.ts";
import { expectOnlyGatewiseErrors } from "../support/only-gatewise-errors.ts";

describe("readIdx", () => {
  it.each([
    { title: "labels", shape: [3], data: [7, 0, 9] },
    { title: "images", shape: [2, 1, 2], data: [0, 255, 128, 1] },
    { title: "nothing at all", shape: [0, 28, 28], data: [] },
  ])("reads $title", ({ shape, data }) => {
    const array = readIdx(idxFile(shape, data), "file");
    expect({ ...array, data: Array.from(array.data) }).toEqual({ dtype: "uint8", shape, data });
  });

  it("shares the file's memory and lets no Buffer through", () => {
    const file = Buffer.from(tinyImages(2));
    const { data } = readIdx(file, "file");
    expect(data.constructor).toBe(Uint8Array);
    expect(data.buffer).toBe(file.buffer);
  });

  it.each([
    {
      title: "an empty file",
      bytes: [],
      message: "x: 0 bytes: expected an IDX file, whose header has at least 8 bytes",
      hint: "the file is truncated: fetch it again",
    },
    {
      title: "another magic",
      bytes: [1, 0, 8, 1, 0, 0, 0, 0],
      message: "x: starts with 01 00 08 01: expected an IDX file, which starts with 00 00 08 and its rank",
      hint: "give an official IDX file",
    },
    {
      title: "gzip data",
      bytes: [0x1f, 0x8b, 8, 0, 0, 0],
      message: "x: starts with 1f 8b 08 00: expected an IDX file, which starts with 00 00 08 and its rank",
      hint: "decompress it first: it is gzip data",
    },
    {
      title: "an unknown element type",
      bytes: [0, 0, 7, 1, 0, 0, 0, 0],
      message: "x: starts with 00 00 07 01: expected an IDX file, which starts with 00 00 08 and its rank",
      hint: "give an official IDX file",
    },
    {
      title: "rank 0",
      bytes: [0, 0, 8, 0, 1],
      message: "x: starts with 00 00 08 00: expected an IDX file, which starts with 00 00 08 and its rank",
      hint: "give an official IDX file",
    },
    {
      title: "float elements",
      bytes: [0, 0, 0x0d, 1, 0, 0, 0, 1, 0, 0, 0, 0],
      message: "x: elements of type float32: expected unsigned bytes, the only type read here",
      hint: "write images and labels as unsigned bytes",
    },
    {
      title: "a header cut short",
      bytes: [0, 0, 8, 3, 0, 0, 0, 1],
      message: "x: 8 bytes: expected a header of 16 bytes for rank 3",
      hint: "the file is truncated: fetch it again",
    },
    {
      title: "elements cut short",
      bytes: [0, 0, 8, 1, 0, 0, 0, 3, 1, 2],
      message: "x: 2 bytes after the header: expected 3 for its shape [3]",
      hint: "the file is truncated: fetch it again",
    },
    {
      title: "bytes left over",
      bytes: [0, 0, 8, 1, 0, 0, 0, 1, 1, 2],
      message: "x: 2 bytes after the header: expected 1 for its shape [1]",
      hint: "the file is damaged: fetch it again",
    },
    {
      title: "sizes beyond all memory",
      bytes: [0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255],
      message: "x: 0 bytes after the header: expected 18446744065119617000 for its shape [4294967295, 4294967295]",
      hint: "the file is truncated: fetch it again",
    },
  ])("refuses $title", ({ bytes, message, hint }) => {
    expect(errorOf(() => readIdx(Uint8Array.from(bytes), "x"))).toEqual({ message, hint });
  });

  it("throws nothing but GatewiseErrors at damaged files", async () => {
    await expectOnlyGatewiseErrors(tinyImages(5), (bytes) => readIdx(bytes, "x"));
  });
});
