/** PNG images: their size from the header, before anything is unpacked, and their pixels by `fast-png`. */
import { GatewiseError, messageOf } from "../../errors.ts";
import { checkPixels, type Pixels } from "./pixels.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;
/** Chunks that make pixels; all others (text, profiles, times) are left out: they could hold anything. */
const NEEDED: readonly string[] = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"];
/** Deflate makes at most so many bytes of one: what cannot unpack to more than this is unpacked without looking. */
const MOST_RATIO = 1032;
const MOST_UNPACKED = 2 ** 26;

export const isPng = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, i) => bytes[i] === byte);

/**
 * The pixels of an image.
 * @param file names it in errors
 * @throws GatewiseError for an image that is damaged, too large, or of 16 bits a channel
 */
export async function readPng(bytes: Uint8Array, file: string): Promise<Pixels> {
  const { needed, packed } = neededChunks(bytes, file);
  const view = new DataView(needed.buffer, needed.byteOffset, needed.byteLength);
  const [width, height, depth] = [view.getUint32(16), view.getUint32(20), view.getUint8(24)];
  checkPixels(width, height, file);
  if (depth === 16) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${file}: 16 bits a channel`,
      expected: "8 bits, as networks take images",
      next: "convert it, or give the images as one array in a .npy file",
    });
  }
  // of the four channels of the largest kind of image, with a byte before each row of each of seven passes
  const most = 4 * width * height + 8 * height + 64;
  if (packed.length * MOST_RATIO < (width * height * depth) / 8) throw damaged(file, "pixels are missing");
  if (packed.length * MOST_RATIO > MOST_UNPACKED) await checkUnpacked(packed, most, file);
  const { decode } = await import("fast-png");
  try {
    const { data, channels, palette, transparency } = decode(needed, { checkCrc: true });
    const size = width * height;
    if (data.length < Math.ceil((size * channels * depth) / 8)) throw new Error("pixels are missing");
    const sample = sampleReader(data, width * channels, depth);
    if (palette !== undefined) {
      const color = (pixel: number, channel: number): number => {
        const entry = palette[sample(pixel)];
        if (entry === undefined) throw new Error(`color ${sample(pixel)} of a palette of ${palette.length}`);
        return entry[channel] ?? 255;
      };
      return { width, height, channels: palette[0]?.length === 4 ? 4 : 3, at: color };
    }
    const brightest = 255 / (2 ** depth - 1);
    const known = channels === 1 ? 1 : channels === 2 ? 2 : channels === 3 ? 3 : 4;
    if (transparency === undefined || (known !== 1 && known !== 3)) {
      return { width, height, channels: known, at: (pixel, channel) => sample(pixel * channels + channel) * brightest };
    }
    // one color of all stands for what is transparent
    const isClear = (pixel: number): boolean => transparency.every((one, i) => sample(pixel * channels + i) === one);
    return {
      ...{ width, height, channels: known === 1 ? 2 : 4 },
      at: (pixel, channel) =>
        channel < channels ? sample(pixel * channels + channel) * brightest : isClear(pixel) ? 0 : 255,
    };
  } catch (cause) {
    throw damaged(file, messageOf(cause), cause);
  }
}

/** Samples of 1, 2, 4 or 8 bits; rows start at whole bytes. */
function sampleReader(data: ArrayLike<number>, samples: number, depth: number): (index: number) => number {
  if (depth === 8) return (index) => data[index]!;
  const [each, row] = [8 / depth, Math.ceil((samples * depth) / 8)];
  return (index) => {
    const at = index % samples;
    const byte = data[Math.floor(index / samples) * row + Math.floor(at / each)]!;
    return (byte >> (8 - depth * ((at % each) + 1))) & (2 ** depth - 1);
  };
}

/** The image with the chunks that make its pixels, and what these unpack. */
function neededChunks(bytes: Uint8Array, file: string): { readonly needed: Uint8Array; readonly packed: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  const packed: Uint8Array[] = [];
  for (let at = 8, isFirst = true, type = ""; type !== "IEND"; isFirst = false) {
    if (at + 12 > bytes.length) throw damaged(file, "it ends before its last chunk");
    const length = view.getUint32(at);
    type = new TextDecoder("latin1").decode(bytes.subarray(at + 4, at + 8));
    if (length > bytes.length - at - 12) throw damaged(file, `chunk ${JSON.stringify(type)} ends beyond the file`);
    if (isFirst && (type !== "IHDR" || length !== 13)) throw damaged(file, "no header");
    if (NEEDED.includes(type)) kept.push(bytes.subarray(at, at + 12 + length));
    if (type === "IDAT") packed.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return { needed: joined(kept), packed: joined(packed) };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Unpacks piece by piece, only to see that no more comes than the image has pixels for. */
async function checkUnpacked(packed: Uint8Array, most: number, file: string): Promise<void> {
  const { Unzlib } = await import("fflate");
  let came = 0;
  const unpacking = new Unzlib((piece) => {
    came += piece.length;
  });
  const step = 4096;
  try {
    for (let at = 0; at < packed.length && came <= most; at += step)
      unpacking.push(packed.subarray(at, at + step), false);
  } catch (cause) {
    throw damaged(file, messageOf(cause), cause);
  }
  if (came > most) throw damaged(file, `it unpacks to more than the ${most} bytes of its pixels`);
}

const damaged = (file: string, why: string, cause?: unknown): GatewiseError =>
  new GatewiseError({
    code: "damaged-file",
    received: `${file}: a damaged PNG image (${why})`,
    expected: "a whole image",
    next: "write it again, or remove it",
    cause,
  });
