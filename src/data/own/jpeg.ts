/** JPEG images: their size from the frame header, before anything is decoded, and their pixels by `jpeg-js`. */
import { GatewiseError, messageOf } from "../../errors.ts";
import { checkPixels, type Pixels } from "./pixels.ts";

/** Megabytes that decoding an image may take: the largest that is read, with its coefficients. */
const MOST_MEMORY = 512;

export const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

/**
 * The pixels of an image: gray of one component, color of three or four.
 * @param file names it in errors
 * @throws GatewiseError for an image that is damaged or too large
 */
export async function readJpeg(bytes: Uint8Array, file: string): Promise<Pixels> {
  const { width, height, components } = frameOf(bytes, file);
  checkPixels(width, height, file);
  const { default: jpeg } = await import("jpeg-js");
  try {
    const { data } = jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxMemoryUsageInMB: MOST_MEMORY,
      maxResolutionInMP: MOST_MEMORY,
    });
    if (data.length < 3 * width * height) throw new Error("pixels are missing");
    const at = (pixel: number, channel: number): number => data[3 * pixel + channel]!;
    return { width, height, channels: components === 1 ? 1 : 3, at };
  } catch (cause) {
    throw damaged(file, messageOf(cause), cause);
  }
}

/** Height, width and components of the frame (ITU-T T.81, B.2.2): behind a marker SOF0 to SOF15, but for three others. */
function frameOf(
  bytes: Uint8Array,
  file: string,
): { readonly width: number; readonly height: number; readonly components: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame)
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), components: bytes[at + 9] ?? 0 };
    if (marker === 0xd9 || marker === 0xda) break;
    at += 2 + view.getUint16(at + 2);
  }
  throw damaged(file, "no frame header");
}

const damaged = (file: string, why: string, cause?: unknown): GatewiseError =>
  new GatewiseError({
    code: "damaged-file",
    received: `${file}: a damaged JPEG image (${why})`,
    expected: "a whole image",
    next: "write it again, or remove it",
    cause,
  });
