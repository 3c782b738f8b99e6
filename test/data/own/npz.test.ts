import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fileSource, openNpz } from "../../../src/data/node/own/npz.ts";
import { npyHeader, writeNpy } from "../../../src/data/npy.ts";
import { inputElements, wordElements } from "../../../src/data/own/npy-elements.ts";
import { float32 } from "../../../src/graph/index.ts";
import { rejectionOf } from "../../support/error-of.ts";
import { expectOnlyGatewiseErrors } from "../../support/only-gatewise-errors.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const Golden = z.object({
  npz: z.object({ keras: z.base64(), words: z.base64(), x: z.array(z.array(z.array(z.number()))) }),
});
/** Written by NumPy: `test/golden/README.md`. */
const { npz } = Golden.parse(JSON.parse(readFileSync("test/golden/own-data/arrays.json", "utf8")));
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64"));
const opened = (bytes: Uint8Array) =>
  openNpz({ size: bytes.length, read: async (start, length) => bytes.slice(start, start + length) }, "k.npz");

interface Written {
  readonly name: string;
  readonly content: Uint8Array;
  readonly stored?: boolean;
  /** In place of what is right. */
  readonly claim?: {
    readonly checksum?: number;
    readonly originalSize?: number;
    readonly flags?: number;
    readonly method?: number;
  };
}

/** A zip archive by hand (APPNOTE 4.3), with zip64 fields for all sizes where asked for. */
function zip(files: readonly Written[], zip64 = false): Uint8Array {
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const { name, content, stored = false, claim = {} } of files) {
    const packed = stored ? content : deflateRawSync(content);
    const { originalSize = content.length, checksum = crc32(content), flags = 0, method = stored ? 0 : 8 } = claim;
    const sizes = Buffer.alloc(28);
    sizes.writeUInt32LE(24 * 65_536 + 1);
    [originalSize, packed.length, at].forEach((size, i) => void sizes.writeBigUInt64LE(BigInt(size), 4 + 8 * i));
    const extra = zip64 ? sizes : Buffer.alloc(0);
    const short = (size: number): number => (zip64 ? 0xffffffff : size);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    [45, 45, flags, method].forEach((field, i) => void entry.writeUInt16LE(field, 4 + 2 * i));
    [checksum, short(packed.length), short(originalSize)].forEach(
      (field, i) => void entry.writeUInt32LE(field, 16 + 4 * i),
    );
    [name.length, extra.length].forEach((field, i) => void entry.writeUInt16LE(field, 28 + 2 * i));
    entry.writeUInt32LE(short(at), 42);
    directory.push(entry, Buffer.from(name), extra);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50);
    head.writeUInt16LE(name.length, 26);
    parts.push(head, Buffer.from(name), Buffer.from(packed));
    at += 30 + name.length + packed.length;
  }
  const whole = Buffer.concat(directory);
  const [end, end64] = [Buffer.alloc(22), Buffer.alloc(76)];
  [0x06064b50, 44].forEach((field, i) => void end64.writeUInt32LE(field, 4 * i));
  [files.length, files.length, whole.length, at].forEach(
    (field, i) => void end64.writeBigUInt64LE(BigInt(field), 24 + 8 * i),
  );
  end64.writeUInt32LE(0x07064b50, 56);
  end64.writeBigUInt64LE(BigInt(at + whole.length), 64);
  end.writeUInt32LE(0x06054b50);
  [files.length, files.length].forEach((field, i) => void end.writeUInt16LE(zip64 ? 0xffff : field, 8 + 2 * i));
  [whole.length, at].forEach((field, i) => void end.writeUInt32LE(zip64 ? 0xffffffff : field, 12 + 4 * i));
  return Buffer.concat([...parts, whole, ...(zip64 ? [end64] : []), end]);
}

const X = writeNpy(float32([2, 2], [1, 2, 3, 4]));
const elementsOf = async (bytes: Uint8Array, name = "x"): Promise<readonly number[]> => {
  const { type, elements } = await (await opened(bytes)).array(name);
  return [...inputElements(type, await elements())];
};

describe("npz archives", () => {
  it("of NumPy hold arrays by name, packed or not", async () => {
    const keras = await opened(bytesOf(npz.keras));
    expect(keras.names).toEqual(["x_train", "y_train", "x_test", "y_test"]);
    const x = await keras.array("x_train");
    expect(x.shape).toEqual([6, 2, 3]);
    expect([...inputElements(x.type, await x.elements())]).toEqual(npz.x.flat(2));
    const words = await opened(bytesOf(npz.words));
    const y = await words.array("y");
    expect(wordElements(y.type, await y.elements(), "y")).toEqual(["a", "b", "a", "b", "a", "b"]);
  });

  it.each([
    { title: "deflated", bytes: zip([{ name: "x.npy", content: X }]) },
    { title: "stored", bytes: zip([{ name: "x.npy", content: X, stored: true }]) },
    { title: "zip64", bytes: zip([{ name: "x.npy", content: X }], true) },
    {
      title: "behind other files",
      bytes: zip([
        { name: "a.txt", content: X },
        { name: "x.npy", content: X },
      ]),
    },
    { title: "with a comment", bytes: commented(zip([{ name: "x.npy", content: X }])) },
  ])("$title", async ({ bytes }) => {
    expect(await elementsOf(bytes)).toEqual([1, 2, 3, 4]);
  });

  it.each([
    {
      title: "another checksum",
      bytes: zip([{ name: "x.npy", content: X, claim: { checksum: 5 } }]),
      message: `k.npz: x: damaged zip data (content of checksum ${crc32(X).toString(16)} in place of 00000005): expected the content that was written`,
    },
    {
      title: "a changed element, stored",
      bytes: changed(zip([{ name: "x.npy", content: X, stored: true }]), 30 + 5 + X.length - 1),
      message: /^k\.npz: x: damaged zip data \(content of checksum [0-9a-f]{8} in place of /,
    },
    {
      title: "more than it claims",
      bytes: zip([{ name: "x.npy", content: X, claim: { originalSize: X.length - 4 } }]),
      message: `k.npz: x: damaged zip data (more than the ${X.length - 4} bytes that it claims): expected the content that was written`,
    },
    {
      title: "less than it claims",
      bytes: zip([{ name: "x.npy", content: X, claim: { originalSize: X.length + 4 } }]),
      message: `k.npz: x: damaged zip data (${X.length} of the ${X.length + 4} bytes that it claims): expected the content that was written`,
    },
    {
      title: "a stored member of another size",
      bytes: zip([{ name: "x.npy", content: X, stored: true, claim: { originalSize: 500 } }]),
      message: `k.npz: x: damaged zip data (${X.length} stored bytes of 500): expected the content that was written`,
    },
    {
      title: "a bomb",
      bytes: zip([{ name: "x.npy", content: new Uint8Array(9000), claim: { originalSize: 3e8 } }]),
      message: /^k\.npz: x: \d+ bytes that claim to unpack to 300000000: expected at most 200 times as many$/,
    },
    {
      title: "more than memory should hold",
      bytes: zip([{ name: "x.npy", content: X, claim: { originalSize: 3e9 } }]),
      message: /^k\.npz: x: \d+ bytes that claim to unpack to 3000000000: expected at most 200 times as many$/,
    },
    {
      title: "encrypted",
      bytes: zip([{ name: "x.npy", content: X, claim: { flags: 1 } }]),
      message: "k.npz: x.npy, which is encrypted: expected arrays that are stored or deflated, as np.savez writes them",
    },
    {
      title: "packed otherwise",
      bytes: zip([{ name: "x.npy", content: X, claim: { method: 12 } }]),
      message:
        "k.npz: x.npy, packed by method 12: expected arrays that are stored or deflated, as np.savez writes them",
    },
    {
      title: "two of one name",
      bytes: zip([
        { name: "x.npy", content: X },
        { name: "x.npy", content: X },
      ]),
      message: "k.npz: damaged zip data (two files x.npy): expected a whole .npz archive",
    },
    {
      title: "an archive in it",
      bytes: zip([{ name: "x.npz", content: zip([{ name: "x.npy", content: X }]) }]),
      message: "k.npz: a zip archive without arrays: expected an .npz archive, as np.savez writes it",
    },
    {
      title: "an archive in place of an array",
      bytes: zip([{ name: "x.npy", content: zip([{ name: "x.npy", content: X }]) }]),
      message: "k.npz: x: an .npz archive of arrays: expected a .npy file of one array",
    },
    {
      title: "nothing behind its header",
      bytes: zip([{ name: "x.npy", content: npyHeader("float32", [1_000_000, 1_000_000]) }]),
      message: "k.npz: x: 0 bytes after the header: expected 4000000000000 for <f4 of shape [1000000, 1000000]",
    },
  ])("$title is one line", async ({ bytes, message }) => {
    const refusal = await rejectionOf(elementsOf(bytes));
    if (typeof message === "string") expect(refusal.message).toBe(message);
    else expect(refusal.message).toMatch(message);
  });

  it("cut anywhere, or with any byte changed, is an error of the user's or the same content", async () => {
    const bytes = zip([{ name: "x.npy", content: X }]);
    for (let length = 0; length < bytes.length; length++) {
      expect((await rejectionOf(elementsOf(bytes.slice(0, length)))).message).toMatch(/^k\.npz/);
    }
    const first = bytes.indexOf(0x50, 30 + 5) - X.length;
    for (let at = Math.max(first, 0); at < bytes.length; at++) {
      const found = await elementsOf(changed(bytes, at)).catch((thrown: unknown) => thrown);
      if (!(found instanceof Error)) expect(found).toEqual([1, 2, 3, 4]);
      else expect(found.message).toMatch(/^k\.npz/);
    }
    await expectOnlyGatewiseErrors(bytesOf(npz.keras), async (damaged) => {
      const archive = await opened(damaged);
      for (const name of archive.names) await (await archive.array(name)).elements();
    });
  });

  it("a large array is unpacked to a file where there is a folder for it", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "l.npz");
    const bytes = zip([
      { name: "x.npy", content: X },
      { name: "y.npy", content: X, claim: { checksum: 1 } },
    ]);
    await writeFile(path, bytes);
    const scratch = { path: folder.path, inMemory: X.length - 1 };
    const archive = await openNpz(fileSource(path, bytes.length), path, scratch);
    const { name, shape, blocks, elements } = await archive.array("x");
    expect({ name, shape, blocks }).toEqual({
      name: `${path}: x`,
      shape: [2, 2],
      blocks: { path: join(folder.path, "array-0.npy"), start: X.length - 16 },
    });
    expect([...new Float32Array((await elements()).buffer)]).toEqual([1, 2, 3, 4]);
    expect((await rejectionOf(archive.array("y"))).message).toMatch(/^.*l\.npz: y: damaged zip data \(content of/);
  });
});

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const other = bytes.slice();
  other[at] = (other[at] ?? 0) ^ 0x10;
  return other;
}

function commented(bytes: Uint8Array): Uint8Array {
  const other = Buffer.concat([bytes, Buffer.from("PK")]);
  other.writeUInt16LE(2, bytes.length - 2);
  return other;
}

it("a zip archive of other files is none", async () => {
  expect(await rejectionOf(opened(zipSync({ "a.txt": new Uint8Array(3) })))).toEqual({
    message: "k.npz: a zip archive without arrays: expected an .npz archive, as np.savez writes it",
    hint: "unpack it, if it holds other data",
  });
});
