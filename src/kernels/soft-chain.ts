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
  transpose,
} from "../graph/index.ts";
import { type GatedNetwork, gatePositions } from "../network/index.ts";
import { kernelNumbers } from "./kernel-numbers.ts";
import { type DenseChain, denseChain } from "./packed/dense-chain.ts";
import { symmetrize } from "./packed/mirror.ts";
import type { ExampleReading, NodeGates } from "./pair/readings.ts";

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
    const node = network.nodes[position];
    return node?.kind === "gate" && node.rule.kind === "soft";
  });
  return isSoft ? denseChain(withGatesAsBits(network)) : undefined;
}

/** What the rows or the columns of the kernel are of. */
export interface SoftSide {
  /** Inputs as the first layer sees them, `[n, …]`. */
  readonly inputs: DenseArray<"float32" | "float64">;
  readonly readings: readonly ExampleReading[];
}

export interface SoftChainOptions {
  readonly signal?: AbortSignal | undefined;
  /** Pairs of examples that are done. */
  readonly onProgress?: ((pairs: number, of: number) => void) | undefined;
}

/** Rows of a run: enough for fast products, few enough to tell progress and to hold. */
const ROWS = 512;

/**
 * @param columns the same as the rows for the kernel of one set of inputs
 * @returns `[n, m]`, not normalized
 */
export async function softChainKernel(
  { biases }: DenseChain,
  engine: Engine,
  rows: SoftSide,
  columns: SoftSide,
  { signal, onProgress }: SoftChainOptions = {},
): Promise<DenseArray<"float64">> {
  const [n, m] = [rows.readings.length, columns.readings.length];
  const full = kernelNumbers(n, m);
  const right = sideFeeds("right", columns, 0, m);
  const sizes = Object.values(right).map(({ shape: [, size = 0] }) => size);
  await using program = await engine.compile(chainGraph(biases, sizes));
  for (let from = 0; from < n; from += ROWS) {
    signal?.throwIfAborted();
    const to = Math.min(from + ROWS, n);
    const { fetched } = await program.run({ ...sideFeeds("left", rows, from, to), ...right });
    const block = fetched.kernel;
    if (block?.dtype !== "float64") throw new Error("unreachable: no float64 output kernel");
    full.set(block.data, from * m);
    onProgress?.(to * m, n * m);
  }
  // sums of one pair and of its mirror may be added up in another order
  if (columns === rows) symmetrize({ data: full, start: 0, stride: n }, n);
  return float64([n, m], full);
}

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
