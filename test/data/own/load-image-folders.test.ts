import { encode } from "fast-png";
import { describe, expect, it } from "vitest";
import { loaded, refused } from "./loaded.ts";

describe("folders of images", () => {
  const gray = (value: number, [height, width] = [2, 3]): Uint8Array =>
    encode({ width, height, data: new Uint8Array(width * height).fill(value), depth: 8, channels: 1 });
  const color = (r: number, g: number, b: number): Uint8Array =>
    encode({
      width: 3,
      height: 2,
      data: Uint8Array.from({ length: 18 }, (_, i) => [r, g, b][i % 3] ?? 0),
      depth: 8,
      channels: 3,
    });

  it("by class, split", async () => {
    const files = Object.fromEntries(
      ["cat", "dog"].flatMap((label, c) => [0, 1, 2].map((i) => [`${label}/${i}.png`, gray(10 * c + i)])),
    );
    const data = await loaded({ ...files, "cat/notes.txt": "x", "dog/Thumbs.db": "x" });
    expect(data).toMatchObject({
      inputShape: [2, 3],
      dtype: "uint8",
      isSplit: true,
      words: { kind: "classes", names: ["cat", "dog"] },
    });
    expect(data.told[0]).toBe("1 files .txt are left out");
    const first = data.inputs.filter((_, i) => i % 6 === 0);
    expect(first.map((value) => Number(value >= 10))).toEqual([...data.train.labels.data]);
  });

  it("with a training and a test set; gray among color becomes color", async () => {
    const files = { "train/a/1.png": gray(7), "train/b/x/2.png": color(1, 2, 3), "test/a/3.png": gray(9) };
    const data = await loaded(files);
    expect(data).toMatchObject({ inputShape: [3, 2, 3], isSplit: false });
    expect(data.told).toEqual([
      "gray images among those in color count as color of three equal channels",
      "one example only of classes a, b",
    ]);
    expect(data.tests).toEqual(Array(18).fill(9));
    expect([...data.inputs].sort((a, b) => a - b)).toEqual([
      ...Array(6).fill(1),
      ...Array(6).fill(2),
      ...Array(6).fill(3),
      ...Array(18).fill(7),
    ]);
  });

  it.each([
    {
      title: "another size",
      files: { "a/1.png": gray(1), "a/2.png": gray(1), "b/1.png": gray(1, [4, 4]) },
      message: /^d\/.*\.png: (4×4 pixels: expected 2×3|2×3 pixels: expected 4×4), as in d\//,
    },
    {
      title: "a class without images",
      files: { "a/1.png": gray(1), "b/1.txt": "x" },
      message: /^d\/b without a PNG or JPEG image: expected at least one image of each class$/,
    },
    {
      title: "an image of no class",
      files: { "a/1.png": gray(1), "2.png": gray(1) },
      message: /^d\/2\.png, in no folder of a class/,
    },
    {
      title: "a corrupt image",
      files: { "a/1.png": gray(1), "b/1.png": gray(1).subarray(0, 50) },
      message: /^d\/b\/1\.png: a damaged PNG image/,
    },
    {
      title: "something else by this name",
      files: { "a/1.png": gray(1), "b/1.png": "hello" },
      message: /^d\/b\/1\.png: no PNG or JPEG image, whatever its name says: expected PNG or JPEG$/,
    },
    {
      title: "a label of the test set alone",
      files: { "train/a/1.png": gray(1), "train/b/1.png": gray(1), "test/c/1.png": gray(1) },
      message: /^d\/test\/c\/1\.png: label "c": expected one of the classes of training: a, b$/,
    },
  ])("$title: one line", async ({ files, message }) => {
    expect((await refused(files)).message).toMatch(message);
  });
});
