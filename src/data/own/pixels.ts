/** Images that were decoded, and how they become inputs. */
import { GatewiseError } from "../../errors.ts";

/** An image: gray, gray with alpha, red–green–blue, or that with alpha. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  /** 0 to 255. */
  readonly at: (pixel: number, channel: number) => number;
}

/** 4096 × 4096: no network here trains on larger images, and one that claims to be larger may be made to fill memory. */
const MOST_PIXELS = 2 ** 24;

/** @throws GatewiseError for a size of nothing, or beyond all images */
export function checkPixels(width: number, height: number, file: string): void {
  if (width >= 1 && height >= 1 && width * height <= MOST_PIXELS) return;
  throw new GatewiseError({
    code: "damaged-file",
    received: `${file}: ${height}×${width} pixels`,
    expected: `at least one, and at most ${MOST_PIXELS}`,
    next: "remove the image, or write it smaller",
  });
}

/** Gray inputs `[height, width]`, or red, green and blue planes `[3, height, width]`. */
export const COLORS = ["gray", "rgb"] as const;
/** One of {@link COLORS}. */
export type Color = (typeof COLORS)[number];

/** The color that an image has. */
export const colorOf = ({ channels }: Pixels): Color => (channels <= 2 ? "gray" : "rgb");

/**
 * Writes an image as planes of bytes. Gray becomes three equal planes where color is asked for, color becomes its luma
 * (ITU-R BT.601: 0.299 red, 0.587 green, 0.114 blue, as Pillow converts) where gray is.
 * @param out `height · width` bytes a plane
 * @throws GatewiseError for an image that is transparent somewhere: what is behind it is not known
 */
export function writePlanes(
  { width, height, channels, at }: Pixels,
  color: Color,
  out: Uint8Array,
  file: string,
): void {
  const size = width * height;
  if (channels === 2 || channels === 4) {
    for (let pixel = 0; pixel < size; pixel++) if (at(pixel, channels - 1) < 255) throw transparent(file, pixel, width);
  }
  const isGray = channels <= 2;
  if (color === "rgb") {
    for (let plane = 0; plane < 3; plane++) {
      for (let pixel = 0; pixel < size; pixel++) out[plane * size + pixel] = at(pixel, isGray ? 0 : plane);
    }
    return;
  }
  for (let pixel = 0; pixel < size; pixel++) {
    out[pixel] = isGray ? at(pixel, 0) : Math.round(0.299 * at(pixel, 0) + 0.587 * at(pixel, 1) + 0.114 * at(pixel, 2));
  }
}

const transparent = (file: string, pixel: number, width: number): GatewiseError =>
  new GatewiseError({
    code: "unsupported-file",
    received: `${file}: transparent at row ${Math.floor(pixel / width)}, column ${pixel % width}`,
    expected: "an opaque image: what is behind it is not known",
    next: "put a background behind it, in Pillow: Image.alpha_composite",
  });
