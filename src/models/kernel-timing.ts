import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { type Inputs, readNetworkGates } from "../gates/index.ts";
import { denseArray, sizeOf } from "../graph/index.ts";
import {
  checkPairCost,
  type DenseChain,
  normalizedInputs,
  openPairTiles,
  type PairWay,
  packedKernel,
  pairWay,
  readPairs,
} from "../kernels/index.ts";
import { edgePattern, type GatedNetwork, gatePositions, inputShapeOf, isWeightNode } from "../network/index.ts";
import { randomStream } from "../random.ts";
import { neuralPathKernelWay } from "./neural-path-kernel-way.ts";

/** How the exact path kernel of a network is made, and how long it takes here; or why there is none. */
export type KernelTiming =
  | { readonly by: "packed bits"; readonly secondsPerPair: number }
  | {
      readonly by: "pairs of positions";
      /** Measured, or told from the network's shapes where that takes longer than a moment. */
      readonly secondsPerPair: number;
      /** Of the kernels of one pair. */
      readonly pairBytes: number;
    }
  | { readonly by: "random features only"; readonly reason: string };

/** Enough pairs of a fully connected network to be timed: 131,328 of them. */
const CHAIN_SAMPLE = 512;
/** Numbers of all inputs that are drawn to be timed. */
const MOST_NUMBERS = 2 ** 24;
/** Multiply-adds of the passes for the gates that are timed: a second or two. */
const MOST_PRODUCTS = 3e10;
/** The engine makes a graph ready in a time that grows with the square of its nodes: seconds for some thousands. */
const MOST_NODES = 1000;
/** Of a pair behind packed bits, told where it is not timed: a layer, and each 64 gates of it (bench/npk.bench.ts). */
const LAYER_SECONDS = 3e-9;
const WORD_SECONDS = 0.5e-9;
/** Of a product of the inputs in float64; of pixels that are bytes over 255, a tenth. */
const INPUT_SECONDS = 0.2e-9;
/** Of the kernel of one pair, as told from the shapes: it is computed twice. */
const MOST_SECONDS = 0.4;

/**
 * Times the kernel of a few random inputs in this thread, once to warm up and once to count; in a few seconds at most.
 * @param clock milliseconds from any fixed point; without one the time is told from the shapes
 * @param pairsOf how a kernel of pairs is made, where the caller keeps that
 */
export async function timeNeuralPathKernel(
  network: GatedNetwork,
  engine: () => Promise<Engine>,
  clock?: () => number,
  pairsOf: () => Promise<PairWay> = async () => pairWay(network),
): Promise<KernelTiming> {
  const way = neuralPathKernelWay(network);
  const timer: Timer | undefined =
    clock !== undefined && network.nodes.length <= MOST_NODES ? { network, engine, clock } : undefined;
  if (way.kind === "packed bits") {
    const secondsPerPair = timer !== undefined ? await chainSeconds(timer, way.chain) : toldSeconds(network);
    return { by: way.kind, secondsPerPair };
  }
  const pairs = await pairsOf();
  const { cost } = pairs;
  try {
    checkPairCost(cost);
    const isShort = cost.seconds <= MOST_SECONDS && 2 * productsOf(network) <= MOST_PRODUCTS;
    const secondsPerPair = timer !== undefined && isShort ? await pairSeconds(timer, pairs) : cost.seconds;
    return { by: "pairs of positions", secondsPerPair, pairBytes: cost.bytes };
  } catch (thrown) {
    if (!(thrown instanceof GatewiseError)) throw thrown;
    return { by: "random features only", reason: thrown.message };
  }
}

interface Timer {
  readonly network: GatedNetwork;
  /** Only started where something is timed. */
  readonly engine: () => Promise<Engine>;
  readonly clock: () => number;
}

async function chainSeconds({ network, engine: open, clock }: Timer, chain: DenseChain): Promise<number> {
  const engine = await open();
  const fitting = Math.min(
    MOST_NUMBERS / sizeOf(inputShapeOf(network)),
    MOST_PRODUCTS / Math.max(1, productsOf(network)),
  );
  const sample = Math.max(2, Math.min(CHAIN_SAMPLE, Math.floor(fitting)));
  const inputs = randomInputs(network, sample);
  const rows = { inputs: normalizedInputs(chain, inputs), gates: await readNetworkGates(network, engine, inputs) };
  const seconds = await secondsOf(clock, () => packedKernel({ rows, biases: chain.biases }, engine));
  return seconds / ((sample * (sample + 1)) / 2);
}

/** Of one pair of a fully connected network, told from its layers and inputs. */
export const toldSeconds = (network: GatedNetwork): number =>
  gatePositions(network).reduce(
    (sum, position) => {
      const words = Math.ceil(sizeOf(network.nodes[position]?.shape ?? []) / 64);
      return sum + LAYER_SECONDS + WORD_SECONDS * words;
    },
    INPUT_SECONDS * sizeOf(inputShapeOf(network)),
  );

/** Seconds of a kernel that are timed, as told: enough for the clock, and for what starts up. */
const TIMED_SECONDS = 0.2;
/** Inputs that are drawn to be timed, at most. */
const PAIR_SAMPLE = 64;

/** Of so many inputs with others that they take a while; once before, for the engine and the compiler to be ready. */
async function pairSeconds({ network, engine: open, clock }: Timer, way: PairWay): Promise<number> {
  const engine = await open();
  const fitting = Math.min(
    MOST_NUMBERS / sizeOf(inputShapeOf(network)),
    MOST_PRODUCTS / Math.max(1, productsOf(network)),
  );
  const most = Math.max(1, Math.min(PAIR_SAMPLE, Math.floor(fitting / 2)));
  const wanted = Math.ceil(Math.sqrt(TIMED_SECONDS / Math.max(way.cost.seconds, Number.MIN_VALUE)));
  // the machine makes eight pairs at a time, and as long for fewer
  const sample = way.kind === "program" ? 8 * Math.ceil(Math.min(wanted, most) / 8) : Math.min(wanted, most);
  const work = await readPairs(network, way, engine, randomInputs(network, sample), randomInputs(network, sample, 1));
  const numbers = new Float64Array(sample ** 2);
  await using maker = await openPairTiles(work, engine, undefined);
  const whole = { from: 0, to: sample };
  const place = { tile: { data: numbers, start: 0, stride: sample } };
  return (await secondsOf(clock, () => maker.write(whole, whole, place))) / sample ** 2;
}

/** Multiply-adds of one example. */
export const productsOf = ({ nodes }: GatedNetwork): number =>
  nodes.reduce((sum, node) => {
    const pattern = edgePattern(node);
    if (pattern.kind === "every") return sum + pattern.weight.data.length;
    if (pattern.kind === "convolution") return sum + pattern.weight.data.length * sizeOf(node.shape.slice(1));
    return pattern.kind === "edges" && isWeightNode(node) ? sum + pattern.most * sizeOf(node.shape) : sum;
  }, 0);

function randomInputs(network: GatedNetwork, count: number, seed = 0): Inputs {
  const shape = [count, ...inputShapeOf(network)];
  return denseArray("float64", shape, randomStream(seed, "kernel-timing").uniform(sizeOf(shape), 0, 1));
}

async function secondsOf(clock: () => number, run: () => Promise<unknown>): Promise<number> {
  await run();
  const start = clock();
  await run();
  return (clock() - start) / 1000;
}
