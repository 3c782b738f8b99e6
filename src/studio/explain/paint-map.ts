import { mixed, type Palette, signedColor } from "../figure/palette.ts";

/**
 * Paints a map of contributions with the image under it still to be seen, or the image alone.
 * @param pixels `[…, 4]`
 * @param sums contributions by pixel; undefined for the image alone
 */
export function paintMap(
  pixels: Uint8ClampedArray,
  sums: Float64Array | undefined,
  image: Float64Array,
  palette: Palette,
): void {
  const largest = sums?.reduce((most, one) => Math.max(most, Math.abs(one)), 0) || 1;
  const [low, high] = image.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [0, 0]);
  const { ink, panel } = palette;
  const visible = sums === undefined ? 1 : 0.16;
  for (let i = 0; i < image.length; i++) {
    const gray = high > low ? ((image[i] ?? 0) - low) / (high - low) : 0;
    const ground = mixed(panel, ink, visible * gray);
    pixels.set([...signedColor(palette, ground, (sums?.[i] ?? 0) / largest), 255], 4 * i);
  }
}
