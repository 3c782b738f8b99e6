/** Gates layer by layer from sources of their own (theory 5.1): against loops over the layers, and against the regimes. */
import { describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { constant, float32, sizeOf } from "../../src/graph/index.ts";
import { neuralPathKernel } from "../../src/models/index.ts";
import {
  type Architecture,
  checkRegime,
  forwardNodes,
  fullyConnected,
  type GateChoice,
  gatedNetwork,
  type InitialPlan,
  initialParameters,
  type ParametersByLayer,
  parameterSpecs,
  partsOfNetwork,
  REGIME_NAMES,
  REGIMES,
  regimeOf,
  trainedNetworks,
  trialParameterSpecs,
} from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { errorOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { runGraph } from "../support/run-graph.ts";

const FC = fullyConnected({ inputShape: [3], depth: 4, width: 4, outputs: 2 });
const planOf = (gates: readonly GateChoice[] | undefined, more: Partial<InitialPlan> = {}): InitialPlan => ({
  architecture: FC,
  regime: gates === undefined ? "relu" : "by-layer",
  ...(gates === undefined ? {} : { gates }),
  initializer: { kind: "glorot-uniform" },
  seed: 4,
  ...more,
});
const networkOf = (seed: number, architecture: Architecture = FC): ParametersByLayer =>
  initialParameters({ ...planOf(undefined), architecture, seed }).value;

const X = [0.4, -1.2, 0.7];

/** `x · W + b` of a dense layer, in loops. */
function layer(parameters: ParametersByLayer, number: number, z: readonly number[]): readonly number[] {
  const { weight, bias } = parameters[number] ?? expect.fail(`no layer ${number}`);
  const [, units = 0] = weight.shape;
  return Array.from({ length: units }, (_, j) =>
    z.reduce((sum, value, i) => sum + value * Number(weight.data[i * units + j]), Number(bias?.data[j] ?? 0)),
  );
}

/** Gates of a ReLU network, layer by layer. */
function gatesOf(parameters: ParametersByLayer, layers: number): readonly (readonly number[])[] {
  const gates: (readonly number[])[] = [];
  let z: readonly number[] = X;
  for (let l = 1; l <= layers; l++) {
    const q = layer(parameters, l, z);
    gates.push(q.map((one) => Number(one > 0)));
    z = q.map((one) => Math.max(one, 0));
  }
  return gates;
}

async function logitsOf(plan: InitialPlan, parameters: ReturnType<typeof initialParameters>) {
  const network = gatedNetwork(plan.architecture, regimeOf(plan), parameters);
  const x = constant(float32([1, ...plan.architecture.inputShape], X));
  const { logits } = await runGraph({ logits: forwardNodes(network, x).get(network.output) ?? expect.fail("none") });
  return Array.from(logits?.data ?? [], Number);
}

describe("gates of each layer from a source of its own", () => {
  const [first, second] = [networkOf(11), networkOf(12)];

  it("are those of the source, the value network's own where it makes them", async () => {
    const gates: readonly GateChoice[] = [
      { layer: 1, from: { network: "sha256:a" }, trains: false },
      { layer: 2, from: { network: "sha256:b" }, trains: false },
      { layer: 3, from: "own", trains: true },
    ];
    const plan = planOf(gates);
    const parameters = initialParameters(plan, undefined, { "sha256:a": first, "sha256:b": second });
    // only the layers that their gates depend on
    expect(Object.keys(parameters.feature ?? {})).toEqual(["1"]);
    expect(Object.keys(parameters["feature-2"] ?? {})).toEqual(["1", "2"]);
    const [given, other] = [gatesOf(first, 3), gatesOf(second, 3)];
    const { value } = parameters;
    const z1 = layer(value, 1, X).map((q, i) => q * (given[0]?.[i] ?? 0));
    const z2 = layer(value, 2, z1).map((q, i) => q * (other[1]?.[i] ?? 0));
    const z3 = layer(value, 3, z2).map((q) => Math.max(q, 0));
    expectClose(await logitsOf(plan, parameters), layer(value, 4, z3), { relative: 1e-5, absolute: 1e-6 });
    expect(trainedNetworks(regimeOf(plan))).toEqual(["value"]);
  });

  it("of a narrower network are taken again and again, channel by channel", async () => {
    const architecture = fullyConnected({ inputShape: [3], depth: 4, width: 8, outputs: 2 });
    const gates: readonly GateChoice[] = [
      { layer: "all", from: { network: "sha256:a", architecture: FC }, trains: false },
    ];
    const plan = planOf(gates, { architecture });
    const { value, ...features } = initialParameters(plan, undefined, { "sha256:a": first });
    const given = gatesOf(first, 3);
    let z: readonly number[] = X;
    for (let l = 1; l <= 3; l++) z = layer(value, l, z).map((q, i) => q * (given[l - 1]?.[i % 4] ?? 0));
    expectClose(await logitsOf(plan, { value, ...features }), layer(value, 4, z), { relative: 1e-5, absolute: 1e-6 });
  });

  it("of a narrower network without biases have its path kernel, but for a factor", async () => {
    const of = (width: number) => fullyConnected({ inputShape: [3], depth: 4, width, outputs: 2, bias: false });
    const source = networkOf(11, of(4));
    const x = float32([6, 3], randomStream(8, "inputs").uniform(18, -1, 1));
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const kernelOf = async (width: number, architecture?: Architecture) => {
      const from = { network: "sha256:a", ...(architecture === undefined ? {} : { architecture }) };
      const plan = planOf([{ layer: "all", from, trains: false }], { architecture: of(width) });
      const parameters = initialParameters(plan, undefined, { "sha256:a": source });
      return (await neuralPathKernel(gatedNetwork(of(width), regimeOf(plan), parameters), engine, x)).data;
    };
    // three gate layers of twice the width
    expectClose(
      await kernelOf(8, of(4)),
      (await kernelOf(4)).map((value) => 8 * value),
      { relative: 1e-12 },
    );
  });

  it("read the example in the order of their own input", async () => {
    const source: Architecture = { ...FC, inputShape: [3, 1, 1] };
    const gates: readonly GateChoice[] = [
      { layer: "all", from: { network: "sha256:a", architecture: source }, trains: false },
    ];
    const parameters = initialParameters(planOf(gates), undefined, { "sha256:a": first });
    const plain = planOf([{ layer: "all", from: { network: "sha256:a" }, trains: false }]);
    const same = initialParameters(plain, undefined, { "sha256:a": first });
    expect(parameters).toEqual(same);
    expect(await logitsOf(planOf(gates), parameters)).toEqual(await logitsOf(plain, same));
  });
});

describe("regimes are lists of choices", () => {
  it.each(REGIME_NAMES.filter((name) => name !== "flnpf"))("%s, told layer by layer", (name) => {
    const { gates } = REGIMES[name];
    const each = [1, 2, 3].flatMap((layer) => gates.map((choice) => ({ ...choice, layer })));
    expect(initialParameters(planOf(each))).toEqual(initialParameters(planOf(undefined, { regime: name })));
  });

  it("learnt gates of some layers leave the random ones of others as FRNPF(II) has them", () => {
    const learnt = networkOf(9);
    const gates: readonly GateChoice[] = [
      { layer: 1, from: "learnt", trains: false },
      { layer: 2, from: "random", trains: false },
      { layer: 3, from: "random", trains: false },
    ];
    const found = initialParameters(planOf(gates), learnt);
    const random = initialParameters(planOf(undefined, { regime: "frnpf-ii" }));
    const fresh = initialParameters(planOf(undefined, { regime: "flnpf" }), learnt);
    expect(found["feature-2"]).toEqual(random.feature);
    expect(found.value).toEqual(fresh.value);
  });

  it("values start from a network that is given, and DI gates with them", () => {
    const given = { "sha256:a": networkOf(21) };
    const plan = planOf(undefined, { regime: "frnpf-di", init: { network: "sha256:a" } });
    const { value, feature } = initialParameters(plan, undefined, given);
    expect(value).toEqual(given["sha256:a"]);
    expect(feature).toEqual({ 1: value[1], 2: value[2], 3: value[3] });
    expect(errorOf(() => initialParameters(plan))).toEqual({
      message: "a plan that names the network sha256:a, which is not given: expected its parameters among those given",
      hint: "give a network of the architecture that the plan has",
    });
  });
});

describe("choices that cannot be", () => {
  const random = (layer: number | "all"): GateChoice => ({ layer, from: "random", trains: false });
  it.each<{ title: string; gates: readonly GateChoice[]; message: string; hint: string }>([
    {
      title: "a layer that is not there",
      gates: [random("all"), random(4)],
      message: "gates of layer 4: expected gate layers 1 to 3, each once",
      hint: "gate layers are counted from 1, from the input to the output",
    },
    {
      title: "a layer twice",
      gates: [random("all"), random(2), { ...random(2), trains: true }],
      message: "gates of layer 2 a second time: expected gate layers 1 to 3, each once",
      hint: "gate layers are counted from 1, from the input to the output",
    },
    {
      title: "a layer without a source",
      gates: [random(1), random(3)],
      message:
        'regime "gates by layer" without gates of layer 2: expected a source for each of the gate layers 1 to 3, or one for all',
      hint: 'name them in `gates`, such as { layer: 1, from: "random", trains: false }',
    },
    {
      title: "own gates that stay",
      gates: [random("all"), { layer: 1, from: "own", trains: false }],
      message:
        "own gates of layer 1 that do not train: expected own gates that train: they are made by the weights that do",
      hint: 'take them from "initial", the network before training, or from another source',
    },
    {
      title: "gates of another width",
      gates: [
        {
          layer: "all",
          from: {
            network: "sha256:0123456789abcdef",
            architecture: fullyConnected({ inputShape: [3], depth: 4, width: 3, outputs: 2 }),
          },
          trains: false,
        },
      ],
      message:
        "gates of the network sha256:0123456789ab… of [3] for gate layer 1 of [4]: expected as many units or channels as the value network has there, or a number that divides them",
      hint: "give the value network a width that is a multiple of the source's",
    },
    {
      title: "a source of fewer layers",
      gates: [
        {
          layer: "all",
          from: {
            network: "sha256:0123456789abcdef",
            architecture: fullyConnected({ inputShape: [3], depth: 2, width: 4, outputs: 2 }),
          },
          trains: false,
        },
      ],
      message:
        "gates of the network sha256:0123456789ab…, which has 1 gate layer: expected a gate layer 2, for that of the value network",
      hint: "take other layers from it, or another source",
    },
  ])("$title", ({ gates, message, hint }) => {
    expect(errorOf(() => checkRegime(FC, regimeOf(planOf(gates))))).toEqual({ message, hint });
  });
});

describe("an architecture of nodes", () => {
  const GROUPED: Architecture = {
    inputShape: [4, 6, 6],
    nodes: [
      {
        kind: "convolution",
        name: "conv",
        input: 0,
        channels: 6,
        groups: 2,
        bias: true,
        window: { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1] },
      },
      { kind: "scale", name: "norm", input: 1, bias: true },
      { kind: "gate", name: "relu", input: 2, gatedBy: 2, rule: { kind: "leaky", slopes: [0.1] } },
      { kind: "rearrange", name: "flat", input: 3, shape: [54] },
      { kind: "dense", name: "out", input: 4, units: 3, bias: false },
    ],
  };

  it("has the fans of Keras's grouped convolution, and scales that start at one", () => {
    expect(parameterSpecs(GROUPED).map(({ shape, fanIn, fanOut }) => [shape, fanIn, fanOut])).toEqual([
      [[6, 2, 3, 3], 18, 54],
      [[6], 18, 54],
      [[6], 1, 1],
      [[6], 1, 1],
      [[54, 3], 54, 3],
    ]);
    const { value } = initialParameters({ ...planOf(undefined), architecture: GROUPED });
    expect([...(value[2]?.weight.data ?? []), ...(value[2]?.bias?.data ?? [])]).toEqual([
      1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0,
    ]);
    const limit = Math.sqrt(6 / (18 + 54));
    const largest = Math.max(...(value[1]?.weight.data ?? []).map(Math.abs));
    expect(largest).toBeLessThanOrEqual(limit);
    expect(largest).toBeGreaterThan(0.9 * limit);
  });

  it.each(REGIME_NAMES.filter((name) => name !== "dlgn-sf"))("%s has its networks", (regime) => {
    const plan = { ...planOf(undefined), architecture: GROUPED, regime };
    const parameters = initialParameters(plan, initialParameters({ ...plan, regime: "relu" }).value);
    const x = float32([1, 4, 6, 6], randomStream(3, "x").uniform(144, -1, 1));
    const network = gatedNetwork(GROUPED, regimeOf(plan), parameters);
    expect(sizeOf(network.nodes[network.output]?.shape ?? [])).toBe(3);
    expect(x.data).toHaveLength(144);
    expect(trialParameterSpecs(GROUPED, regimeOf(plan)).filter(({ network }) => network === "feature")).toHaveLength(
      regime === "relu" ? 0 : 4,
    );
  });

  it("as layers have it gives the same", async () => {
    const parameters = initialParameters(planOf(undefined));
    const network = gatedNetwork(FC, REGIMES.relu, parameters);
    const { architecture, parameters: value } = partsOfNetwork(network);
    expect(value).toEqual(parameters.value);
    const plan = { ...planOf(undefined), architecture };
    expect(await logitsOf(plan, { value })).toEqual(await logitsOf(planOf(undefined), parameters));
  });
});
