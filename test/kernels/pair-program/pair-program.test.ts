/** The machine of pairs against path sums, against the kernel node by node, and on other people's networks. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../../src/engine/node/index.ts";
import { type DenseArray, float64, sizeOf } from "../../../src/graph/index.ts";
import { pairKernel } from "../../../src/kernels/pair/pair-kernel.ts";
import type { Size } from "../../../src/kernels/pair/pair-lines.ts";
import { planPairs } from "../../../src/kernels/pair/plan.ts";
import { readPathExamples } from "../../../src/kernels/pair/readings.ts";
import { packExample } from "../../../src/kernels/pair-program/packed-example.ts";
import { pairProgram } from "../../../src/kernels/pair-program/pair-program.ts";
import { LANES, openProgram } from "../../../src/kernels/pair-program/program-instance.ts";
import {
  edgePattern,
  type GatedNetwork,
  type GatedNode,
  gateOfNode,
  inputShapeOf,
  type MapWindow,
  type NodeOperation,
  networkFromOnnx,
} from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";
import { expectClose } from "../../support/expect-close.ts";
import { BODY_NAMES, type BodyName, gatedNetworkChoices, gatedNetworkOf } from "../../support/gated-networks.ts";
import { convolutions, type MapLayer, mapModel } from "../../support/map-models.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { sharedPath } from "../../support/shared-data.ts";
import { bundleGram } from "../bundle-gram.reference.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(async () => await engine[Symbol.asyncDispose]());

const programOf = (network: GatedNetwork) => pairProgram(network, planPairs(network));

/** By the machine, `[n, n]`; undefined where the network has no program. */
async function byProgram(
  network: GatedNetwork,
  inputs: DenseArray<"float64">,
): Promise<{ readonly kernel: DenseArray<"float64">; readonly diagonal: DenseArray<"float64"> } | undefined> {
  const program = programOf(network);
  if (program === undefined) return undefined;
  const packed = (await readPathExamples(network, engine, inputs)).map((reading) => packExample(program, reading));
  const machine = await openProgram(program);
  const n = packed.length;
  const kernel = new Float64Array(n * n);
  const diagonal = new Float64Array(n);
  for (let start = 0; start < n; start += LANES) {
    const right = packed.slice(start, start + LANES);
    machine.setRight(right);
    packed.forEach((left, i) => {
      kernel.set(machine.run(left).subarray(0, right.length), i * n + start);
    });
    diagonal.set(machine.runSelves().subarray(0, right.length), start);
  }
  return { kernel: float64([n, n], kernel), diagonal: float64([n], diagonal) };
}

/** The kernel and its diagonal, within 1e-12 of what is known to be right; of sums that cancel, of the largest number. */
async function expectKernel(network: GatedNetwork, inputs: DenseArray<"float64">, wanted: ArrayLike<number>) {
  const [n = 0] = inputs.shape;
  const most = Array.from(wanted).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const made = await byProgram(network, inputs);
  if (made === undefined) throw new Error("a network without a program");
  const tolerance = { relative: 1e-12, absolute: 1e-12 * most };
  expectClose(made.kernel, float64([n, n], Float64Array.from(wanted)), tolerance);
  const diagonal = Float64Array.from({ length: n }, (_, i) => wanted[i * (n + 1)] ?? Number.NaN);
  expectClose(made.diagonal, float64([n], diagonal), tolerance);
}

const pictures = (count: number, shape: readonly number[], seed = 3): DenseArray<"float64"> =>
  float64([count, ...shape], randomStream(seed, "pictures").normal(count * sizeOf(shape)));

/** Maps of several channels, or one behind the other along a row: left to the kernel node by node. */
const WITHOUT: readonly BodyName[] = ["concat", "depthwise", "rearrange"];
/** The machine knows regular patterns, the two that move maps, and hard gates. */
function hasNoInstruction(node: GatedNode): boolean {
  const gate = gateOfNode(node);
  if (gate !== undefined) return gate.rule.kind !== "hard";
  return edgePattern(node).kind === "edges" && node.kind !== "concat" && node.kind !== "rearrange";
}

describe("a program of the machine", () => {
  it.each(BODY_NAMES)("of %s equals the Gram matrix of path bundles (theory 3.5)", async (body) => {
    for (const gates of ["hard", "feature-hard"] as const) {
      for (const [bias, normalize] of [
        [true, false],
        [false, true],
      ] as const) {
        const { network, inputs } = gatedNetworkOf({ body, gates, bias, normalize, seed: 7 });
        if (WITHOUT.includes(body) || network.nodes.some(hasNoInstruction)) expect(programOf(network)).toBeUndefined();
        else await expectKernel(network, inputs, (await bundleGram(network, inputs)).flat());
      }
    }
  });

  it("equals the kernel node by node on random networks", async () => {
    await fc.assert(
      fc.asyncProperty(gatedNetworkChoices({ gates: "hard" }), async (choices) => {
        const { network, inputs } = gatedNetworkOf(choices);
        if (programOf(network) === undefined) return;
        const { data } = await pairKernel(network, await readPathExamples(network, engine, inputs), undefined, {
          shortcuts: false,
        });
        await expectKernel(network, inputs, data);
      }),
      { numRuns: propertyRuns(30) },
    );
  });

  it("is not made of gates that are no bits", () => {
    for (const gates of ["soft", "leaky", "clipped"] as const) {
      const { network } = gatedNetworkOf({ body: "conv-flatten", gates, bias: true, normalize: false, seed: 7 });
      expect(programOf(network)).toBeUndefined();
    }
  });
});

const max = (size: number, stride: number, pad = 0): MapLayer => ({ pool: "Max", size, stride, pad });
const average = (size: number, stride: number, pad = 0): MapLayer => ({ pool: "Average", size, stride, pad });
const relu = "relu";

/** Each is of another form; channels leave and enter more than one number of gates. */
const NETWORKS: Readonly<Record<string, readonly [shape: readonly number[], layers: readonly MapLayer[]]>> = {
  "pools and flattening": [
    [1, 12, 10],
    [{ conv: 16 }, relu, max(2, 2), { conv: 33 }, relu, max(2, 2), { dense: 20 }, relu, { dense: 3 }],
  ],
  "a pool before a gate": [
    [2, 9, 9],
    [{ conv: 5 }, max(2, 2), relu, { conv: 4 }, relu, max(3, 1, 1), { dense: 3 }],
  ],
  "pools that overlap": [
    [1, 11, 9],
    [{ conv: 18 }, relu, max(3, 2, 1), { conv: 4 }, relu, max(3, 2, 1), { dense: 3 }],
  ],
  "a pool behind a pool": [
    [1, 12, 12],
    [{ conv: 6 }, relu, max(2, 2), max(3, 2), { dense: 3 }],
  ],
  "a pool of values": [
    [2, 8, 8],
    [max(2, 2), average(3, 1, 1), { conv: 6 }, relu, { dense: 3 }],
  ],
  // a layer gives whole numbers to a convolution and weighted ones to the means beside it
  "means of unequal weights beside convolutions": [
    [2, 5, 6],
    [
      ...([{ conv: 3 }, relu, average(3, 1, 1), { conv: 3 }, { add: 2 }, relu] as const),
      ...([{ conv: 3 }, relu, { add: 4 }, relu, "global-average", { dense: 2 }] as const),
    ],
  ],
  "means before gates": [
    [1, 10, 10],
    [{ conv: 6 }, relu, average(2, 2), relu, max(2, 1), { conv: 3 }, relu, { dense: 2 }],
  ],
  "means that overlap": [
    [1, 10, 8],
    [{ conv: 6 }, relu, average(3, 1, 1), { conv: 5 }, relu, average(3, 2), { dense: 2 }],
  ],
  "strides and a global mean": [
    [3, 9, 9],
    [{ conv: 8, stride: 2 }, relu, { conv: 40 }, relu, "global-average", { dense: 2 }],
  ],
  "means of pools": [
    [1, 8, 8],
    [{ conv: 9 }, relu, max(2, 2), { conv: 7 }, relu, "global-average", { dense: 2 }],
  ],
  "residual sums": [
    [3, 6, 6],
    [
      { conv: 8 },
      relu,
      { conv: 8 },
      relu,
      { conv: 8 },
      { add: 3 },
      relu,
      { conv: 8 },
      { add: 2 },
      relu,
      max(2, 2),
      { dense: 2 },
    ],
  ],
  "a residual sum of a pool": [
    [3, 6, 6],
    [{ conv: 8 }, relu, max(3, 1, 1), { conv: 8 }, { add: 1 }, relu, { dense: 2 }],
  ],
  groups: [
    [4, 8, 8],
    [
      { conv: 8 },
      relu,
      { conv: 16, groups: 4 },
      relu,
      max(2, 2),
      { conv: 8, groups: 8 },
      relu,
      { conv: 4, kernel: 1 },
      relu,
      { dense: 2 },
    ],
  ],
  "one dimension": [
    [4, 30],
    [{ conv: 16, kernel: 5 }, relu, max(3, 3), { conv: 20 }, relu, average(2, 2), { dense: 2 }],
  ],
  "numbers beyond 31 bits": [
    [3, 5, 5],
    [...convolutions(4, 150), "global-average", { dense: 2 }],
  ],
  "windows of many elements": [
    [1, 9, 9],
    [{ conv: 40, kernel: 7 }, relu, { conv: 40, kernel: 5 }, relu, max(2, 1), { dense: 2 }],
  ],
  "many channels": [
    [2, 4, 4],
    [{ conv: 600 }, relu, { conv: 16 }, relu, max(2, 2), { dense: 2 }],
  ],
};

/** Of more examples than lanes: some of the first with some of the last. */
async function expectAsNodeByNode(network: GatedNetwork, examples: number): Promise<void> {
  const inputs = pictures(examples, inputShapeOf(network));
  const readings = await readPathExamples(network, engine, inputs);
  const [rows, columns] = [readings.slice(0, 2), readings.slice(-3)];
  const wanted = await pairKernel(network, rows, columns, { engine, shortcuts: false });
  const made = await byProgram(network, inputs);
  const got = rows.flatMap((_, i) =>
    columns.map((__, j) => made?.kernel.data[i * examples + examples - columns.length + j] ?? Number.NaN),
  );
  const most = wanted.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  expectClose(float64([2, 3], got), wanted, { relative: 1e-12, absolute: 1e-12 * most });
}

describe("on networks of every form", () => {
  it.each(Object.entries(NETWORKS))("%s: equals the kernel node by node", async (_, [shape, layers]) => {
    await expectAsNodeByNode(networkFromOnnx(mapModel(shape, layers)), LANES + 2);
  });

  it("channels joined and in another order: equals the kernel node by node", async () => {
    await expectAsNodeByNode(joinedChannels(), LANES + 2);
  });
});

/** Along an axis: elements, stride, dilation, zeros before and behind. */
const axis = fc.record({
  kernel: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 3 }),
  before: fc.integer({ min: 0, max: 3 }),
  behind: fc.integer({ min: 0, max: 3 }),
});
type Axis = typeof axis extends fc.Arbitrary<infer T> ? T : never;

const outputsOf = (length: number, { kernel, stride, dilation, before, behind }: Axis): number =>
  Math.floor((length + before + behind - (kernel - 1) * dilation - 1) / stride) + 1;

/** Two convolutions with gates, flattened or averaged; undefined where a window does not fit. */
function convolved(size: Size, windows: readonly (readonly [Axis, Axis])[], isFlat: boolean): GatedNetwork | undefined {
  const nodes: NodeOperation[] = [{ kind: "input" }];
  const shapes: (readonly number[])[] = [[2, ...size]];
  let [height, width]: Size = size;
  let channels = 2;
  const add = (node: NodeOperation, shape: readonly number[]): void => {
    nodes.push(node);
    shapes.push(shape);
  };
  for (const [index, [down, across]] of windows.entries()) {
    const { kernel: rows } = down;
    const { kernel: columns } = across;
    [height, width] = [outputsOf(height, down), outputsOf(width, across)];
    if (height < 1 || width < 1) return undefined;
    const weight = float64(
      [3, channels, rows, columns],
      randomStream(index, "window").normal(3 * channels * rows * columns),
    );
    const window: MapWindow = {
      kernel: [rows, columns],
      strides: [down.stride, across.stride],
      pads: [down.before, across.before, down.behind, across.behind],
      dilations: [down.dilation, across.dilation],
    };
    channels = 3;
    const bias = float64([3], randomStream(index, "bias").normal(3));
    add({ kind: "convolution", input: nodes.length - 1, weight, bias, groups: 1, window }, [3, height, width]);
    add({ kind: "gate", input: nodes.length - 1, gatedBy: nodes.length - 1, rule: { kind: "hard" } }, [
      3,
      height,
      width,
    ]);
  }
  const last = nodes.length - 1;
  if (isFlat) add({ kind: "rearrange", input: last, from: undefined }, [3 * height * width]);
  else {
    const window: MapWindow = { kernel: [height, width], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };
    add({ kind: "average-pool", input: last, window, countPadding: false }, [3, 1, 1]);
    add({ kind: "rearrange", input: last + 1, from: undefined }, [3]);
  }
  const inputs = isFlat ? 3 * height * width : 3;
  const weight = float64([inputs, 2], randomStream(9, "dense").normal(2 * inputs));
  add({ kind: "dense", input: nodes.length - 1, weight, bias: undefined }, [2]);
  return {
    nodes: nodes.map((node, i) => ({ ...node, name: `n${i}`, shape: shapes[i] ?? [] })),
    output: nodes.length - 1,
  };
}

it("windows of any size, stride, dilation and padding: equals the kernel node by node", async () => {
  const windows = fc.array(fc.tuple(axis, axis), { minLength: 1, maxLength: 2 });
  const sizes = fc.tuple(fc.integer({ min: 3, max: 11 }), fc.integer({ min: 3, max: 11 }));
  await fc.assert(
    fc.asyncProperty(sizes, windows, fc.boolean(), async (size, own, isFlat) => {
      const network = convolved(size, own, isFlat);
      if (network !== undefined) await expectAsNodeByNode(network, 3);
    }),
    { numRuns: propertyRuns(40) },
  );
});

/** Two convolutions one behind the other, their channels shuffled, and the input beside them. */
function joinedChannels(): GatedNetwork {
  const window = (size: number, pad: number): MapWindow => ({
    kernel: [size, size],
    strides: [1, 1],
    pads: [pad, pad, pad, pad],
    dilations: [1, 1],
  });
  const drawn = (...shape: readonly number[]) =>
    float64(shape, randomStream(5, "weights", ...shape).normal(sizeOf(shape)));
  const convolution = (input: number, outputs: number, inputs: number, size: number) =>
    ({
      kind: "convolution",
      input,
      weight: drawn(outputs, inputs, size, size),
      bias: drawn(outputs),
      groups: 1,
    }) as const;
  const shuffled = Int32Array.from({ length: 11 * 36 }, (_, i) => ((4 * Math.floor(i / 36)) % 11) * 36 + (i % 36));
  const hard = { kind: "hard" } as const;
  const nodes: readonly NodeOperation[] = [
    { kind: "input" },
    { ...convolution(0, 4, 2, 3), window: window(3, 1) },
    { ...convolution(0, 5, 2, 1), window: window(1, 0) },
    { kind: "concat", inputs: [1, 0, 2], axis: 0 },
    { kind: "gate", input: 3, gatedBy: 3, rule: hard },
    { kind: "rearrange", input: 4, from: shuffled },
    { kind: "max-pool", input: 5, selectedBy: 5, window: { ...window(2, 0), strides: [2, 2] } },
    { ...convolution(6, 3, 11, 3), window: window(3, 1) },
    { kind: "gate", input: 7, gatedBy: 7, rule: hard },
    { kind: "rearrange", input: 8, from: undefined },
    { kind: "dense", input: 9, weight: drawn(27, 2), bias: drawn(2) },
  ];
  const shapes = [
    [2, 6, 6],
    [4, 6, 6],
    [5, 6, 6],
    [11, 6, 6],
    [11, 6, 6],
    [11, 6, 6],
    [11, 3, 3],
    [3, 3, 3],
    [3, 3, 3],
    [27],
    [2],
  ];
  return { nodes: nodes.map((node, i) => ({ ...node, name: `n${i}`, shape: shapes[i] ?? [] })), output: 10 };
}

const folder = sharedPath("models");
const files = (folder === undefined ? [] : [folder, join(folder, "field")]).flatMap((from) =>
  readdirSync(from)
    .filter((file) => file.endsWith(".onnx") && !file.includes("refused") && !file.includes("3outputs"))
    .map((file) => join(from, file)),
);
describe.skipIf(files.length === 0)("on networks of other people", () => {
  it.each(files)("%s: equals the kernel node by node", { timeout: 60_000 }, async (file) => {
    await expectAsNodeByNode(networkFromOnnx(readFileSync(file)), 3);
  });
});
