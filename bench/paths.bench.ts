/**
 * Processor milliseconds of one example's gates, path statistics, largest paths and samples against PyTorch doing the same by matrix
 * products and convolutions on one thread (bench/peers/paths_torch.py), in turns, medians, and whether the answers agree:
 * `npx tsx bench/paths.bench.ts --python PATH`. Networks: FC 784-5×128-10 and GCONV of `--width` channels on 32×32×3, random weights
 * and biases of a trained size.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { sizeOf } from "../src/graph/index.ts";
import { type Architecture, type GatedNetwork, inputShapeOf } from "../src/network/index.ts";
import {
  activate,
  countActivePaths,
  countPaths,
  kBestPaths,
  pathNorm,
  pathStatistics,
  samplePaths,
} from "../src/paths/index.ts";
import { randomStream } from "../src/random.ts";
import { median, PythonPeer } from "./contestants.ts";
import { millisecondsOf, networkOf, pathNetworks, writePeerModel } from "./path-networks.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    width: { type: "string", default: "16" },
    rounds: { type: "string", default: "7" },
  },
});

const SEED = 0;

const NETWORKS = pathNetworks(Number(options.width));

interface Work {
  readonly own: () => unknown;
  /** What the peer is asked for, and which number of ours its answer is. */
  readonly peer?: { readonly command: string; readonly value: (() => number) | undefined };
}

function worksOf(network: GatedNetwork, example: Float64Array): Readonly<Record<string, Work>> {
  const active = activate(network, example);
  const output = active.logits.indexOf(Math.max(...active.logits));
  const isDense = network.nodes.every(({ kind }) => kind !== "convolution");
  const top = {
    command: `top ${output}`,
    value: () => Math.abs(kBestPaths(active, output, 20).at(-1)?.contribution ?? 0),
  };
  return {
    "activate (gates)": {
      own: () => activate(network, example),
      peer: { command: `activate ${output}`, value: () => active.logits[output] ?? Number.NaN },
    },
    "all statistics": {
      own: () => pathStatistics(active, output),
      peer: { command: `statistics ${output}`, value: () => pathStatistics(active, output).entropy },
    },
    // prefixes of every unit of a convolution are too many for the peer
    "top 20 paths": { own: () => kBestPaths(active, output, 20), ...(isDense ? { peer: top } : {}) },
    "top 1000 paths": { own: () => kBestPaths(active, output, 1000) },
    "1000 sampled paths": {
      own: () => samplePaths(active, output, 1000, randomStream(SEED, "paths")),
      peer: { command: `sample ${output}`, value: undefined },
    },
    "number of paths": { own: () => countPaths(network, output) },
    "active paths": { own: () => countActivePaths(active, output) },
    "path-norm": { own: () => pathNorm(network, 2) },
  };
}

async function compare(name: string, architecture: Architecture): Promise<void> {
  const network = networkOf(architecture);
  const example = Float64Array.from(randomStream(SEED, "image").uniform(sizeOf(inputShapeOf(network)), 0, 1));
  const folder = await mkdtemp(join(tmpdir(), "gatewise-paths-"));
  try {
    await writePeerModel(folder, network, example);
    await using peer = new PythonPeer(options.python, ["bench/peers/paths_torch.py", "--folder", folder]);
    const table = new Table({ head: [name, "ms", "PyTorch, ms", "ratio", "apart"], style: { head: [], border: [] } });
    for (const [what, { own, peer: asked }] of Object.entries(worksOf(network, example))) {
      const [ours, theirs]: [number[], number[]] = [[], []];
      let apart = Number.NaN;
      // a first round warms both
      for (let round = 0; round <= Number(options.rounds); round++) {
        const mine = millisecondsOf(own);
        const answer = asked && (await peer.ask(asked.command));
        if (round === 0) continue;
        ours.push(mine);
        if (answer === undefined) continue;
        theirs.push(1e3 * (answer.processor ?? Number.NaN));
        const value = asked?.value?.() ?? Number.NaN;
        apart = Math.abs((answer.value ?? Number.NaN) / value - 1);
      }
      const [a, b] = [median(ours), median(theirs)];
      const told = theirs.length === 0 ? ["", ""] : [b.toFixed(2), (a / b).toFixed(2)];
      table.push([what, a.toFixed(2), ...told, Number.isNaN(apart) ? "" : apart.toExponential(0)]);
    }
    console.log(table.toString());
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const [name, architecture] of Object.entries(NETWORKS)) await compare(name, architecture);
