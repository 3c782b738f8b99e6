/**
 * Draws of the theorem on convolutional networks with global average pooling. Weights are shared between positions, so
 * paths with the same weights are one bundle, and `H` sums over all pairs of positions and has the pooling's `1/U²`
 * (theory 3.9); `d` still counts weight layers, each of which a bundle crosses once.
 */
import type { Engine } from "../engine/index.ts";
import { type DenseArray, eachNumber, float64, sizeOf } from "../graph/index.ts";
import { neuralPathKernelByPairs, tangentKernel } from "../kernels/index.ts";
import {
  type Architecture,
  featureParameterSpecs,
  gatedNetwork,
  type Layer,
  layersOf,
  type ParameterSpec,
  type ParametersByLayer,
  parameterSpecs,
  REGIMES,
} from "../network/index.ts";
import { randomStream } from "../random.ts";
import type { TheoremDraw, TheoremDraws } from "./theorem-draw.ts";

/** One draw per seed; `inputs` is `[n, channels, height, width]`, `width` the channels of every convolution. */
export async function* convolutionalDraws(
  engine: Engine,
  { inputs, width, depth, seeds }: TheoremDraws,
): AsyncGenerator<TheoremDraw> {
  const architecture = theoremConvolutions(inputs.shape.slice(1), width, depth);
  // about √(2 / fan-in): both kernels are homogeneous in σ, so any would do; this one keeps numbers near 1
  const sigma = Math.sqrt(2 / (KERNEL ** 2 * width));
  for (const seed of seeds) {
    const drawn = (network: string, specs: readonly ParameterSpec[]): ParametersByLayer<DenseArray<"float64">> =>
      layersOf(
        specs.map((spec) => {
          const { layer, kind, shape } = spec;
          const signs = randomStream(seed, "theorem convolutions", width, network, `${layer}.${kind}`).signs(
            sizeOf(shape),
          );
          return [
            spec,
            float64(
              shape,
              eachNumber(new Float64Array(signs.length), signs, (sign) => sign * sigma),
            ),
          ] as const;
        }),
      );
    const network = gatedNetwork(architecture, REGIMES["frnpf-ii"], {
      value: drawn("value", parameterSpecs(architecture)),
      feature: drawn("feature", featureParameterSpecs(architecture)),
    });
    const tangent = await tangentKernel(network, engine, inputs, { part: "value" });
    const path = await neuralPathKernelByPairs(network, engine, inputs);
    yield { tangent, path, sigma };
  }
}

const KERNEL = 3;

/** `depth − 1` gated convolutions of `width` channels, global average pooling, one dense output; no biases. */
export function theoremConvolutions(inputShape: readonly number[], width: number, depth: number): Architecture {
  const hidden: Layer = {
    kind: "convolution",
    channels: width,
    kernel: KERNEL,
    stride: 1,
    padding: "same",
    bias: false,
    gated: true,
  };
  return {
    inputShape,
    layers: [
      ...Array.from({ length: depth - 1 }, () => hidden),
      { kind: "global-average-pool" },
      { kind: "dense", units: 1, bias: false, gated: false },
    ],
  };
}
