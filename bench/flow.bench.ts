/**
 * Processor milliseconds of flow, with its masses and the check of every cut, against PyTorch's gradient × input alone on one thread in
 * float64 (bench/peers/flow_torch.py), in turns, medians, and how far the maps of the input are apart:
 * `npx tsx bench/flow.bench.ts --python PATH`. Networks: FC 784-5×128-10 and GCONV of `--width` channels on 32×32×3.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { readNpy } from "../src/data/index.ts";
import { sizeOf } from "../src/graph/index.ts";
import { type Architecture, inputShapeOf } from "../src/network/index.ts";
import { activate, closingPlan, flowOrder, nothingClosed, pathFlow, removal } from "../src/paths/index.ts";
import { randomStream } from "../src/random.ts";
import { median, PythonPeer } from "./contestants.ts";
import { millisecondsOf, networkOf, pathNetworks, writePeerModel } from "./path-networks.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    width: { type: "string", default: "64" },
    rounds: { type: "string", default: "7" },
  },
});

async function compare(name: string, architecture: Architecture): Promise<readonly string[]> {
  const network = networkOf(architecture);
  const example = Float64Array.from(randomStream(0, "image").uniform(sizeOf(inputShapeOf(network)), 0, 1));
  const folder = await mkdtemp(join(tmpdir(), "gatewise-flow-"));
  try {
    await writePeerModel(folder, network, example);
    await using peer = new PythonPeer(options.python, ["bench/peers/flow_torch.py", "--folder", folder]);
    const ask = () => pathFlow(activate(network, example), { output: 0, against: 1 });
    const [ours, theirs]: [number[], number[]] = [[], []];
    // a first round warms both
    for (let round = 0; round <= Number(options.rounds); round++) {
      const mine = millisecondsOf(ask);
      const { processor = Number.NaN } = await peer.ask("flow 0 1");
      if (round === 0) continue;
      ours.push(mine);
      theirs.push(1e3 * processor);
    }
    const { inputFlow } = ask();
    const wanted = readNpy(await readFile(join(folder, "flow.npy"))).data;
    const largest = inputFlow.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    const apart = inputFlow.reduce((most, one, i) => Math.max(most, Math.abs(one - Number(wanted[i]))), 0) / largest;
    const [a, b] = [median(ours), median(theirs)];
    const plan = closingPlan(network);
    const start = nothingClosed(plan, example);
    let passes = 0;
    const milliseconds = millisecondsOf(() => {
      const search = removal(start, flowOrder(start));
      for (passes = 0; passes < 100 && search.next().done !== true; ) passes += 1;
    });
    return [
      name,
      a.toFixed(1),
      b.toFixed(1),
      (a / b).toFixed(2),
      apart.toExponential(0),
      (milliseconds / Math.max(1, passes)).toFixed(2),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

const table = new Table({
  head: ["network", "flow, ms", "PyTorch, ms", "ratio", "apart", "a removal, ms"],
  style: { head: [], border: [] },
});
for (const [name, architecture] of Object.entries(pathNetworks(Number(options.width))))
  table.push([...(await compare(name, architecture))]);
console.log(table.toString());
