import { describe, expect, it } from "vitest";
import {
  type Architecture,
  checkRegime,
  fullyConnected,
  initialParameters,
  type Layer,
  REGIME_NAMES,
  REGIMES,
  type RegimeChoice,
  type RegimeName,
  type RegimeVariant,
  regimeOf,
} from "../../src/network/index.ts";
import { errorOf } from "../support/error-of.ts";
import { tinyPlan } from "../support/tiny-training.ts";

const FC = fullyConnected({ inputShape: [3], depth: 4, width: 5, outputs: 2 });

const gating = (beta: number, epsilon: number) => ({ gating: { kind: "soft", beta, epsilon } });

describe("what a plan changes of its regime", () => {
  it.each<{ choice: RegimeChoice; changed: object }>([
    { choice: { regime: "dlgn", variant: { beta: 30 } }, changed: gating(30, 0) },
    { choice: { regime: "dlnpf", variant: { beta: 1 } }, changed: gating(1, 0.1) },
    { choice: { regime: "dlgn-sf", variant: { valueInput: "ones" } }, changed: { valueInput: "ones" } },
    { choice: { regime: "flnpf", variant: { gateOrder: [3, 2, 1] } }, changed: { gateOrder: [3, 2, 1] } },
    { choice: { regime: "relu", variant: { valueInput: "example" } }, changed: {} },
    { choice: { regime: "frnpf-ii", variant: {} }, changed: {} },
  ])("$choice", ({ choice, changed }) => {
    const { gates, ...regime } = regimeOf(choice);
    const { gates: usual, ...named } = REGIMES[choice.regime];
    const [{ gating: changedGating, ...words }] = [{ gating: undefined, ...changed }];
    expect(regime).toEqual({ ...named, ...words });
    expect(gates).toEqual(usual.map((one) => (changedGating === undefined ? one : { ...one, gating: changedGating })));
  });

  const hint = "choose dlnpf, dlgn or dlgn-sf, or leave the option out";
  it.each<RegimeVariant>([{ beta: 4 }, { valueInput: "ones" }, { gateOrder: [1, 2, 3] }])("relu with %o", (variant) => {
    expect(errorOf(() => regimeOf({ regime: "relu", variant }))).toEqual({
      message:
        'regime "relu", which has gates of its own: expected a regime of two networks for another value input, gate order or beta',
      hint,
    });
  });

  it.each(["frnpf-ii", "frnpf-di", "flnpf"] as const)("%s with beta", (regime) => {
    expect(errorOf(() => regimeOf({ regime, variant: { beta: 4 } }))).toEqual({
      message: `regime "${regime}", which has hard gates: expected soft gates, if beta is given`,
      hint,
    });
  });
});

const POOLED: readonly Layer[] = [
  { kind: "residual", body: [{ kind: "average-pool", size: 2 }], shortcut: [{ kind: "max-pool", size: 2 }] },
  { kind: "flatten" },
  { kind: "dense", units: 2, bias: true, gated: false },
];

describe("a regime of an architecture", () => {
  it("can be had of a fully connected network, whatever it is", () => {
    for (const regime of REGIME_NAMES) expect(checkRegime(FC, regimeOf({ regime }))).toBeUndefined();
    expect(checkRegime(FC, regimeOf({ regime: "dlgn", variant: { gateOrder: [3, 1, 2] } }))).toBeUndefined();
  });

  it.each<{ gateOrder: readonly number[] }>([
    { gateOrder: [1, 2] },
    { gateOrder: [1, 2, 3, 4] },
    { gateOrder: [1, 1, 3] },
    { gateOrder: [0, 1, 2] },
    { gateOrder: [1.5, 2, 3] },
    { gateOrder: [] },
  ])("gate order $gateOrder is no permutation", ({ gateOrder }) => {
    expect(errorOf(() => checkRegime(FC, regimeOf({ regime: "dlnpf", variant: { gateOrder } })))).toEqual({
      message: `gate order ${gateOrder.join(",")}: expected each of the gates 1 to 3 once`,
      hint: "for instance 3,2,1",
    });
  });

  it("gates change places with gates of their own shape alone", () => {
    const layers: readonly Layer[] = [
      { kind: "convolution", channels: 2, kernel: 3, stride: 1, padding: "same", bias: true, gated: true },
      { kind: "flatten" },
      { kind: "dense", units: 5, bias: true, gated: true },
      { kind: "dense", units: 2, bias: true, gated: false },
    ];
    const regime = regimeOf({ regime: "dlgn", variant: { gateOrder: [2, 1] } });
    expect(errorOf(() => checkRegime({ inputShape: [1, 4, 4], layers }, regime))).toEqual({
      message:
        "gate order 2,1, which puts gate 2 (5) in the place of gate 1 (2×4×4): expected gates that change places with gates of their own shape",
      hint: "choose another order, or layers of one shape",
    });
  });

  it.each<{ regime: RegimeName; title: string }>([
    { regime: "dlgn", title: "DLGN" },
    { regime: "dlgn-sf", title: "DLGN-SF" },
  ])("a linear feature network holds no maximum: $regime", ({ regime, title }) => {
    const architecture: Architecture = { inputShape: [1, 4, 4], layers: POOLED };
    const texts = {
      message: `regime ${title} on an architecture with max-pool: expected a feature network that is linear, in which every gate is a half-space of the input`,
      hint: "put average-pool in its place",
    };
    expect(errorOf(() => checkRegime(architecture, regimeOf({ regime })))).toEqual(texts);
    expect(errorOf(() => initialParameters(tinyPlan({ architecture, regime })))).toEqual(texts);
    expect(checkRegime(architecture, regimeOf({ regime: "dlnpf" }))).toBeUndefined();
  });

  it.each<{ title: string; layers: readonly Layer[]; message: string }>([
    {
      title: "of its own",
      layers: [{ kind: "gate" }],
      message: 'regime "dlgn-sf" and node gate-0 (gate)',
    },
    {
      title: "of another resolution than the input's",
      layers: [
        { kind: "convolution", channels: 2, kernel: 3, stride: 2, padding: "same", bias: true, gated: false },
        { kind: "convolution", channels: 2, kernel: 3, stride: 1, padding: "same", bias: true, gated: true },
      ],
      message: 'regime "dlgn-sf" and node convolution2 (convolution), which cannot read [1, 4, 4] and give [2, 2, 2]',
    },
  ])("shallow features make no gate $title", ({ layers, message }) => {
    const architecture: Architecture = {
      inputShape: [1, 4, 4],
      layers: [...layers, { kind: "flatten" }, { kind: "dense", units: 2, bias: true, gated: false }],
    };
    expect(errorOf(() => checkRegime(architecture, regimeOf({ regime: "dlgn-sf" })))).toEqual({
      message: `${message}: expected gates behind weight layers that could read the input themselves: dense, or convolutions of one resolution`,
      hint: 'change the architecture, or choose regime "dlgn"',
    });
  });

  it("is checked before a training starts", () => {
    const plan = tinyPlan({ regime: "dlgn", variant: { gateOrder: [2, 2] } });
    expect(errorOf(() => initialParameters(plan))).toEqual({
      message: "gate order 2,2: expected each of the gates 1 to 2 once",
      hint: "for instance 2,1",
    });
  });
});
