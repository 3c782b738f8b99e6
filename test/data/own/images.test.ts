import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { encode } from "fast-png";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isJpeg, readJpeg } from "../../../src/data/own/jpeg.ts";
import { type Pixels, writePlanes } from "../../../src/data/own/pixels.ts";
import { readPng } from "../../../src/data/own/png.ts";
import { rejectionOf } from "../../support/error-of.ts";
import { expectOnlyGatewiseErrors } from "../../support/only-gatewise-errors.ts";

const Golden = z.record(
  z.string(),
  z.object({
    bytes: z.base64(),
    rgba: z.array(z.array(z.array(z.number()))),
    gray: z.array(z.array(z.number())).nullable(),
  }),
);
const golden = Object.entries(Golden.parse(JSON.parse(readFileSync("test/golden/own-data/images.json", "utf8")))).map(
  ([name, { bytes, ...pixels }]) => ({ name, bytes: new Uint8Array(Buffer.from(bytes, "base64")), ...pixels }),
);

const readImage = (bytes: Uint8Array, file = "image"): Promise<Pixels> =>
  isJpeg(bytes) ? readJpeg(bytes, file) : readPng(bytes, file);

/** Decoders of JPEG may round the inverse transform and the colors otherwise. */
const tolerance = (name: string): number => (name.startsWith("jpeg") ? 3 : 0);

describe("images as Pillow reads them", () => {
  it.each(golden)("$name", async ({ name, bytes, rgba, gray }) => {
    const image = await readImage(bytes);
    expect([image.height, image.width]).toEqual([rgba.length, rgba[0]?.length]);
    const of = (pixel: number): readonly number[] => {
      const [first = 0, second = 0, third = 0, fourth = 255] = Array.from({ length: image.channels }, (_, c) =>
        image.at(pixel, c),
      );
      return image.channels <= 2
        ? [first, first, first, image.channels === 2 ? second : 255]
        : [first, second, third, fourth];
    };
    const wanted = rgba.flat();
    const far = wanted.filter((color, i) => color.some((one, c) => Math.abs(one - (of(i)[c] ?? 0)) > tolerance(name)));
    expect(far).toEqual([]);
    if (gray === null) return;
    const out = new Uint8Array(image.width * image.height);
    writePlanes(image, "gray", out, "image");
    // Pillow computes luma in whole numbers
    gray
      .flat()
      .forEach((one, i) => void expect(Math.abs(one - (out[i] ?? 0))).toBeLessThanOrEqual(1 + tolerance(name)));
  });

  it("become planes: red, green, blue", async () => {
    const color = golden.find(({ name }) => name === "color");
    const image = await readImage(color?.bytes ?? new Uint8Array());
    const out = new Uint8Array(3 * 35);
    writePlanes(image, "rgb", out, "image");
    expect([...out]).toEqual([0, 1, 2].flatMap((c) => color?.rgba.flat().map((pixel) => pixel[c])));
  });
});

describe("images that are refused", () => {
  const named = (name: string): Uint8Array => golden.find((one) => one.name === name)?.bytes ?? new Uint8Array();

  it("transparent ones", async () => {
    const image = await readImage(named("clear"));
    await expect(
      rejectionOf(Promise.resolve().then(() => writePlanes(image, "rgb", new Uint8Array(105), "a/b.png"))),
    ).resolves.toMatchObject({
      message: expect.stringMatching(/^a\/b\.png: transparent at row \d, column \d: expected an opaque/),
    });
  });

  it("16 bits a channel", async () => {
    const bytes = encode({ width: 2, height: 1, data: Uint16Array.of(1, 60_000), depth: 16, channels: 1 });
    expect(await rejectionOf(readPng(bytes, "a.png"))).toEqual({
      message: "a.png: 16 bits a channel: expected 8 bits, as networks take images",
      hint: "convert it, or give the images as one array in a .npy file",
    });
  });

  it("a size that would fill memory, before anything is unpacked", async () => {
    const bytes = named("gray").slice();
    new DataView(bytes.buffer).setUint32(16, 2 ** 30);
    expect(await rejectionOf(readPng(bytes, "a.png"))).toEqual({
      message: "a.png: 5×1073741824 pixels: expected at least one, and at most 16777216",
      hint: "remove the image, or write it smaller",
    });
  });

  it("more unpacked bytes than the pixels take", async () => {
    const gray = named("gray");
    const packed = deflateSync(new Uint8Array(2 ** 27));
    const chunk = new Uint8Array(packed.length + 12);
    new DataView(chunk.buffer).setUint32(0, packed.length);
    chunk.set(new TextEncoder().encode("IDAT"), 4);
    chunk.set(packed, 8);
    const bytes = Uint8Array.from(Buffer.concat([gray.subarray(0, 33), chunk, gray.subarray(-12)]));
    expect((await rejectionOf(readPng(bytes, "a.png"))).message).toBe(
      "a.png: a damaged PNG image (it unpacks to more than the 244 bytes of its pixels): expected a whole image",
    );
  });

  it.each(["gray", "palette", "jpeg-color", "jpeg-progressive"])("damaged %s, in any way", async (name) => {
    await expectOnlyGatewiseErrors(named(name), (bytes) => readImage(bytes));
  });
});
