import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { byLevel, drawTree, meanCosines, obliqueRows, obliqueTrees, watchGates } from "../../src/experiments/index.ts";
import { gateNormals, largestCosines } from "../../src/experiments/oblique-trees/gate-normals.ts";
import { numpyNormals } from "../../src/experiments/oblique-trees/numpy-normals.ts";
import { float64 } from "../../src/graph/index.ts";
import { fullyConnected, gatedNetwork, initialParameters, REGIMES } from "../../src/network/index.ts";
import { expectClose } from "../support/expect-close.ts";

describe("the drawn tree (theory 6.7)", () => {
  // golden numbers of numpy 2: RandomState(365).randn(15, 20), then randn(40000, 20)
  it("normal numbers are those of NumPy's legacy generator, also across calls", () => {
    const draw = numpyNormals(365);
    const [normals, points] = [draw(300), draw(800_000)];
    const wanted = [0.16792113, 0.52350518, 0.81737553, 1.70384552, -2.14694755];
    wanted.forEach((value, i) => {
      expect(normals[i]).toBeCloseTo(value, 8);
    });
    expect(points[0]).toBeCloseTo(0.39435321, 8);
    expect(points[1]).toBeCloseTo(1.68667303, 8);
    expect(points.at(-2)).toBeCloseTo(0.79968731, 8);
    expect(points.at(-1)).toBeCloseTo(-0.8617027, 7);
  });

  it("labels are those of the published data: 18,749 ones, and the first 20 as numpy has them", () => {
    const { normals, train, validation, test } = drawTree(obliqueTrees.task);
    const labels = [train, validation, test].map((part) => part.labels.data);
    expect(labels.map(({ length }) => length)).toEqual([20_000, 10_000, 10_000]);
    expect(labels.reduce((sum, part) => sum + [...part].reduce((ones, label) => ones + label, 0), 0)).toBe(18_749);
    expect(labels[0]?.subarray(0, 20).join("")).toBe("01000100001010010110");
    for (let row = 0; row < 15; row++)
      expect(Math.hypot(...normals.data.subarray(row * 20, row * 20 + 20))).toBeCloseTo(1, 12);
    expect(test.inputs.data.at(-1)).toBeCloseTo(-0.19117959, 7);
  });
});

describe("normals of gates", () => {
  it.each(["dlgn", "dlgn-sf"] as const)("of %s are the gradients of its gates' pre-activations", (regime) => {
    const architecture = fullyConnected({ inputShape: [3], depth: 4, width: 5, outputs: 1, bias: false });
    const pair = initialParameters({ architecture, regime, initializer: { kind: "fan-in-uniform" }, seed: 1 });
    const { nodes } = gatedNetwork(architecture, REGIMES[regime], pair);
    // each unit vector through the network's own nodes: what a half-space's pre-activation is there is its normal's entry
    const preActivations = nodes.flatMap((node) => (node.kind === "gate" ? [node.gatedBy] : []));
    const valueAt = (position: number, x: readonly number[]): readonly number[] => {
      const node = nodes[position];
      if (node?.kind === "input") return x;
      if (node?.kind === "rearrange") return valueAt(node.input, x);
      if (node?.kind !== "dense") return expect.fail(`a ${node?.kind} before a gate`);
      const before = valueAt(node.input, x);
      const [, units = 0] = node.weight.shape;
      return Array.from({ length: units }, (_, unit) =>
        before.reduce((sum, value, i) => sum + value * (node.weight.data[i * units + unit] ?? 0), 0),
      );
    };
    const found = gateNormals(regime, pair.feature ?? {});
    expect(found).toHaveLength(3);
    found.forEach((normals, layer) => {
      const rows = [0, 1, 2].map((i) =>
        valueAt(
          preActivations[layer] ?? -1,
          [0, 1, 2].map((j) => Number(i === j)),
        ),
      );
      expectClose(normals, { shape: [3, 5], data: rows.flat() }, { relative: 1e-12 });
    });
  });

  it("the largest |cos| does not mind sign and length", () => {
    const normals = [float64([2, 2], [3, -4, 0, -4]), float64([2, 1], [0, 0.1])];
    const cosines = largestCosines(normals, float64([2, 2], [1, 0, 0, 1]));
    expect(cosines[0]).toBeCloseTo(1, 12);
    expect(cosines[1]).toBeCloseTo(1, 12);
    expect(largestCosines([float64([2, 1], [-3, 4])], float64([1, 2], [1, 0]))[0]).toBeCloseTo(0.6, 12);
  });
});

describe("a run", () => {
  const experiment = {
    ...obliqueTrees,
    task: { seed: 365, dimension: 4, levels: 2, train: 400, validation: 100, test: 100 },
    batch: 100,
    every: 4,
  };
  const network = {
    ...obliqueTrees.networks[1],
    architecture: fullyConnected({ inputShape: [4], depth: 3, width: 6, outputs: 1, bias: false }),
  };

  it("learns, looks at its gates, and goes on from a checkpoint with the same bits", async () => {
    const data = drawTree(experiment.task);
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const whole = [];
    for await (const one of watchGates(experiment, data, { network, seed: 0, epochs: 30 }, { engine })) whole.push(one);
    expect(whole.map(({ epoch }) => epoch)).toEqual([0, 4, 8, 12, 16, 20, 24, 28, 30]);
    const last = whole.at(-1) ?? expect.fail("nothing");
    expect(last.seen.map(({ epoch }) => epoch)).toEqual(whole.map(({ epoch }) => epoch));
    expect(last.testAccuracy).toBeGreaterThan(90);
    expect(last.bestEpoch).toBeGreaterThan(0);
    expect(Math.min(...(last.seen.at(-1)?.cosines ?? []))).toBeGreaterThan(0.9);

    const resumed = [];
    for await (const one of watchGates(
      experiment,
      data,
      { network, seed: 0, epochs: 30, resume: whole[3] },
      { engine },
    ))
      resumed.push(one);
    expect(resumed.map(({ epoch }) => epoch)).toEqual([16, 20, 24, 28, 30]);
    expect(resumed.at(-1)).toEqual(last);
  });

  it("ends with the signal's reason", async () => {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const trial = { network, seed: 0, epochs: 4 };
    const run = watchGates(experiment, drawTree(experiment.task), trial, { engine, signal: AbortSignal.abort(75) });
    expect((await run.next()).value?.epoch).toBe(0);
    await expect(run.next()).rejects.toBe(75);
  });
});

describe("summaries", () => {
  it("rows are means over the runs of a network", () => {
    const runs = [
      { regime: "dlgn" as const, testAccuracy: 95 },
      { regime: "dlgn" as const, testAccuracy: 96 },
    ];
    expect(obliqueRows(obliqueTrees.networks, runs)).toEqual([
      {
        ...{ regime: "dlgn", title: "DLGN", mean: 95.5, std: Math.SQRT1_2 },
        published: { paper: 96.05, independent: 95.4 },
        difference: 95.5 - 95.4,
        runs: [95, 96],
      },
    ]);
  });

  it("cosines are means over the runs, and cut by level", () => {
    const seen = (cosines: readonly number[]) => ({ seen: [{ epoch: 5, cosines }] });
    const [mean] = meanCosines([seen([0.25, 0.5, 1]), seen([0.75, 0.5, 0])]);
    expect(mean).toEqual({ epoch: 5, cosines: [0.5, 0.5, 0.5] });
    expect(byLevel([1, 2, 3, 4, 5, 6, 7])).toEqual([[1], [2, 3], [4, 5, 6, 7]]);
  });
});
