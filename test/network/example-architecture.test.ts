import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  checkRegime,
  featureParameterSpecs,
  gatedLayers,
  outputsOf,
  parameterSpecs,
  placeLayers,
  readArchitecture,
  regimeOf,
} from "../../src/network/index.ts";
import { errorOf } from "../support/error-of.ts";

const EXAMPLE = readFileSync(new URL("../../examples/pre-activation-resnet.json", import.meta.url), "utf8");

describe("the example of a pre-activation residual network", () => {
  const architecture = readArchitecture(EXAMPLE, "examples/pre-activation-resnet.json", [3, 32, 32]);

  it("has its shapes", () => {
    const shapes = placeLayers(architecture).map(({ layer, outputShape }) => [layer.kind, ...outputShape]);
    expect(shapes).toEqual([
      ["convolution", 16, 32, 32],
      ["residual", 16, 32, 32],
      ["residual", 16, 32, 32],
      ["residual", 32, 16, 16],
      ["residual", 32, 16, 16],
      ["gate", 32, 16, 16],
      ["global-average-pool", 32],
      ["dense", 10],
    ]);
    expect(outputsOf(architecture)).toBe(10);
    const [stem, four, down, wide] = [448, 2320, 4640, 9248]; // 3×3 convolutions 3→16, 16→16, 16→32, 32→32 with biases
    const parameters = parameterSpecs(architecture).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
    expect(parameters).toBe(stem + 4 * four + down + 3 * wide + 16 * 32 + 330);
  });

  it("has a gate before each convolution of a block and one behind the last, and nothing gated twice", () => {
    const sizes = gatedLayers(architecture).map(({ shape }) => shape.join("×"));
    expect(sizes).toEqual([
      ...Array.from({ length: 5 }, () => "16×32×32"),
      ...Array.from({ length: 4 }, () => "32×16×16"),
    ]);
    expect(featureParameterSpecs(architecture)).toEqual(
      parameterSpecs(architecture).filter(({ layer }) => layer !== 11),
    );
  });

  it("can be trained in all regimes but dlgn-sf", () => {
    for (const regime of ["relu", "frnpf-ii", "dlnpf", "dlgn"] as const) {
      expect(checkRegime(architecture, regimeOf({ regime }))).toBeUndefined();
    }
    expect(errorOf(() => checkRegime(architecture, regimeOf({ regime: "dlgn-sf" }))).hint).toBe(
      'change the architecture, or choose regime "dlgn"',
    );
  });
});
