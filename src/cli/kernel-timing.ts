import { openNodeEngine } from "../engine/node/index.ts";
import { GatewiseError } from "../errors.ts";
import { type Inputs, readNetworkGates } from "../gates/index.ts";
import { denseArray, sizeOf } from "../graph/index.ts";
import {
  denseChain,
  densePathKernel,
  generalPathKernel,
  normalizedInputs,
  readPathExamples,
} from "../kernels/index.ts";
import { type GatedNetwork, inputShapeOf } from "../network/index.ts";
import { randomStream } from "../random.ts";

/** How the exact path kernel of a network is made, and how long it takes here; or why there is none. */
export type KernelTiming =
  | { readonly by: "packed bits" | "pairs of positions"; readonly secondsPerPair: number }
  | { readonly by: "random features only"; readonly reason: string };

/** Enough pairs of a fully connected network to be timed: 131,328 of them. */
const CHAIN_SAMPLE = 512;

/** Times the kernel of a few random inputs in this thread, once to warm up and once to count. */
export async function timePathKernel(network: GatedNetwork): Promise<KernelTiming> {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const chain = denseChain(network);
  if (chain !== undefined) {
    const inputs = randomInputs(network, CHAIN_SAMPLE);
    const rows = {
      inputs: normalizedInputs(chain, inputs),
      gates: await readNetworkGates(network, engine, inputs),
    };
    const seconds = await secondsOf(() => densePathKernel({ rows, biases: chain.biases }, engine));
    return { by: "packed bits", secondsPerPair: seconds / ((CHAIN_SAMPLE * (CHAIN_SAMPLE + 1)) / 2) };
  }
  const [first, second] = [0, 1].map((seed) => readPathExamples(network, engine, randomInputs(network, 1, seed)));
  const [left, right] = [(await first) ?? [], (await second) ?? []];
  try {
    const seconds = await secondsOf(() => generalPathKernel(network, left, right, { engine }));
    return { by: "pairs of positions", secondsPerPair: seconds };
  } catch (thrown) {
    if (!(thrown instanceof GatewiseError)) throw thrown;
    return { by: "random features only", reason: thrown.message };
  }
}

function randomInputs(network: GatedNetwork, count: number, seed = 0): Inputs {
  const shape = [count, ...inputShapeOf(network)];
  return denseArray("float64", shape, randomStream(seed, "kernel-timing").uniform(sizeOf(shape), 0, 1));
}

async function secondsOf(run: () => Promise<unknown>): Promise<number> {
  await run();
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}
