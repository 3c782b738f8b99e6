/**
 * A pair of the exact path kernel of convolutional networks against a forward pass of the same network in PyTorch float32,
 * both on one thread and in processor time: `npx tsx bench/cnn-kernel.bench.ts --python PATH [--models FOLDER] [--threads 2]`.
 * The peer needs `pip install torch`. With `--models` files of other people's networks are measured too; `node by node` is
 * the time of the same kernel without the machine of pairs, `threads` the time by the clock over that of one thread, the median
 * of `--turns` pairs of runs; what popcounts in registers take on as many threads comes first. Kernels are of as many images
 * (8 to 2,048) as are told to take `--seconds`. With `--growth` a network's kernel is made of as many images,
 * twice as many and four times: the time of a pair, and the most memory that the process held beside the kernel.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openNodeEngine } from "../src/engine/node/index.ts";
import { float32, sizeOf } from "../src/graph/index.ts";
import { openPairTilePool, tileMakers } from "../src/kernels/node/index.ts";
import { pairKernel } from "../src/kernels/pair/pair-kernel.ts";
import { pairWay } from "../src/kernels/pair/pair-way.ts";
import { openPairTiles, readPairs, tiledPairs } from "../src/kernels/pair/pair-work.ts";
import { readPathExamples } from "../src/kernels/pair/readings.ts";
import { writeKernel } from "../src/kernels/tiles/tiled-kernel.ts";
import { type GatedNetwork, inputShapeOf, networkFromOnnx } from "../src/network/index.ts";
import { randomStream } from "../src/random.ts";
import { convolutions, type MapLayer, mapModel } from "../test/support/map-models.ts";
import { median, type Times, timed } from "./contestants.ts";
import { threadLimit } from "./popcount-limit.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    models: { type: "string" },
    threads: { type: "string", default: "2" },
    only: { type: "string" },
    seconds: { type: "string", default: "1" },
    turns: { type: "string", default: "5" },
    growth: { type: "string" },
  },
});

const max = (size: number, stride: number, pad = 0): MapLayer => ({ pool: "Max", size, stride, pad });
const made = (shape: readonly number[], layers: readonly MapLayer[]) => networkFromOnnx(mapModel(shape, layers));
const NETWORKS: Readonly<Record<string, () => GatedNetwork>> = {
  "conv-pool-conv-pool-dense 16-32, 28x28": () =>
    made([1, 28, 28], [...convolutions(1, 16), max(2, 2), ...convolutions(1, 32), max(2, 2), { dense: 10 }]),
  "PyTorch's MNIST example, 28x28": () =>
    made(
      [1, 28, 28],
      [...convolutions(1, 32), ...convolutions(1, 64), max(2, 2), { dense: 128 }, "relu", { dense: 10 }],
    ),
  "PyTorch's tutorial CNN (5x5, 6-16), 32x32": () =>
    made(
      [3, 32, 32],
      [
        ...([{ conv: 6, kernel: 5 }, "relu", max(2, 2), { conv: 16, kernel: 5 }, "relu", max(2, 2)] as const),
        ...([{ dense: 120 }, "relu", { dense: 84 }, "relu", { dense: 10 }] as const),
      ],
    ),
  "GCONV, 128 channels, 32x32": () => made([3, 32, 32], [...convolutions(4, 128), "global-average", { dense: 10 }]),
  "residual, 3 convolutions of 32, global average, 24x24": () =>
    made([3, 24, 24], [...convolutions(2, 32), { conv: 32 }, { add: 3 }, "relu", "global-average", { dense: 10 }]),
  "grouped, 32 groups of 32, 32x32": () =>
    made(
      [4, 32, 32],
      [
        ...([{ conv: 32 }, "relu", { conv: 32, groups: 32 }, "relu", { conv: 32, kernel: 1 }, "relu"] as const),
        max(2, 2),
        { dense: 10 },
      ],
    ),
  ...Object.fromEntries(
    [
      "cifar10-resnet-2b.onnx",
      "cifar10-oval-base.onnx",
      "cifar10-tf2onnx-small.onnx",
      "mnist-convnet-avgpool.onnx",
      "field/wonnx-opt-mnist.onnx",
      "field/ideeplc-tf-conv1d.onnx",
    ].flatMap((file) => {
      const path = join(options.models ?? "", file);
      return options.models === undefined || !existsSync(path)
        ? []
        : [[file, () => networkFromOnnx(readFileSync(path))] as const];
    }),
  ),
};

await using engine = await openNodeEngine("cpu", { threads: 1 });
const limit = await threadLimit(Number(options.threads));
console.log(`popcounts in ${options.threads} threads over one, by the clock: ${limit.toFixed(2)}`);
for (const [name, open] of Object.entries(NETWORKS)) {
  if (options.only !== undefined && !name.includes(options.only)) continue;
  if (options.growth === undefined) await measure(name, open());
  else await grow(name, open(), Number(options.growth));
}

/** Kernels of more and more images of one network. */
async function grow(name: string, network: GatedNetwork, least: number): Promise<void> {
  const way = pairWay(network);
  const shape = inputShapeOf(network);
  const base = process.memoryUsage().rss;
  console.log(name);
  for (const count of [least, 2 * least, 4 * least]) {
    const images = float32(
      [count, ...shape],
      Float32Array.from(randomStream(1, "x").uniform(count * sizeOf(shape), 0, 1)),
    );
    const kernel = new Float64Array(count ** 2);
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 10);
    const { processor, seconds } = await timed(async () => {
      const work = await readPairs(network, way, engine, images, undefined);
      await writeKernel(
        tiledPairs(network, work, way, () => openPairTiles(work, engine, undefined)),
        kernel,
      );
    });
    clearInterval(watch);
    const pairs = (count * (count + 1)) / 2;
    const beside = (most - base - kernel.byteLength - images.data.byteLength) / 1e6;
    console.log(
      `  ${count} images: ${processor.toFixed(2)} s of the processor, ${seconds.toFixed(2)} s, a pair ${((1000 * processor) / pairs).toPrecision(3)} ms, ${Math.max(0, beside).toFixed(0)} MB beside images and kernel`,
    );
  }
}

async function measure(name: string, network: GatedNetwork): Promise<void> {
  const way = pairWay(network);
  const shape = inputShapeOf(network);
  // as many images as take a while, as told
  const count = Math.max(
    8,
    Math.min(2048, 8 * Math.ceil(Math.sqrt((2 * Number(options.seconds)) / way.cost.seconds) / 8)),
  );
  const images = float32(
    [count, ...shape],
    Float32Array.from(randomStream(1, "x").uniform(count * sizeOf(shape), 0, 1)),
  );
  const before = peer(network);
  // as the command does: in memory that threads share
  const { allocate } = tileMakers(2);
  const work = await readPairs(network, way, engine, images, undefined, { allocate });
  const pairs = (count * (count + 1)) / 2;
  const kernel = new Float64Array(allocate(8 * count ** 2));
  const run = (threads: number) =>
    timed(() => {
      const opener = threads === 1 ? openPairTiles : openPairTilePool(threads);
      return writeKernel(
        tiledPairs(network, work, way, () => opener(work, engine, undefined)),
        kernel,
      );
    });
  await run(1);
  const turns: { readonly one: Times; readonly more: Times }[] = [];
  // one after the other: other work on the machine disturbs both
  for (let i = 0; i < Number(options.turns); i++) {
    turns.push({ one: await run(1), more: await run(Number(options.threads)) });
  }
  const own = median(turns.map(({ one }) => one.processor)) / pairs;
  const threads = median(turns.map(({ one, more }) => more.seconds / one.seconds));
  const processor = median(turns.map(({ one, more }) => more.processor / one.processor));
  const few = (await readPathExamples(network, engine, images)).slice(0, 2);
  const [left, right] = [few.slice(0, 1), few.slice(1)];
  const plain = { engine, shortcuts: false };
  await pairKernel(network, left, right, plain);
  const nodes = (await timed(() => pairKernel(network, left, right, plain))).processor;
  const after = peer(network);
  const forward = Math.min(before.one, after.one);
  const batch = Math.min(before.batch, after.batch);
  const ms = (seconds: number): string => `${(1000 * seconds).toPrecision(3)} ms`;
  console.log(
    [
      `${name} (${way.kind})`,
      `a pair ${ms(own)} (told ${ms(way.cost.seconds)}), node by node ${ms(nodes)}`,
      `PyTorch's pass ${ms(forward)} alone, ${ms(batch)} in a batch`,
      `a pair over a pass: ${(own / forward).toFixed(2)} alone, ${(own / batch).toFixed(2)} in a batch`,
      `${options.threads} threads over one, ${count} images: ${threads.toFixed(2)} by the clock, ${processor.toFixed(2)} of the processor`,
    ].join("\n  "),
  );
}

interface Forward {
  readonly one: number;
  readonly batch: number;
}

/** Seconds of a forward pass; not a number where there is no PyTorch. */
function peer({ nodes, output }: GatedNetwork): Forward {
  const told = nodes.map((node) => ({
    ...node,
    ...("weight" in node ? { weight: node.weight?.shape, bias: node.bias !== undefined } : {}),
    ...("from" in node ? { from: undefined } : {}),
  }));
  const input = `${JSON.stringify({ nodes: told, output })}\n`;
  const { stdout } = spawnSync(options.python, ["bench/peers/forward_torch.py"], { input, encoding: "utf8" });
  return stdout === "" ? { one: Number.NaN, batch: Number.NaN } : JSON.parse(stdout);
}
