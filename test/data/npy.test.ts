import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { npyHeader, readNpy, writeNpy } from "../../src/data/index.ts";
import { bytesOf, float32, float64, int32, int64 } from "../../src/graph/dense-array.ts";
import { denseArrays } from "../support/dense-arrays.ts";
import { errorOf } from "../support/error-of.ts";
import { expectOnlyGatewiseErrors } from "../support/only-gatewise-errors.ts";

/** A file as NumPy would write it: magic, version, header length, dictionary padded with spaces, elements. */
function npyFile(dictionary: string, elements: Uint8Array, version = 1): Uint8Array {
  const header = new TextEncoder().encode(dictionary);
  const length = version === 1 ? 2 : 4;
  const lengthBytes = Array.from({ length }, (_, i) => Math.floor(header.length / 256 ** i) % 256);
  return Uint8Array.from([0x93, ...Buffer.from("NUMPY"), version, 0, ...lengthBytes, ...header, ...elements]);
}

const floats = (...values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const TWO_BY_THREE = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
const remake = 'write it again with NumPy: np.save("x.npy", x)';

describe("writeNpy", () => {
  it("writes what NumPy writes", () => {
    const file = writeNpy(float64([3], [1, 2, 3]));
    // the first 128 bytes of np.save("x.npy", np.array([1., 2., 3.])), NumPy 2.4
    const header = `\x93NUMPY\x01\x00v\x00${"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }".padEnd(117)}\n`;
    expect(Buffer.from(file.subarray(0, 128)).toString("latin1")).toBe(header);
    expect(Array.from(new Float64Array(file.slice(128).buffer))).toEqual([1, 2, 3]);
  });

  it.each([
    { shape: [], sizes: "()" },
    { shape: [5], sizes: "(5,)" },
    { shape: [0, 28, 28], sizes: "(0, 28, 28)" },
    { shape: [60000, 60000], sizes: "(60000, 60000)" },
  ])("pads the header of shape $sizes to 64", ({ shape, sizes }) => {
    const header = npyHeader("uint8", shape);
    expect(header.length % 64).toBe(0);
    expect(Buffer.from(header).toString("latin1")).toContain(
      `'descr': '|u1', 'fortran_order': False, 'shape': ${sizes}, }`,
    );
  });

  it("comes back bit by bit", () => {
    fc.assert(
      fc.property(denseArrays(), (array) => {
        const back = readNpy(writeNpy(array));
        expect({ dtype: back.dtype, shape: back.shape }).toEqual({ dtype: array.dtype, shape: array.shape });
        expect(bytesOf(back)).toEqual(bytesOf(array));
      }),
    );
  });
});

describe("readNpy", () => {
  it.each([
    { title: "version 1", file: npyFile(TWO_BY_THREE, floats(0, 1, 2, 3, 4, 5)) },
    { title: "version 2", file: npyFile(TWO_BY_THREE, floats(0, 1, 2, 3, 4, 5), 2) },
    { title: "version 3", file: npyFile(TWO_BY_THREE, floats(0, 1, 2, 3, 4, 5), 3) },
    { title: "a Buffer out of Node's pool", file: Buffer.from(npyFile(TWO_BY_THREE, floats(0, 1, 2, 3, 4, 5))) },
    {
      title: "Fortran order",
      file: npyFile("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", floats(0, 3, 1, 4, 2, 5)),
    },
    {
      title: "another order of keys, double quotes, sizes of Python 2",
      file: npyFile(`{"shape": (2L, 3L), "fortran_order": False, "descr": "<f4"}`, floats(0, 1, 2, 3, 4, 5)),
    },
  ])("reads $title", ({ file }) => {
    expect(readNpy(file)).toEqual(float32([2, 3], [0, 1, 2, 3, 4, 5]));
  });

  it("orders a Fortran array of rank 3", () => {
    // element [i, j, k] is 100 i + 10 j + k; in the file i runs fastest
    const elements = Uint8Array.of(0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121);
    const file = npyFile("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }", elements);
    expect(Array.from(bytesOf(readNpy(file)))).toEqual([0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121]);
  });

  it.each([
    {
      title: "a short file",
      file: Uint8Array.of(0x93, 0x4e),
      message: "npy data: 2 bytes: expected a .npy file",
      hint: 'write one in NumPy: np.save("x.npy", x)',
    },
    {
      title: "other magic",
      file: new Uint8Array(100),
      message: "npy data: other first bytes than \\x93NUMPY: expected a .npy file",
      hint: 'write one in NumPy: np.save("x.npy", x)',
    },
    {
      title: "version 4",
      file: npyFile(TWO_BY_THREE, floats(), 4),
      message: "npy data: .npy version 4.0: expected 1.0, 2.0 or 3.0",
      hint: remake,
    },
    {
      title: "a header longer than the file",
      file: npyFile(TWO_BY_THREE, floats()).subarray(0, 40),
      message: "npy data: a header that ends beyond the file: expected the short header of a dense array",
      hint: "the file is truncated or damaged: write it again",
    },
    {
      title: "a header of 4 GB",
      file: Uint8Array.from([0x93, ...Buffer.from("NUMPY"), 2, 0, 255, 255, 255, 255]),
      message: "npy data: a header that ends beyond 65535 bytes: expected the short header of a dense array",
      hint: "the file is truncated or damaged: write it again",
    },
    {
      title: "elements cut short",
      file: npyFile(TWO_BY_THREE, floats(1, 2, 3, 4, 5)),
      message: "npy data: 20 bytes after the header: expected 24 for float32 of shape [2, 3]",
      hint: "the file is truncated: write it again",
    },
    {
      title: "bytes left over",
      file: npyFile(TWO_BY_THREE, floats(1, 2, 3, 4, 5, 6, 7)),
      message: "npy data: 28 bytes after the header: expected 24 for float32 of shape [2, 3]",
      hint: "the file is damaged: write it again",
    },
    {
      title: "big endian",
      file: npyFile("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", floats(1)),
      message: "npy data: element type >f4: expected float32, float64, int64, int32, uint8 or bool, little endian",
      hint: 'convert it in NumPy: np.save("x.npy", x.astype("float32"))',
    },
    {
      title: "records",
      file: npyFile("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", floats(1)),
      message:
        "npy data: element type [('a', '<f4')]: expected float32, float64, int64, int32, uint8 or bool, little endian",
      hint: 'convert it in NumPy: np.save("x.npy", x.astype("float32"))',
    },
    {
      title: "a bool of 2",
      file: npyFile("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", Uint8Array.of(1, 0, 2)),
      message: "npy data: bool 2 stored as 2: expected 0 or 1",
      hint: "write the array again from its source",
    },
    ...[
      "not a dictionary",
      "{'descr': '<f4', 'fortran_order': False, }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1e9,), }",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
      "{'descr': '<f4' 'fortran_order': False, 'shape': (1,), }",
      `{'descr': '<f4', 'fortran_order': False, 'shape': (${"1, ".repeat(65)})}`.slice(0, 200),
    ].map((header) => ({
      title: `the header ${header.slice(0, 80)}`,
      file: npyFile(header, floats(1)),
      message: `npy data: header ${header}: expected {'descr': …, 'fortran_order': …, 'shape': (…)}`,
      hint: remake,
    })),
  ])("refuses $title", ({ file, message, hint }) => {
    expect(errorOf(() => readNpy(file))).toEqual({ message, hint });
  });

  it("throws nothing but GatewiseErrors at damaged files", async () => {
    await expectOnlyGatewiseErrors(npyFile(TWO_BY_THREE, floats(0, 1, 2, 3, 4, 5)), (bytes) => readNpy(bytes));
    await expectOnlyGatewiseErrors(writeNpy(int64([2, 2], [1, 2, 3, 4])), (bytes) => readNpy(bytes));
  });
});

const numpy = pythonHas("numpy");
if (!numpy) console.error("SKIPPED: no python3 with NumPy to read and write .npy files with");
it.skipIf(!numpy)("NumPy reads what we write and we read what it writes", () => {
  const folder = mkdtempSync(join(tmpdir(), "gatewise-npy-"));
  try {
    const [ours, theirs] = [join(folder, "ours.npy"), join(folder, "theirs.npy")];
    writeFileSync(ours, writeNpy(int32([2, 3], [1, 2, 3, 4, 5, 6])));
    const script = `import numpy as np; np.save(r"${theirs}", np.asfortranarray(np.load(r"${ours}", mmap_mode="r") * 2.5))`;
    execFileSync("python3", ["-c", script]);
    expect(readNpy(readFileSync(theirs))).toEqual(float64([2, 3], [2.5, 5, 7.5, 10, 12.5, 15]));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function pythonHas(module: string): boolean {
  try {
    execFileSync("python3", ["-c", `import ${module}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
