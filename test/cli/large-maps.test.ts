/** Small files of large maps: `inspect` ends and tells what the exact kernel takes, `npk` refuses it, `--features` works. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readNpy, writeNpy } from "../../src/data/index.ts";
import { float32, sizeOf } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { gatewise } from "../support/command-line.ts";
import { convolutions, type MapLayer, mapModel } from "../support/map-models.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const max = (size: number, stride: number): MapLayer => ({ pool: "Max", size, stride });
const average = (size: number, stride: number): MapLayer => ({ pool: "Average", size, stride });

interface Row {
  readonly title: string;
  readonly shape: readonly number[];
  readonly layers: readonly MapLayer[];
  /** The exact kernel fits, and takes long. */
  readonly fits?: true;
}

const ROWS: readonly Row[] = [
  {
    title: "max-pools that halve 240 × 240",
    shape: [3, 240, 240],
    layers: [...Array.from({ length: 5 }, () => [...convolutions(2, 4), max(2, 2)]).flat(), { dense: 2 }],
  },
  {
    title: "pools that overlap",
    shape: [3, 256, 256],
    layers: [...Array.from({ length: 4 }, () => [...convolutions(1, 4), max(3, 2)]).flat(), { dense: 2 }],
  },
  {
    title: "average pools",
    shape: [3, 240, 240],
    layers: [...Array.from({ length: 4 }, () => [...convolutions(1, 4), average(4, 2)]).flat(), { dense: 2 }],
  },
  {
    title: "a global average behind pools",
    shape: [3, 240, 240],
    layers: [...convolutions(1, 4), max(2, 2), ...convolutions(1, 4), "global-average", { dense: 2 }],
  },
  {
    title: "a strided stem and residual sums",
    shape: [3, 224, 224],
    layers: [
      { conv: 4, stride: 2 },
      "relu",
      ...Array.from({ length: 3 }, () => [...convolutions(1, 4), { conv: 4 }, { add: 4 }, "relu"] as const).flat(),
      "global-average",
      { dense: 2 },
    ],
  },
  {
    title: "one dimension",
    shape: [4, 50_000],
    layers: [...convolutions(1, 4), max(64, 8), ...convolutions(1, 4), max(64, 8), { dense: 2 }],
  },
  {
    title: "groups",
    shape: [4, 128, 128],
    layers: [{ conv: 64 }, "relu", { conv: 64, groups: 64 }, "relu", max(8, 4), max(8, 4), { dense: 2 }],
  },
  {
    title: "windows of 33 × 33 at each position",
    shape: [1, 128, 128],
    layers: [
      ...convolutions(1, 4),
      { pool: "Average", size: 33, stride: 1, pad: 16 },
      ...convolutions(1, 4),
      max(8, 8),
      { dense: 2 },
    ],
  },
  {
    title: "convolutions before a global average",
    shape: [3, 256, 256],
    layers: [...convolutions(2, 4), "global-average", { dense: 2 }],
    fits: true,
  },
];

describe("small files of large maps", () => {
  it.each(ROWS)("$title", async ({ shape, layers, fits = false }) => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    const bytes = mapModel(shape, layers);
    await writeFile(at("x.onnx"), bytes);
    const inputs = randomStream(1, "large maps").uniform(2 * sizeOf(shape), 0, 1);
    await writeFile(at("x.npy"), writeNpy(float32([2, ...shape], inputs)));
    const model = ["--model", at("x.onnx")];

    const { code, stdout } = await gatewise(["inspect", ...model, "--json"]);
    expect(code).toBe(0);
    const { pathKernel, pathKernelReason, supported, cost } = JSON.parse(stdout);
    const npk = ["npk", ...model, "--inputs", at("x.npy"), "--out", at("k.npy"), "--json"];
    if (fits) {
      expect({ pathKernel, pathKernelReason }).toEqual({ pathKernel: "pairs of positions", pathKernelReason: null });
      expect(cost.pathKernelSeconds).toBeGreaterThan(3600);
    } else {
      expect(pathKernel).toBe("random features only");
      expect(pathKernelReason).toMatch(
        /^an exact path kernel of [\d,.]+ GB and about \d+(\.\d)? (s|min|h) for each pair of inputs, most of it at node "\w+": expected at most 2\.15 GB for a pair$/,
      );
      expect(supported).toContain("npk --features R");
      const refused = await gatewise(npk);
      expect(refused.code).toBe(1);
      expect(JSON.parse(refused.stdout)).toMatchObject({
        error: { message: pathKernelReason, hint: "estimate the kernel by random path features (--features R)" },
      });
    }
    const estimated = await gatewise([...npk, "--features", "4"]);
    expect({ code: estimated.code, stderr: estimated.stderr }).toEqual({ code: 0, stderr: "" });
    const kernel = readNpy(await readFile(at("k.npy")), "k.npy");
    expect(kernel.shape).toEqual([2, 2]);
    expect(Array.from(kernel.data, Number).every(Number.isFinite)).toBe(true);
  });
});
