/**
 * The kernel of a fully connected network with soft gates (theory 3.4): `K_l = ⟨G_l, G_l'⟩ (K_{l−1} + b_l)` with real inner
 * products, as matrix products of the engine in float64, a block of rows at a time.
 */
import type { Engine } from "../engine/index.ts";
import {
  add,
  type DenseArray,
  float64,
  type Graph,
  graph,
  input,
  matMul,
  multiply,
  sizeOf,
  transpose,
} from "../graph/index.ts";
import { allInputs, type GatedNetwork, gateOfNode, gatePositions } from "../network/index.ts";
import { type DenseChain, denseChain } from "./packed/dense-chain.ts";
import type { ExampleReading, NodeGates } from "./pair/readings.ts";
import { copyRows, mirror, symmetrize } from "./tiles/mirror.ts";
import { allocateHere, type TileMaker } from "./tiles/tile-maker.ts";

/** The same network with every soft gate taken as the bit that it approaches: on where its pre-activation is positive. */
export const withGatesAsBits = (network: GatedNetwork): GatedNetwork => ({
  ...network,
  nodes: network.nodes.map((node) =>
    node.kind === "gate" && node.rule.kind === "soft" ? { ...node, rule: { kind: "hard" } } : node,
  ),
});

/** The network as a chain of dense layers with soft gates between them, or undefined if it is another. */
export function softChain(network: GatedNetwork): DenseChain | undefined {
  const isSoft = gatePositions(network).every((position) => {
    return gateOfNode(network.nodes[position])?.rule.kind === "soft";
  });
  return isSoft ? denseChain(withGatesAsBits(network)) : undefined;
}

/** What the rows or the columns of the kernel are of. */
export interface SoftSide {
  /** Inputs as the first layer sees them, `[n, …]`. */
  readonly inputs: DenseArray<"float32" | "float64">;
  readonly readings: readonly ExampleReading[];
}

/** What tiles of a chain with soft gates are made of. */
export interface SoftWork {
  readonly kind: "soft chain";
  readonly chain: DenseChain;
  readonly rows: SoftSide;
  /** The rows themselves where the kernel is one of inputs with themselves. */
  readonly columns: SoftSide;
}

/** Rows and columns of a tile: enough for fast products, few enough to tell progress and to hold. */
export const SOFT_EDGE = 512;

/** Makes tiles by the engine, which has threads of its own. */
export async function openSoftTiles({ chain, rows, columns }: SoftWork, engine: Engine): Promise<TileMaker> {
  const sizes = Object.values(sideFeeds("right", columns, 0, 1)).map(({ shape: [, size = 0] }) => size);
  const program = await engine.compile(chainGraph(chain.biases, sizes));
  return {
    ahead: 1,
    allocate: allocateHere,
    async write(a, b, { tile, mirrored }) {
      const feeds = { ...sideFeeds("left", rows, a.from, a.to), ...sideFeeds("right", columns, b.from, b.to) };
      const { kernel } = (await program.run(feeds)).fetched;
      if (kernel?.dtype !== "float64") throw new Error("unreachable: no float64 output kernel");
      const [height, width] = [a.to - a.from, b.to - b.from];
      const made = { data: kernel.data, start: 0, stride: width };
      copyRows(made, height, width, tile);
      // sums of one pair and of its mirror may be added up in another order
      if (rows === columns && a.from === b.from) symmetrize(tile, height);
      if (mirrored !== undefined) mirror(made, height, width, mirrored);
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** The kernel of each example with itself. */
export const softDiagonal = ({
  chain: { biases },
  rows: { inputs, readings },
}: SoftWork): Float64Array<ArrayBuffer> => {
  const size = inputs.data.length / readings.length;
  return Float64Array.from(readings, ({ gates }, i) => {
    const layers = [...gates].sort(([a], [b]) => a - b).map(([, own]) => squares(realsOf(own)));
    const start = squares(inputs.data.subarray(i * size, (i + 1) * size));
    const last = layers.reduce(
      (kernel, overlap, layer) => overlap * (kernel + (biases[layer] === true ? 1 : 0)),
      start,
    );
    return last + (biases.at(-1) === true ? 1 : 0);
  });
};

function squares(values: Float64Array | Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}

/** Seconds of a pair in one thread: multiply-adds of inner products, about as many a second as any processor does. */
export const softPairSeconds = (network: GatedNetwork): number =>
  network.nodes.reduce(
    (sum, node) => (gateOfNode(node) !== undefined || allInputs(node).length === 0 ? sum + sizeOf(node.shape) : sum),
    0,
  ) / 1e10;

/** Examples `from` to `to`: inputs, then the gates of each layer from the input on, all `[examples, size]`. */
function sideFeeds(
  side: string,
  { inputs, readings }: SoftSide,
  from: number,
  to: number,
): Readonly<Record<string, DenseArray>> {
  const size = inputs.data.length / readings.length;
  const x = Float64Array.from(inputs.data.subarray(from * size, to * size));
  const own = readings.slice(from, to);
  const layers = [...(readings[0]?.gates.keys() ?? [])].sort((a, b) => a - b);
  const gates = layers.map((position) => {
    const values = own.map(({ gates: of }) => realsOf(of.get(position)));
    const units = values[0]?.length ?? 0;
    const data = new Float64Array(own.length * units);
    values.forEach((one, i) => {
      data.set(one, i * units);
    });
    return float64([own.length, units], data);
  });
  return Object.fromEntries([float64([to - from, size], x), ...gates].map((array, i) => [`${side}.${i}`, array]));
}

function realsOf(gates: NodeGates | undefined): Float32Array {
  if (gates?.kind !== "reals") throw new Error("unreachable: a soft gate without real values");
  return gates.values;
}

function chainGraph(biases: readonly boolean[], sizes: readonly number[]): Graph {
  const products = sizes.map((size, i) =>
    matMul(input(`left.${i}`, "float64", ["rows", size]), transpose(input(`right.${i}`, "float64", ["columns", size]))),
  );
  const biased = (kernel: (typeof products)[number], layer: number) =>
    biases[layer] === true ? add(kernel, 1) : kernel;
  const [first, ...overlaps] = products;
  if (first === undefined) throw new Error("unreachable: a chain without inputs");
  const before = overlaps.reduce((kernel, overlap, layer) => multiply(overlap, biased(kernel, layer)), first);
  return graph({ kernel: biased(before, biases.length - 1) });
}
