/**
 * GCONV's convolutions and their gradients in each form that the project has for them, beside PyTorch's, in turns in one
 * run: `npx tsx bench/convolution.bench.ts --python PATH --threads 1`. The peer needs `pip install torch`.
 *
 * GFLOP/s by processor time, of the multiplications and additions of the plain sum. What is tiled is timed on tiles, as
 * it stands in a network whose maps are all tiled; `all three` shares the transformed input as a training step does.
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import type { Engine, Program } from "../src/engine/index.ts";
import { openNodeEngine } from "../src/engine/node/index.ts";
import {
  add,
  type DenseArray,
  float32,
  graph,
  input,
  reshape,
  sizeOf,
  slice,
  type Tensor,
} from "../src/graph/index.ts";
import { apply } from "../src/graph/op.ts";
import {
  type ConvolutionSizes,
  INPUT_GRADIENT_LOWERINGS,
  type Lowering,
  WEIGHT_GRADIENT_LOWERINGS,
} from "../src/graph/ops/convolution-lowerings.ts";
import type { FloatPair, OpDefinition } from "../src/graph/symbolic.ts";
import { TiledConvolutions } from "../src/graph/winograd/convolutions.ts";
import { tiledShape } from "../src/graph/winograd/tiles.ts";
import { randomStream } from "../src/random.ts";
import { least, PythonPeer, peak, type Times, timed } from "./contestants.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    rounds: { type: "string", default: "7" },
    batch: { type: "string", default: "32" },
    // images of a part of the batch: as many as go together in GCONV at full width
    together: { type: "string", default: "4" },
    threads: { type: "string", default: "1" },
    // input-output channels
    shapes: { type: "string", default: "3-64,64-64,64-128,128-128,16-16,16-32,32-32" },
  },
});
const [threads, batch, together] = [Number(options.threads), Number(options.batch), Number(options.together)];
const SIZE = 32;
type Float = Tensor<"float32">;

/** A tensor by a lowering of two operands. */
function lowered(lowering: Lowering, a: Float, b: Float, shape: readonly number[], sizes: ConvolutionSizes): Float {
  const definition: OpDefinition<undefined, FloatPair> = {
    name: "lowered",
    shape: () => shape,
    gradient: "none",
    onnx: (emit, names) => lowering(emit, names, sizes),
  };
  return apply(definition, [a, b], undefined);
}

const plainConvolution: Lowering = (emit, operands, { window }) =>
  emit.node("Conv", operands, { pads: { ints: window.pads } });

/** One number of each: all is computed, but nothing large is copied out. */
const touched = (...tensors: readonly Float[]): Float =>
  tensors
    .map((tensor) => slice(reshape(tensor, [sizeOf(tensor.shape.map(Number))]), 0, 0, 1))
    .reduce((sum, one) => add(sum, one));

/** What is computed of one convolution, by name, each in several forms. */
function forms(c: number, k: number): Readonly<Record<string, Readonly<Record<string, Float>>>> {
  const x = input("x", "float32", [batch, c, SIZE, SIZE]);
  const dy = input("dy", "float32", [batch, k, SIZE, SIZE]);
  const weight = input("weight", "float32", [k, c, 3, 3]);
  const sizes: ConvolutionSizes = {
    window: { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 },
    ...{ maps: [SIZE, SIZE], positions: [SIZE, SIZE], kernel: [3, 3], out: k, perGroup: c },
  };
  const forward = lowered(plainConvolution, x, weight, dy.shape.map(Number), sizes);
  const inputForms = Object.entries(INPUT_GRADIENT_LOWERINGS).map(
    ([name, form]) => [name, lowered(form, dy, weight, x.shape.map(Number), sizes)] as const,
  );
  const weightForms = Object.entries(WEIGHT_GRADIENT_LOWERINGS).map(
    ([name, form]) => [name, lowered(form, x, dy, weight.shape.map(Number), sizes)] as const,
  );
  const tiles = (name: string, channels: number): readonly Float[] =>
    Array.from({ length: batch / together }, (_, part) =>
      input(`${name}.${part}`, "float32", tiledShape({ batch: together, channels, rows: SIZE / 4, columns: SIZE / 4 })),
    );
  const [tiledX, tiledSlopes] = [tiles("tiledX", c), tiles("tiledDy", k)];
  const tiled = new TiledConvolutions();
  const tiledForward = tiled.convolve(tiledX, weight);
  const tiledInput = tiled.inputGradient(tiledSlopes, weight);
  const tiledWeight = tiled.weightGradient(tiledX, tiledSlopes);
  const plain = [forward, inputForms.at(-1)?.[1], weightForms.at(-1)?.[1]].flatMap((one) => one ?? []);
  return {
    forward: { conv: touched(forward), tiled: touched(...tiledForward) },
    input: {
      ...Object.fromEntries(inputForms.map(([name, one]) => [name, touched(one)])),
      tiled: touched(...tiledInput),
    },
    weight: {
      ...Object.fromEntries(weightForms.map(([name, one]) => [name, touched(one)])),
      tiled: touched(tiledWeight),
    },
    "all three": { plain: touched(...plain), tiled: touched(...tiledForward, ...tiledInput, tiledWeight) },
  };
}

function feedsOf({ model }: Program): Readonly<Record<string, DenseArray>> {
  const feeds = model.inputs.map(({ name, shape }) => {
    const sizes = shape.map(Number);
    return [name, float32(sizes, randomStream(0, name).uniform(sizeOf(sizes), -1, 1))] as const;
  });
  return Object.fromEntries(feeds);
}

async function opened(engine: Engine, form: Float): Promise<() => Promise<Times>> {
  const program = await engine.compile(graph({ form }));
  const feeds = feedsOf(program);
  return () => timed(() => program.run(feeds));
}

const limit = await peak(threads);
const table = new Table({ head: ["channels", "what", "GFLOP/s a core"], style: { head: [], border: [] } });
await using torch = new PythonPeer(options.python, [
  ...["bench/peers/conv_torch.py", "--threads", options.threads, "--batch", options.batch],
]);
async function torchTimes(what: string, c: number, k: number): Promise<Times> {
  const parts = what === "all three" ? ["forward", "input", "weight"] : [what];
  let sum: Times = { seconds: 0, processor: 0 };
  for (const part of parts) {
    const { seconds = 0, processor = 0 } = await torch.ask(`op ${part} ${c} ${k}`);
    sum = { seconds: sum.seconds + seconds, processor: sum.processor + processor };
  }
  return sum;
}

for (const shape of options.shapes.split(",")) {
  const [c = 1, k = 1] = shape.split("-").map(Number);
  for (const [what, candidates] of Object.entries(forms(c, k))) {
    await using engine = await openNodeEngine("cpu", { threads });
    const contestants = new Map([["torch", () => torchTimes(what, c, k)]]);
    for (const [name, form] of Object.entries(candidates)) contestants.set(name, await opened(engine, form));
    const times = new Map([...contestants.keys()].map((name) => [name, [] as Times[]]));
    for (let i = 0; i <= Number(options.rounds); i++) {
      for (const [name, run] of contestants) {
        const one = await run();
        if (i > 0) times.get(name)?.push(one);
      }
    }
    const work = (2 * batch * SIZE ** 2 * 9 * c * k * (what === "all three" ? 3 : 1)) / 1e9;
    const rates = [...times].map(([name, all]) => `${name} ${(work / least(all).processor).toFixed(0)}`);
    table.push([shape, what, rates.join("  ")]);
    process.stderr.write(`${shape} ${what}: ${rates.join("  ")}\n`);
  }
}
process.stdout.write(
  `3×3 convolutions of [${batch}, channels, ${SIZE}, ${SIZE}], ${threads} thread(s), least of ${options.rounds} in turns\npeak (1024³ product): ${limit.processor.toFixed(0)} GFLOP/s a core\n${table.toString()}\n`,
);
