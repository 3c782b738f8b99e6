import { describe, expect, it } from "vitest";
import { type DenseArray, denseArray } from "../../src/graph/index.ts";
import {
  fullyConnected,
  type Initializer,
  initialParameters,
  type Parameters,
  parameterSpecs,
  REGIME_NAMES,
  REGIMES,
  type Regime,
  type RegimeName,
  regimeOf,
  trainedNetworks,
} from "../../src/network/index.ts";
import { trialParameters } from "../../src/train/index.ts";
import { errorOf } from "../support/error-of.ts";

const architecture = fullyConnected({ inputShape: [2, 3], depth: 3, width: 5, outputs: 4 });
const GLOROT: Initializer = { kind: "glorot-uniform" };
const FEATURES = ["1.weight", "1.bias", "2.weight", "2.bias"];
const ALL = [...FEATURES, "3.weight", "3.bias"];
/** Of the feature network's parameters; a shallow one's layers all read the 6 inputs. */
const SHAPES = { deep: [[6, 5], [5], [5, 5], [5]], shallow: [[6, 5], [5], [6, 5], [5]] } as const;

const initial = (regime: RegimeName, learnt?: Parameters, seed = 7) =>
  initialParameters(architecture, regime, GLOROT, seed, learnt);
const without = (parameters: Parameters, ...names: readonly string[]): Parameters =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => !names.includes(name)));
/** A trained network: all elements of a tensor the same, its position. */
const learnt: Parameters = Object.fromEntries(
  parameterSpecs(architecture).map(({ name, shape }, i): [string, DenseArray<"float32">] => [
    name,
    denseArray("float32", shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(i + 1)),
  ]),
);

describe("initial parameters", () => {
  it("relu has one network", () => {
    const { value, feature } = initial("relu");
    expect(Object.keys(value)).toEqual(ALL);
    expect(feature).toBeUndefined();
  });

  it.each(["frnpf-ii", "frnpf-di", "flnpf", "dlnpf", "dlgn", "dlgn-sf"] as const)(
    "%s has a whole value network and a feature network without output layer",
    (regime) => {
      const { value, feature } = initial(regime, learnt);
      expect(Object.keys(value)).toEqual(ALL);
      expect(Object.keys(feature ?? {})).toEqual(FEATURES);
      const shapes = Object.values(feature ?? {}).map(({ shape }) => shape);
      expect(shapes).toEqual(SHAPES[regime === "dlgn-sf" ? "shallow" : "deep"]);
    },
  );

  it("frnpf-di has the initial value network as feature network, to the bit", () => {
    const { value, feature } = initial("frnpf-di");
    expect(feature).toEqual(without(value, "3.weight", "3.bias"));
  });

  it.each(["frnpf-ii", "dlnpf", "dlgn"] as const)("%s has independent networks", (regime) => {
    const { value, feature } = initial(regime);
    for (const name of ["1.weight", "2.weight"]) {
      const [one, other] = [value[name]?.data ?? [], feature?.[name]?.data ?? []];
      expect(one).toHaveLength(other.length);
      expect(Array.from(one).some((weight, i) => weight === other[i])).toBe(false);
    }
  });

  it("all regimes but flnpf start from the value network of the relu trial", () => {
    const { value } = initial("relu");
    for (const regime of ["frnpf-ii", "frnpf-di", "dlnpf", "dlgn", "dlgn-sf"] as const) {
      expect(initial(regime).value).toEqual(value);
    }
  });

  it("flnpf takes the hidden layers of the given network and a fresh value network", () => {
    const { value, feature } = initial("flnpf", learnt);
    expect(feature).toEqual(without(learnt, "3.weight", "3.bias"));
    const drawn = [initial("relu").value, initial("frnpf-ii").feature ?? expect.fail()];
    for (const name of ["1.weight", "2.weight"]) {
      for (const other of drawn) expect(value[name]?.data).not.toEqual(other[name]?.data);
    }
  });

  it("flnpf needs no output layer of the given network, and takes nothing else of it", () => {
    const given = {
      ...without(learnt, "3.weight", "3.bias"),
      "1.weight:velocity": learnt["1.weight"] ?? expect.fail(),
    };
    expect(Object.keys(initial("flnpf", given).feature ?? {})).toEqual(FEATURES);
  });

  const hint = "name a run of regime relu with the same architecture (--from RUN)";
  it.each<{ title: string; given: Parameters | undefined; message: string }>([
    {
      title: "without parameters",
      given: undefined,
      message: 'regime "flnpf" without a trained network: expected a trained ReLU network to take the gates from',
    },
    {
      title: "with a parameter missing",
      given: without(learnt, "2.bias"),
      message: "a trained network without 2.bias: expected 2.bias of [5], as the value network has it",
    },
    {
      title: "with a parameter of another shape",
      given: { ...learnt, "1.weight": denseArray("float32", [2, 5], new Float32Array(10)) },
      message: "a trained network whose 1.weight is [2, 5]: expected 1.weight of [6, 5], as the value network has it",
    },
  ])("flnpf $title is refused", ({ given, message }) => {
    expect(errorOf(() => initial("flnpf", given))).toEqual({ message, hint });
  });
});

const HARD = { kind: "hard" } as const;
/** The table of theory 5.4, and below it the deep linearly gated networks. */
const TABLE = {
  relu: { gates: undefined, features: undefined, trains: ["value"] },
  "frnpf-ii": { gates: HARD, features: "relu", trains: ["value"] },
  "frnpf-di": { gates: HARD, features: "relu", trains: ["value"] },
  flnpf: { gates: HARD, features: "relu", trains: ["value"] },
  dlnpf: { gates: { kind: "soft", beta: 4, epsilon: 0.1 }, features: "relu", trains: ["value", "feature"] },
  dlgn: { gates: { kind: "soft", beta: 4, epsilon: 0 }, features: "linear", trains: ["value", "feature"] },
  "dlgn-sf": { gates: { kind: "soft", beta: 4, epsilon: 0 }, features: "shallow", trains: ["value", "feature"] },
} as const satisfies Record<RegimeName, unknown>;

describe.each(REGIME_NAMES)("regime %s", (name) => {
  const regime: Regime = REGIMES[name];

  it("has the gates of theory 5.4", () => {
    const { gates, features } = TABLE[name];
    expect(regime.kind === "own-gates" ? undefined : regime.gating).toEqual(gates);
    expect(regime.kind === "own-gates" ? undefined : regime.features).toBe(features);
  });

  it("reads the example, with its gates in order, unless told otherwise", () => {
    if (regime.kind === "two-networks") expect(regime).toMatchObject({ valueInput: "example", gateOrder: undefined });
    expect(regimeOf({ regime: name })).toEqual(regime);
  });

  it("trains what theory 5.4 says", () => {
    const trains: readonly string[] = TABLE[name].trains;
    expect(trainedNetworks(regime)).toEqual(trains);
    const features = name === "relu" ? [] : FEATURES.map((parameter) => `feature.${parameter}`);
    const parameters = trialParameters(architecture, regime);
    expect(parameters.map((parameter) => parameter.name)).toEqual([...ALL.map((one) => `value.${one}`), ...features]);
    const moving = parameters.flatMap((parameter) => (parameter.trains ? [parameter.name] : []));
    expect(moving).toEqual([...ALL.map((one) => `value.${one}`), ...(trains.includes("feature") ? features : [])]);
    const shapes = parameters.slice(ALL.length).map(({ shape }) => shape);
    expect(shapes).toEqual(name === "relu" ? [] : SHAPES[name === "dlgn-sf" ? "shallow" : "deep"]);
  });
});
