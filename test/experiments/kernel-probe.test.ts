import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { kernelProbe, measureKernel } from "../../src/experiments/index.ts";
import { denseArray } from "../../src/graph/index.ts";
import { neuralPathKernelByPairs, withGatesAsBits } from "../../src/kernels/index.ts";
import { neuralPathKernel } from "../../src/models/index.ts";
import {
  type Architecture,
  fullyConnected,
  type GatedNetwork,
  gatedNetwork,
  type Layer,
  type RegimeName,
  regimeOf,
} from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { expectClose } from "../support/expect-close.ts";
import { convolution } from "../support/layers.ts";
import { startOf, tinyData, tinyPlan } from "../support/tiny-training.ts";

const dense = (units: number): Layer => ({ kind: "dense", units, bias: true, gated: false });
const maps = (side: number, channels: number, tail: readonly Layer[]): Architecture => ({
  inputShape: [1, side, side],
  layers: [...Array.from({ length: 4 }, () => convolution(channels)), ...tail],
});
const averaged = (side: number, channels: number) => maps(side, channels, [{ kind: "global-average-pool" }, dense(3)]);
const flattened = (side: number, channels: number) => maps(side, channels, [{ kind: "flatten" }, dense(3)]);

function networkOf(regime: RegimeName, architecture: Architecture = tinyPlan().architecture, seed = 0): GatedNetwork {
  const plan = tinyPlan({ regime, architecture, seed });
  return gatedNetwork(architecture, regimeOf(plan), startOf(plan));
}

const inputsOf = (count: number, shape: readonly number[]) => {
  const size = shape.reduce((product, length) => product * length, count);
  return denseArray("float32", [count, ...shape], Float32Array.from(randomStream(3, "inputs").uniform(size, 0, 1)));
};

describe("the path kernel equals the general kernel without shortcuts (theory 3.1)", () => {
  const bare = fullyConnected({ inputShape: [3, 4], depth: 4, width: 9, outputs: 3, bias: false });
  const rows: readonly { readonly name: string; readonly network: GatedNetwork }[] = [
    { name: "relu", network: networkOf("relu") },
    { name: "dlnpf", network: networkOf("dlnpf") },
    { name: "dlnpf without biases", network: networkOf("dlnpf", bare) },
    { name: "dlgn", network: networkOf("dlgn") },
    { name: "relu, averaged maps", network: networkOf("relu", averaged(5, 4)) },
    { name: "dlnpf, flattened maps", network: networkOf("dlnpf", flattened(4, 3)) },
  ];
  it.each(rows)("$name", async ({ network }) => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const inputs = inputsOf(7, network.nodes[0]?.shape ?? []);
    const wanted = await neuralPathKernelByPairs(network, engine, inputs, undefined, { shortcuts: false });
    // the input's products of the packed kernel are sums of float32 pixels in another order
    expectClose(await neuralPathKernel(network, engine, inputs), wanted, { relative: 1e-6 });
  });
});

describe("kernelProbe", () => {
  const rows = [
    // 45 examples of three classes; fewer than ten of a class are all there are
    { name: "dense", regime: "relu", architecture: undefined, most: 10, gates: "exact" },
    { name: "dense with soft gates", regime: "dlnpf", architecture: undefined, most: 10, gates: "exact" },
    // 5 ns · 4 · 784² = 12 ms a pair: 171 pairs of 18 examples are 2.1 s, of 21 examples 2.8
    { name: "averaged maps", regime: "relu", architecture: averaged(28, 64), most: 6, gates: "exact" },
    // 64 times that with soft gates: as bits
    {
      name: "averaged maps with soft gates",
      regime: "dlnpf",
      architecture: averaged(28, 64),
      most: 6,
      gates: "as bits",
    },
  ] as const satisfies readonly { readonly regime: RegimeName; readonly [key: string]: unknown }[];
  it.each(rows)("takes of $name what the bound on its cost allows", async ({ regime, architecture, most, gates }) => {
    const data = tinyData(45, 20, architecture?.inputShape ?? [3, 4]).train;
    const choice = await kernelProbe(networkOf(regime, architecture), data);
    if (choice.kind === "none") throw new Error(choice.reason);
    const { probe } = choice;
    const positions = [0, 1, 2].map((label) =>
      [...data.labels.data.keys()].filter((at) => data.labels.data[at] === label).slice(0, most),
    );
    expect(probe.classes).toEqual(positions.map(({ length }, label) => ({ label, examples: length })));
    expect([...probe.labels]).toEqual(positions.flatMap(({ length }, label) => new Array(length).fill(label)));
    expect(probe.gates).toBe(gates);
    const size = probe.inputs.data.length / probe.labels.length;
    const pixels = positions.flat().flatMap((at) => [...data.inputs.data.subarray(at * size, (at + 1) * size)]);
    expectClose(
      [...probe.inputs.data].map((value) => 255 * value),
      pixels,
      { relative: 1e-6 },
    );
  });

  it("says why there is none", async () => {
    expect(await kernelProbe(networkOf("relu", flattened(80, 64)), tinyData(45, 20, [1, 80, 80]).train)).toEqual({
      kind: "none",
      reason: "the exact kernel of 2 examples a class takes more than 3 seconds",
    });
    expect(await kernelProbe(networkOf("relu"), tinyData(1, 20).train)).toEqual({
      kind: "none",
      reason: "the training examples are of one class",
    });
  });
});

describe("measureKernel", () => {
  it.each(["exact", "as bits"] as const)(
    "gives what loops over the kernel give (theory 4.9), gates %s",
    async (gates) => {
      const network = networkOf("dlnpf");
      const choice = await kernelProbe(network, tinyData(45, 20).train);
      if (choice.kind === "none") throw new Error(choice.reason);
      const probe = { ...choice.probe, gates };
      await using engine = await openNodeEngine("cpu", { threads: 1 });
      const { kernel, measures } = await measureKernel(network, probe, engine);
      const measured = gates === "exact" ? network : withGatesAsBits(network);
      const raw = await neuralPathKernelByPairs(measured, engine, probe.inputs, undefined, { shortcuts: false });
      const n = probe.labels.length;
      const h = Array.from({ length: n }, (_, i) => [...raw.data.subarray(i * n, (i + 1) * n)]);
      const trace = h.reduce((sum, row, i) => sum + row[i]!, 0);
      expectClose(
        kernel.data,
        raw.data.map((value) => value / trace),
        { relative: 1e-6 },
      );

      const ideal = h.map((_, i) => h.map((_, j) => (probe.labels[i] === probe.labels[j] ? 1 : 0)));
      expectClose(measures.alignment, cosine(h, ideal), { relative: 1e-6 });
      expectClose(measures.centeredAlignment, cosine(centered(h), centered(ideal)), { relative: 1e-6 });
      const jittered = h.map((row, i) => row.map((value, j) => value / trace + (i === j ? measures.jitter / n : 0)));
      const nu = [0, 1, 2].map((label) => {
        const y = [...probe.labels].map((own) => (own === label ? 1 : -1));
        return solve(jittered, y).reduce((sum, x, i) => sum + x * y[i]!, 0);
      });
      expectClose(measures.nuPerClass, nu, { relative: 1e-5 });
      expectClose(measures.nu, (nu[0]! + nu[1]! + nu[2]!) / 3, { relative: 1e-5 });
      expectClose(
        measures.eigenvalues.reduce((sum, value) => sum + value, 0),
        1,
        { relative: 1e-9 },
      );
      // rounding leaves zeros a little below zero
      const entropy = measures.eigenvalues.reduce((sum, value) => sum - (value > 0 ? value * Math.log(value) : 0), 0);
      expectClose(measures.effectiveRank, Math.exp(entropy), { relative: 1e-9 });
      expect([...measures.eigenvalues].sort((a, b) => b - a)).toEqual(measures.eigenvalues);
    },
  );
});

type Rows = readonly (readonly number[])[];

function cosine(a: Rows, b: Rows): number {
  const inner = (c: Rows, d: Rows): number =>
    c.reduce((sum, row, i) => sum + row.reduce((part, value, j) => part + value * d[i]![j]!, 0), 0);
  return inner(a, b) / Math.sqrt(inner(a, a) * inner(b, b));
}

function centered(a: Rows): Rows {
  const n = a.length;
  const means = a.map((row) => row.reduce((sum, value) => sum + value, 0) / n);
  const mean = means.reduce((sum, value) => sum + value, 0) / n;
  return a.map((row, i) => row.map((value, j) => value - means[i]! - means[j]! + mean));
}

/** Gaussian elimination with pivots. */
function solve(a: Rows, y: readonly number[]): readonly number[] {
  const m = a.map((row, i) => [...row, y[i]!]);
  const n = m.length;
  for (let k = 0; k < n; k++) {
    const pivot = m.slice(k).reduce((best, row, i) => (Math.abs(row[k]!) > Math.abs(m[best]![k]!) ? k + i : best), k);
    [m[k], m[pivot]] = [m[pivot]!, m[k]!];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = m[i]![k]! / m[k]![k]!;
      for (let j = k; j <= n; j++) m[i]![j]! -= factor * m[k]![j]!;
    }
  }
  return m.map((row, i) => row[n]! / row[i]!);
}
