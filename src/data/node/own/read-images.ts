import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { GatewiseError } from "../../../errors.ts";
import { type DenseArray, denseArray } from "../../../graph/index.ts";
import { randomStream } from "../../../random.ts";
import { inputSet } from "../../example-set.ts";
import { isJpeg, readJpeg } from "../../own/jpeg.ts";
import type { OwnData, RawData } from "../../own/own-data.ts";
import { type Color, colorOf, type Pixels, writePlanes } from "../../own/pixels.ts";
import { isPng, readPng } from "../../own/png.ts";
import type { RawTargets } from "../../own/raw-targets.ts";
import { fileError } from "../file-error.ts";
import { readBytes } from "../read-file.ts";

const IMAGE_ENDINGS = [".png", ".jpg", ".jpeg"];
const TRAINING_FOLDERS = ["train", "training"];
const TEST_FOLDERS = ["test", "testing", "val", "valid", "validation"];
/** Bytes of an image file; cameras write a tenth. */
const LARGEST_IMAGE = 2 ** 28;
/** Files that are read at once: a disk has the next ones ready while one is decoded. */
const AT_ONCE = 32;
/** Bytes of all inputs together, which are kept in memory. */
const MOST_BYTES = 2 ** 32;

/** The folders of a folder, without those that programs hide. */
export async function foldersIn(path: string): Promise<readonly string[]> {
  const entries = await entriesOf(path);
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

async function entriesOf(path: string) {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter(({ name }) => !name.startsWith(".") && name !== "__MACOSX").sort(byName);
  } catch (thrown) {
    throw fileError(thrown, path, "a folder of images");
  }
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

/** Which of its folders are the training and the test set: none, where its folders are the classes. */
export function imageParts(
  folders: readonly string[],
): { readonly train: string; readonly test: string | undefined } | undefined {
  const named = (names: readonly string[]): string | undefined =>
    names.flatMap((name) => folders.filter((folder) => folder.toLowerCase() === name))[0];
  const [train, test] = [named(TRAINING_FOLDERS), named(TEST_FOLDERS)];
  return train === undefined ? undefined : { train, test };
}

/** Whether a folder, or one in it, holds an image. */
export async function holdsImages(path: string): Promise<boolean> {
  for (const entry of await entriesOf(path)) {
    const own = join(path, entry.name);
    if (entry.isDirectory() ? await holdsImages(own) : isImageName(entry.name)) return true;
  }
  return false;
}

const isImageName = (name: string): boolean => IMAGE_ENDINGS.includes(extname(name).toLowerCase());

/** An image file and the folder, the class, that it is of. */
interface ImageFile {
  readonly path: string;
  readonly label: string;
}

/** Images in a folder for each class, or in such folders for training and test. */
export async function readImageFolders(data: OwnData): Promise<RawData> {
  const parts = imageParts(await foldersIn(data.path));
  const others = new Map<string, number>();
  const train = await imagesIn(parts === undefined ? data.path : join(data.path, parts.train), others);
  const test = parts?.test === undefined ? undefined : await imagesIn(join(data.path, parts.test), others);
  const told = [...others].map(([ending, count]) => `${count} files ${ending || "without an ending"} are left out`);
  if (parts?.test !== undefined && !/^test/i.test(parts.test)) told.push(`the folder ${parts.test} is the test set`);
  const images = new Images(train.length + (test?.length ?? 0), data.color);
  const files = [...train, ...(test ?? [])];
  for (let start = 0; start < files.length; start += AT_ONCE) {
    // each in its turn: of several damaged ones the first is told
    const reading = await Promise.allSettled(
      files
        .slice(start, start + AT_ONCE)
        .map(async ({ path }) => ({ path, bytes: await readBytes(path, LARGEST_IMAGE) })),
    );
    for (const read of reading) {
      if (read.status === "rejected") throw read.reason;
      await images.take(read.value.path, read.value.bytes);
    }
  }
  if (images.areMixed) told.push("gray images among those in color count as color of three equal channels");
  return {
    train: { inputs: inputSet(images.rows(0, train.length)), targets: labelsOf(train) },
    test: test && { inputs: inputSet(images.rows(train.length, test.length)), targets: labelsOf(test) },
    layout: undefined,
    staysInFiles: false,
    features: undefined,
    told,
  };
}

const labelsOf = (files: readonly ImageFile[]): RawTargets => ({
  kind: "words",
  words: files.map(({ label }) => label),
  place: (example) => files[example]?.path ?? "",
});

/**
 * The images of a folder for each class, mixed: the first of them are a fair sample.
 * @param others counts what is no image, by its ending
 * @throws GatewiseError for a class without images, and images of no class
 */
async function imagesIn(path: string, others: Map<string, number>): Promise<readonly ImageFile[]> {
  const entries = await entriesOf(path);
  const classes = entries.filter((entry) => entry.isDirectory());
  const loose = entries.find((entry) => !entry.isDirectory() && isImageName(entry.name));
  if (loose !== undefined || classes.length === 0) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: loose === undefined ? `${path} without folders` : `${join(path, loose.name)}, in no folder of a class`,
      expected: "a folder of images for each class",
      next: "put the images of each class into a folder of its name",
    });
  }
  const files: ImageFile[] = [];
  for (const { name: label } of classes) {
    const own = await imagePaths(join(path, label), others);
    if (own.length === 0) {
      throw new GatewiseError({
        code: "unsupported-file",
        received: `${join(path, label)} without a PNG or JPEG image`,
        expected: "at least one image of each class",
        next: "remove the folder, or convert its images",
      });
    }
    for (const file of own) files.push({ path: file, label });
  }
  const order = randomStream(0, "own-data", "images").permutation(files.length);
  return Array.from(order).flatMap((place) => files.slice(place, place + 1));
}

async function imagePaths(folder: string, others: Map<string, number>): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) for (const inner of await imagePaths(path, others)) found.push(inner);
    else if (isImageName(entry.name)) found.push(path);
    else if (!LEFT_BY_SYSTEMS.includes(entry.name)) {
      const ending = extname(entry.name).toLowerCase();
      others.set(ending, (others.get(ending) ?? 0) + 1);
    }
  }
  return found;
}

const LEFT_BY_SYSTEMS = ["Thumbs.db", "desktop.ini"];

/** Images of one size, one behind the other as bytes: gray until one in color comes, unless told otherwise. */
class Images {
  private shape: { readonly width: number; readonly height: number; readonly path: string } | undefined;
  private bytes = new Uint8Array(0);
  private color: Color | undefined;
  private taken = 0;
  private gray = 0;

  constructor(
    private readonly count: number,
    private readonly wanted: Color | undefined,
  ) {}

  /** Whether gray images became color. */
  get areMixed(): boolean {
    return this.wanted === undefined && this.color === "rgb" && this.gray > 0;
  }

  /** @throws GatewiseError for an image that is damaged, or of another size than the first */
  async take(path: string, bytes: Uint8Array): Promise<void> {
    const image = await imageOf(bytes, path);
    const { width, height } = image;
    this.shape ??= { width, height, path };
    if (width !== this.shape.width || height !== this.shape.height) {
      throw new GatewiseError({
        code: "damaged-file",
        received: `${path}: ${height}×${width} pixels`,
        expected: `${this.shape.height}×${this.shape.width}, as in ${this.shape.path}`,
        next: "bring all images to one size, in Pillow: image.resize((width, height))",
      });
    }
    const own = colorOf(image);
    if (own === "gray") this.gray += 1;
    if (this.color === undefined) this.begin(this.wanted ?? own);
    else if (this.wanted === undefined && own === "rgb" && this.color === "gray") this.toColor();
    const size = this.exampleSize;
    writePlanes(image, this.color ?? own, this.bytes.subarray(this.taken * size, (this.taken + 1) * size), path);
    this.taken += 1;
  }

  /** Gray images `[n, height, width]`, or `[n, 3, height, width]`: views. */
  rows(start: number, count: number): DenseArray<"uint8"> {
    const { width = 0, height = 0 } = this.shape ?? {};
    const size = this.exampleSize;
    const shape = this.color === "rgb" ? [count, 3, height, width] : [count, height, width];
    return denseArray("uint8", shape, this.bytes.subarray(start * size, (start + count) * size));
  }

  private get exampleSize(): number {
    const { width = 0, height = 0 } = this.shape ?? {};
    return width * height * (this.color === "rgb" ? 3 : 1);
  }

  private begin(color: Color): void {
    this.color = color;
    const bytes = this.count * this.exampleSize;
    if (bytes > MOST_BYTES) {
      throw new GatewiseError({
        code: "too-large",
        received: `${this.count} images of ${this.exampleSize} bytes`,
        expected: `at most ${MOST_BYTES} bytes together: they are kept in memory`,
        next: "write them as one array into a .npy file, which is read by blocks",
      });
    }
    this.bytes = new Uint8Array(bytes);
  }

  private toColor(): void {
    const [before, size] = [this.bytes, this.exampleSize];
    this.begin("rgb");
    for (let image = 0; image < this.taken; image++) {
      const plane = before.subarray(image * size, (image + 1) * size);
      for (let channel = 0; channel < 3; channel++) this.bytes.set(plane, (3 * image + channel) * size);
    }
  }
}

async function imageOf(bytes: Uint8Array, path: string): Promise<Pixels> {
  if (isPng(bytes)) return await readPng(bytes, path);
  if (isJpeg(bytes)) return await readJpeg(bytes, path);
  throw new GatewiseError({
    code: "unsupported-file",
    received: `${path}: ${bytes.length === 0 ? "an empty file" : "no PNG or JPEG image, whatever its name says"}`,
    expected: "PNG or JPEG",
    next: "convert it, or remove it",
  });
}
