import { describe, expect, it } from "vitest";
import {
  type Architecture,
  featureParameterSpecs,
  flatLayers,
  gatedLayers,
  type Layer,
  type ParameterSpec,
  parameterSpecs,
  placeLayers,
} from "../../src/network/index.ts";
import { errorOf } from "../support/error-of.ts";

it("a pre-activation block, counted by hand", () => {
  const convolution = (channels: number, kernel: number, stride: number): Layer => ({
    ...{ kind: "convolution", channels, kernel, stride, padding: "same", bias: false, gated: false },
  });
  const architecture: Architecture = {
    inputShape: [3, 7, 7],
    layers: [
      convolution(4, 3, 1),
      {
        kind: "residual",
        body: [{ kind: "gate" }, convolution(6, 3, 2), { kind: "gate" }, convolution(6, 3, 1)],
        shortcut: [convolution(6, 1, 2)],
      },
      { kind: "gate" },
      { kind: "max-pool", size: 2 },
      { kind: "flatten" },
      { kind: "dense", units: 5, bias: true, gated: false },
    ],
  };
  const placed = placeLayers(architecture);
  expect(placed.map(({ outputShape }) => outputShape)).toEqual([[4, 7, 7], [6, 4, 4], [6, 4, 4], [6, 2, 2], [24], [5]]);
  expect(placed.map(({ weightLayersBefore }) => weightLayersBefore)).toEqual([1, 4, 4, 4, 4, 5]);
  expect(placed[1]?.branches?.map((branch) => branch.map(({ outputShape }) => outputShape))).toEqual([
    [
      [4, 7, 7],
      [6, 4, 4],
      [6, 4, 4],
      [6, 4, 4],
    ],
    [[6, 4, 4]],
  ]);
  expect(flatLayers(placed).map(({ layer, weightLayer }) => `${layer.kind} ${weightLayer ?? "-"}`)).toEqual([
    ...["convolution 1", "gate -", "convolution 2", "gate -", "convolution 3", "convolution 4"],
    ...["gate -", "max-pool -", "flatten -", "dense 5"],
  ]);
  expect(gatedLayers(architecture)).toEqual([
    { layer: 1, shape: [4, 7, 7] },
    { layer: 2, shape: [6, 4, 4] },
    { layer: 4, shape: [6, 4, 4] },
  ]);
  expect(parameterSpecs(architecture).map((spec) => [nameOf(spec), spec.shape, spec.fanIn, spec.fanOut])).toEqual([
    ["1.weight", [4, 3, 3, 3], 27, 36],
    ["2.weight", [6, 4, 3, 3], 36, 54],
    ["3.weight", [6, 6, 3, 3], 54, 54],
    ["4.weight", [6, 4, 1, 1], 4, 6],
    ["5.weight", [24, 5], 24, 5],
    ["5.bias", [5], 24, 5],
  ]);
  expect(featureParameterSpecs(architecture).map(nameOf)).toEqual([
    ...["1.weight", "2.weight", "3.weight", "4.weight"],
  ]);
});

it("where the last gates stand within a sum, its branches end with them", () => {
  const dense = (units: number, gated = false): Layer => ({ kind: "dense", units, bias: false, gated });
  const architecture: Architecture = {
    inputShape: [3],
    layers: [
      dense(4),
      {
        kind: "residual",
        body: [{ kind: "gate" }, dense(5), { kind: "gate" }, dense(2)],
        shortcut: [dense(6, true), dense(2)],
      },
      dense(2),
    ],
  };
  expect(gatedLayers(architecture)).toEqual([
    { layer: 1, shape: [4] },
    { layer: 2, shape: [5] },
    { layer: 4, shape: [6] },
  ]);
  expect(featureParameterSpecs(architecture).map(nameOf)).toEqual(["1.weight", "2.weight", "4.weight"]);
});

const nameOf = ({ layer, kind }: ParameterSpec): string => `${layer}.${kind}`;

describe("errors", () => {
  const valid: Layer = {
    ...{ kind: "convolution", channels: 1, kernel: 3, stride: 1, padding: "valid", bias: true, gated: true },
  };
  it.each<{ title: string; layers: readonly Layer[]; message: string }>([
    {
      title: "branches of different shapes",
      layers: [valid, { kind: "residual", body: [valid], shortcut: [] }],
      message: "layer 1 (residual) with a body that gives [1, 3, 3] and a shortcut that gives [1, 5, 5]",
    },
    {
      title: "a body without layers",
      layers: [{ kind: "residual", body: [], shortcut: [] }],
      message: "layer 0 (residual) with a body that gives [1, 7, 7] and a shortcut that gives [1, 7, 7]",
    },
  ])("a residual sum with $title", ({ layers, message }) => {
    expect(errorOf(() => placeLayers({ inputShape: [1, 7, 7], layers }))).toEqual({
      message: `${message}: expected a body of at least one layer, and two branches of one shape`,
      hint: "change the strides or channels of one, or put a 1×1 convolution on the shortcut",
    });
  });

  it("layers within branches are named by their path", () => {
    const inner: Layer = { kind: "residual", body: [{ kind: "gate" }], shortcut: [{ kind: "max-pool", size: 2 }] };
    const layers: readonly Layer[] = [{ kind: "residual", body: [{ kind: "gate" }, inner], shortcut: [] }];
    expect(errorOf(() => placeLayers({ inputShape: [1, 5, 5], layers }))).toEqual({
      message:
        "layer 0.body.1.shortcut.0 (max-pool) on [1, 5, 5]: expected maps [channels, height, width] that windows of 2 tile",
      hint: "put a flatten or a pooling layer before it, or change the input shape",
    });
  });
});
