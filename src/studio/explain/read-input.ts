/** Inputs from files: arrays as they are, images scaled and laid out as their user says. */

import { readNpy } from "../../data/index.ts";
import { GatewiseError } from "../../errors.ts";
import { sizeOf } from "../../graph/index.ts";
import type { ExampleList } from "./examples.ts";
import { colored, type ImageLayout, viewOf } from "./input-view.ts";

/** How bytes of pixels become numbers. */
export interface ImageReading {
  readonly scaling: "0 to 1" | "0 to 255" | "mean and deviation";
  /** Of each channel, of values from 0 to 1. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  readonly layout: ImageLayout;
}

/** A page holds an array four times for a moment. */
const MOST_BYTES = 2 ** 26;

/** @throws GatewiseError for a file that is no input of the model */
export async function readInputFile(file: File, shape: readonly number[], reading: ImageReading): Promise<ExampleList> {
  if (file.size > MOST_BYTES) {
    throw new GatewiseError({
      code: "too-large",
      received: `${file.name} of ${Math.round(file.size / 1e6)} MB`,
      expected: `at most ${Math.round(MOST_BYTES / 1e6)} MB in a page`,
      next: 'save fewer examples: np.save("few.npy", x[:1000]); the command line takes files of any size',
    });
  }
  if (/\.(png|jpe?g)$/i.test(file.name)) return await readImage(file, shape, reading);
  return readArray(await file.arrayBuffer(), file.name, shape);
}

/** `[n, …shape]` or `[…shape]`. */
function readArray(bytes: ArrayBuffer, name: string, shape: readonly number[]): ExampleList {
  const array = readNpy(bytes, name);
  const [size, words] = [sizeOf(shape), shape.join(", ")];
  const isOne = array.shape.join() === shape.join();
  const count = isOne ? 1 : (array.shape[0] ?? 0);
  if (
    (array.dtype !== "float32" && array.dtype !== "float64") ||
    (!isOne && array.shape.slice(1).join() !== shape.join())
  ) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${name} of ${array.dtype} [${array.shape.join(", ")}]`,
      expected: `float32 or float64 of shape [n, ${words}], as the model reads them`,
      next: `in NumPy: np.save("x.npy", x.reshape(-1, ${words}).astype("float32"))`,
    });
  }
  const data = Float64Array.from(array.data);
  if (count === 0 || data.some((one) => !Number.isFinite(one))) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${name} ${count === 0 ? "without examples" : "with numbers that are not finite"}`,
      expected: "at least one example of finite numbers",
      next: "look at it in NumPy: np.isfinite(x).all()",
    });
  }
  return { data, count, size, labels: undefined, file: name, isOpened: true };
}

async function readImage(file: File, shape: readonly number[], reading: ImageReading): Promise<ExampleList> {
  const own = viewOf(shape);
  if (own.kind !== "image") {
    throw new GatewiseError({
      received: `${file.name}, an image, for inputs of shape [${shape.join(", ")}]`,
      expected: "a model that reads images",
      next: "open an array: .npy",
    });
  }
  const { width, height, channels } = own;
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" }).catch(() => undefined);
  if (bitmap === undefined) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file.name}, which no image can be read from`,
      expected: "a PNG or JPEG image",
      next: "open it in an image viewer, and save it again",
    });
  }
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("unreachable: a canvas without a context");
  // behind what is transparent lies black, as behind digits
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  const { data: pixels } = context.getImageData(0, 0, width, height);
  const view = channels === 3 ? colored(reading.layout, height, width) : own;
  const data = new Float64Array(sizeOf(shape));
  for (let i = 0; i < width * height; i++) {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(4 * i, 4 * i + 3);
    const values = channels === 3 ? [red, green, blue] : [0.299 * red + 0.587 * green + 0.114 * blue];
    for (const [channel, value] of values.entries()) {
      data[view.place(channel, Math.floor(i / width), i % width)] = Math.fround(scaled(value, channel, reading));
    }
  }
  const name = `${file.name.replace(/\.\w+$/, "")}.npy`;
  return { data, count: 1, size: data.length, labels: undefined, file: name, isOpened: false };
}

function scaled(value: number, channel: number, { scaling, mean, deviation }: ImageReading): number {
  switch (scaling) {
    case "0 to 255":
      return value;
    case "0 to 1":
      return value / 255;
    case "mean and deviation":
      return (value / 255 - (mean[channel] ?? mean[0] ?? 0)) / (deviation[channel] ?? deviation[0] ?? 1);
  }
}
