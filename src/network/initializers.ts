import { type DenseArray, denseArray, eachNumber, sizeOf } from "../graph/index.ts";
import { randomStream } from "../random.ts";
import { checkParameterCount } from "./parameter-limit.ts";
import type { ParameterSpec } from "./parameter-spec.ts";
import { layersOf, type ParametersByLayer } from "./trial-parameters.ts";

/** How parameters are drawn before training; the weights of scales start at one. */
export type Initializer = (
  | /** Keras's default: uniform in `±√(6 / (fanIn + fanOut))`. */
  { readonly kind: "glorot-uniform" }
  /** Uniform in `±√(6 / fanIn)`, variance `2 / fanIn`: keeps the size of activations behind ReLUs (He et al., 2015). */
  | { readonly kind: "he-uniform" }
  /** Uniform in `±1 / √fanIn`, PyTorch's default (theory 6.7, oblique trees). */
  | { readonly kind: "fan-in-uniform" }
  /** `±sigma` with equal probability: `√(2 / width)` in the gate learning experiment, any in the theorem (theory 4.2, 6.4). */
  | { readonly kind: "bernoulli"; readonly sigma: number }
) & {
  /**
   * Biases start at zero, or uniform in `±1 / √fanIn` (PyTorch's default): without any, the first layer's gates all flip on
   * planes through the origin, and where gates are random and stay so they do for ever.
   */
  readonly biases?: "random" | undefined;
};

/** Which network of a trial is drawn: each has random streams of its own. */
export type NetworkPurpose = "value-network" | "feature-network" | `feature-network-${number}` | "fresh-value-network";

/**
 * Draws the parameters of one network; each tensor from a stream of its own, so layers do not depend on each other.
 * @throws GatewiseError (`too-large`) for more than 2³⁰ of them, before any is drawn
 */
export function initialize(
  specs: readonly ParameterSpec[],
  initializer: Initializer,
  seed: number,
  purpose: NetworkPurpose,
): ParametersByLayer {
  checkParameterCount(specs);
  return layersOf(specs.map((spec) => [spec, draw(spec, initializer, seed, purpose)] as const));
}

function draw(
  spec: ParameterSpec,
  initializer: Initializer,
  seed: number,
  purpose: NetworkPurpose,
): DenseArray<"float32"> {
  const count = sizeOf(spec.shape);
  if (spec.startsAtOne === true) return denseArray("float32", spec.shape, new Float32Array(count).fill(1));
  const isDrawn = spec.kind === "weight" || (spec.kind === "bias" && initializer.biases === "random");
  if (!isDrawn) return denseArray("float32", spec.shape, new Float32Array(count));
  const stream = randomStream(seed, purpose, spec.layer, spec.kind);
  const uniform = (limit: number) =>
    denseArray("float32", spec.shape, new Float32Array(stream.uniform(count, -limit, limit)));
  if (spec.kind === "bias") return uniform(1 / Math.sqrt(spec.fanIn));
  switch (initializer.kind) {
    case "glorot-uniform":
      return uniform(Math.sqrt(6 / (spec.fanIn + spec.fanOut)));
    case "he-uniform":
      return uniform(Math.sqrt(6 / spec.fanIn));
    case "fan-in-uniform":
      return uniform(1 / Math.sqrt(spec.fanIn));
    case "bernoulli":
      return denseArray(
        "float32",
        spec.shape,
        eachNumber(new Float32Array(count), stream.signs(count), (sign) => sign * initializer.sigma),
      );
  }
}
