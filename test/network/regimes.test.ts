import { describe, expect, it } from "vitest";
import { type DenseArray, denseArray, sizeOf } from "../../src/graph/index.ts";
import {
  featureNetworks,
  fullyConnected,
  type Initializer,
  initialParameters,
  layersOf,
  type NamedRegime,
  type ParametersByLayer,
  parameterEntries,
  parameterSpecs,
  REGIME_NAMES,
  REGIMES,
  type Regime,
  type RegimeName,
  regimeOf,
  trainedNetworks,
  trialParameterSpecs,
} from "../../src/network/index.ts";
import { errorOf } from "../support/error-of.ts";

const architecture = fullyConnected({ inputShape: [2, 3], depth: 3, width: 5, outputs: 4 });
const GLOROT: Initializer = { kind: "glorot-uniform" };
const FEATURES = ["1.weight", "1.bias", "2.weight", "2.bias"];
const ALL = [...FEATURES, "3.weight", "3.bias"];
/** Of the feature network's parameters; a shallow one's layers all read the 6 inputs. */
const SHAPES = { deep: [[6, 5], [5], [5, 5], [5]], shallow: [[6, 5], [5], [6, 5], [5]] } as const;

const initial = (regime: RegimeName, learnt?: ParametersByLayer, seed = 7) =>
  initialParameters({ architecture, regime, initializer: GLOROT, seed }, learnt);
/** The parameters of one network by layer and kind, `1.weight`. */
const flat = (layers: ParametersByLayer = {}): ReadonlyMap<string, DenseArray<"float32">> =>
  new Map(parameterEntries({ value: layers }).map(([{ layer, kind }, array]) => [`${layer}.${kind}`, array]));
/** A trained network: all elements of a tensor the same, its position. */
const learnt = layersOf(
  parameterSpecs(architecture).map(
    (spec, i) => [spec, denseArray("float32", spec.shape, new Float32Array(sizeOf(spec.shape)).fill(i + 1))] as const,
  ),
);
const { 3: learntOutput = expect.fail(), ...learntHidden } = learnt;

describe("initial parameters", () => {
  it("relu has one network", () => {
    const { value, feature } = initial("relu");
    expect([...flat(value).keys()]).toEqual(ALL);
    expect(feature).toBeUndefined();
  });

  it.each(["frnpf-ii", "frnpf-di", "flnpf", "dlnpf", "dlgn", "dlgn-sf"] as const)(
    "%s has a whole value network and a feature network without output layer",
    (regime) => {
      const { value, feature } = initial(regime, learnt);
      expect([...flat(value).keys()]).toEqual(ALL);
      expect([...flat(feature).keys()]).toEqual(FEATURES);
      const shapes = [...flat(feature).values()].map(({ shape }) => shape);
      expect(shapes).toEqual(SHAPES[regime === "dlgn-sf" ? "shallow" : "deep"]);
    },
  );

  it("frnpf-di has the initial value network as feature network, to the bit", () => {
    const { value, feature } = initial("frnpf-di");
    const { 3: _, ...hidden } = value;
    expect(feature).toEqual(hidden);
  });

  it.each(["frnpf-ii", "dlnpf", "dlgn"] as const)("%s has independent networks", (regime) => {
    const { value, feature } = initial(regime);
    for (const layer of [1, 2]) {
      const [one, other] = [value[layer]?.weight.data ?? [], feature?.[layer]?.weight.data ?? []];
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
    expect(feature).toEqual(learntHidden);
    const drawn = [initial("relu").value, initial("frnpf-ii").feature ?? expect.fail()];
    for (const layer of [1, 2]) {
      for (const other of drawn) expect(value[layer]?.weight.data).not.toEqual(other[layer]?.weight.data);
    }
  });

  it("flnpf needs no output layer of the given network, and takes nothing else of it", () => {
    expect(initial("flnpf", learntHidden).feature).toEqual(learntHidden);
    expect(initial("flnpf", { ...learnt, 4: learntOutput }).feature).toEqual(learntHidden);
  });

  const hint = "name a run of regime relu with the same architecture (`from`)";
  it.each<{ title: string; given: ParametersByLayer | undefined; message: string }>([
    {
      title: "without parameters",
      given: undefined,
      message: 'regime "flnpf" without a trained network: expected a trained ReLU network to take the gates from',
    },
    {
      title: "with a parameter missing",
      given: { ...learnt, 2: { weight: learnt[2]?.weight ?? expect.fail() } },
      message: "a trained network without value.2.bias: expected value.2.bias of [5], as the value network has it",
    },
    {
      title: "with a parameter of another shape",
      given: { ...learnt, 1: { weight: denseArray("float32", [2, 5], new Float32Array(10)) } },
      message:
        "a trained network whose value.1.weight is [2, 5]: expected value.1.weight of [6, 5], as the value network has it",
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
} as const satisfies Record<NamedRegime, unknown>;

describe.each(REGIME_NAMES)("regime %s", (name) => {
  const regime: Regime = REGIMES[name];

  it("has the gates of theory 5.4", () => {
    const { gates, features } = TABLE[name];
    const [network] = featureNetworks(regime);
    expect(network?.gating).toEqual(gates);
    expect(network?.features).toBe(features);
  });

  it("reads the example, with its gates in order, unless told otherwise", () => {
    expect(regime).toMatchObject({ valueInput: "example", gateOrder: undefined });
    expect(regimeOf({ regime: name })).toEqual(regime);
  });

  it("trains what theory 5.4 says", () => {
    const trains: readonly string[] = TABLE[name].trains;
    expect(trainedNetworks(regime)).toEqual(trains);
    const features = name === "relu" ? [] : FEATURES.map((parameter) => `feature.${parameter}`);
    const parameters = trialParameterSpecs(architecture, regime);
    expect(parameters.map((parameter) => parameter.name)).toEqual([...ALL.map((one) => `value.${one}`), ...features]);
    const moving = parameters.flatMap((parameter) => (parameter.trains ? [parameter.name] : []));
    expect(moving).toEqual([...ALL.map((one) => `value.${one}`), ...(trains.includes("feature") ? features : [])]);
    const shapes = parameters.slice(ALL.length).map(({ shape }) => shape);
    expect(shapes).toEqual(name === "relu" ? [] : SHAPES[name === "dlgn-sf" ? "shallow" : "deep"]);
  });
});
