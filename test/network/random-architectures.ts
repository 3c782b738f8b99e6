/** Random small architectures with residual sums and pools, and networks of them in any regime with any variant. */
import fc from "fast-check";
import { type DenseArray, type FloatDType, float32, sizeOf } from "../../src/graph/index.ts";
import {
  type Architecture,
  featureNetworks,
  gatedLayers,
  type Layer,
  type LayeredArchitecture,
  parameterEntries,
  REGIMES,
  type Regime,
  type RegimeName,
  regimeOf,
  type TrialNetwork,
  type TrialParameters,
  trialParameterSpecs,
  trialParameters,
} from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";
import { type ReferenceForward, referenceForward } from "./forward.reference.ts";

const PLAIN = ["convolution", "average-pool"] as const;
const LINEAR = [...PLAIN, "strided", "valid", "gate", "identity", "projection", "nested"] as const;
const ALL = [...LINEAR, "max-pool", "pools"] as const;

interface Step {
  readonly kind: (typeof ALL)[number];
  readonly channels: number;
  readonly kernel: number;
  readonly bias: boolean;
  readonly gated: boolean;
}

const GATE: Layer = { kind: "gate" };

/** The layers of one step; none where windows would not tile the maps. */
function layersOf({ kind, channels, kernel, bias, gated }: Step, [own = 1, size = 0]: readonly number[]): Layer[] {
  const convolution = (to: number, taps = kernel, stride = 1, gate = false): Layer => ({
    ...{ kind: "convolution", channels: to, kernel: taps, stride, padding: "same", bias, gated: gate },
  });
  const tiled = (layer: Layer): Layer[] => (size % 2 === 0 ? [layer] : []);
  switch (kind) {
    case "convolution":
      return [convolution(channels, kernel, 1, gated)];
    case "strided":
      return [convolution(channels, kernel, 2, gated)];
    case "valid":
      return size < 2 ? [] : [{ kind: "convolution", channels, kernel: 2, stride: 1, padding: "valid", bias, gated }];
    case "gate":
      return [GATE];
    case "max-pool":
    case "average-pool":
      return tiled({ kind, size: 2 });
    case "identity":
      return [{ kind: "residual", body: [GATE, convolution(channels), GATE, convolution(own)], shortcut: [] }];
    case "projection":
      return [
        {
          kind: "residual",
          body: [GATE, convolution(channels, kernel, 2, gated), convolution(channels)],
          shortcut: [convolution(channels, 1, 2)],
        },
      ];
    case "nested":
      return [
        {
          kind: "residual",
          body: [
            convolution(own, kernel, 1, gated),
            { kind: "residual", body: [GATE], shortcut: [convolution(own, 1)] },
          ],
          shortcut: [convolution(own, 1, 1, gated)],
        },
      ];
    case "pools":
      return tiled({
        kind: "residual",
        body: [{ kind: "average-pool", size: 2 }],
        shortcut: [{ kind: "max-pool", size: 2 }],
      });
  }
}

const sizeAfter = (layer: Layer | undefined, [channels = 1, size = 0]: readonly number[]): readonly number[] => {
  switch (layer?.kind) {
    case "convolution":
      if (layer.padding === "valid") return [layer.channels, size - layer.kernel + 1];
      return [layer.channels, Math.ceil(size / layer.stride)];
    case "max-pool":
    case "average-pool":
      return [channels, size / layer.size];
    case "residual":
      return layer.body.reduce((shape: readonly number[], one) => sizeAfter(one, shape), [channels, size]);
    default:
      return [channels, size];
  }
};

/** Architectures of up to three steps on maps, and a dense head; what a regime has no place for is left out. */
export const architectures = (regime: RegimeName = "relu", size = 4): fc.Arbitrary<LayeredArchitecture> => {
  const features = featureNetworks(REGIMES[regime])[0]?.features ?? "relu";
  const kinds = features === "relu" ? ALL : features === "linear" ? LINEAR : PLAIN;
  return fc
    .record({
      steps: fc.array(
        fc.record({
          kind: fc.constantFrom(...kinds),
          channels: fc.integer({ min: 1, max: 2 }),
          kernel: fc.integer({ min: 1, max: 3 }),
          bias: fc.boolean(),
          gated: fc.boolean(),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      pooled: fc.boolean(),
      hidden: fc.boolean(),
      block: fc.boolean(),
      bias: fc.boolean(),
    })
    .map(({ steps, pooled, hidden, block, bias }) => {
      const layers: Layer[] = [];
      let shape: readonly number[] = [2, size];
      for (const step of steps) {
        const [next] = layersOf(step, shape);
        if (next === undefined) continue;
        layers.push(next);
        shape = sizeAfter(next, shape);
      }
      const dense = (units: number, gated: boolean): Layer => ({ kind: "dense", units, bias, gated });
      layers.push({ kind: pooled ? "global-average-pool" : "flatten" });
      if (hidden) layers.push(dense(3, true));
      if (hidden && block && kinds !== PLAIN) {
        layers.push({ kind: "residual", body: [GATE, dense(2, true), dense(3, false)], shortcut: [] });
      }
      layers.push(dense(2, false));
      return { inputShape: [2, size, size], layers };
    });
};

/** A network in a regime, with examples for it. */
export interface DrawnNetwork {
  readonly architecture: LayeredArchitecture;
  readonly regime: Regime;
  /** By trial name: `value.1.weight`, `feature.1.bias`. */
  readonly parameters: TrialParameters;
  /** `[examples, ...inputShape]` */
  readonly x: DenseArray<"float32">;
}

/** Networks of random architectures in a regime, with or without what it may change. */
export const drawnNetworks = (name: RegimeName, size = 4, examples = 3): fc.Arbitrary<DrawnNetwork> =>
  fc
    .record({
      architecture: architectures(name, size),
      beta: fc.constantFrom(undefined, 1, 8),
      valueInput: fc.constantFrom("example", "ones"),
      permuted: fc.boolean(),
      seed: fc.nat(1_000_000),
    })
    .map(({ architecture, beta, valueInput, permuted, seed }) => {
      const [network] = featureNetworks(REGIMES[name]);
      const variant = {
        ...(network?.gating.kind === "soft" ? { beta } : {}),
        ...(network !== undefined ? { valueInput } : {}),
        ...(network !== undefined && permuted ? { gateOrder: orderOf(architecture, seed) } : {}),
      };
      return drawNetwork(architecture, regimeOf({ regime: name, variant }), seed, examples);
    });

/** A random order of the gates that puts each in a place of its shape. */
function orderOf(architecture: Architecture, seed: number): readonly number[] {
  const shapes = gatedLayers(architecture).map(({ shape }) => shape.join());
  const shuffled = randomStream(seed, "gate order").permutation(shapes.length);
  const waiting = [...shuffled];
  return shapes.map((shape) => {
    const [gate = -1] = waiting.splice(
      waiting.findIndex((one) => shapes[one] === shape),
      1,
    );
    return gate + 1;
  });
}

/** Weights of the size that keeps values near 1, biases among them. */
export function drawNetwork(
  architecture: LayeredArchitecture,
  regime: Regime,
  seed: number,
  examples = 3,
): DrawnNetwork {
  const draw = (shape: readonly number[], limit: number, ...purpose: readonly string[]) =>
    float32(shape, randomStream(seed, "drawn network", ...purpose).uniform(sizeOf(shape), -limit, limit));
  const parameters = trialParameterSpecs(architecture, regime).map((spec) => {
    const { name, shape } = spec;
    const fan = shape.length === 2 ? (shape[0] ?? 1) : sizeOf(shape.slice(1));
    return [spec, draw(shape, shape.length === 1 ? 0.5 : Math.sqrt(3 / fan), name)] as const;
  });
  return {
    ...{ architecture, regime, parameters: trialParameters(parameters) },
    x: draw([examples, ...architecture.inputShape], 1, "x"),
  };
}

/** Each example of a network by the slow reference. */
export function references({
  architecture,
  regime,
  parameters,
  x,
}: Omit<DrawnNetwork, "parameters"> & {
  readonly parameters: TrialParameters<DenseArray<FloatDType>>;
}): readonly ReferenceForward[] {
  const [examples = 0, ...shape] = x.shape;
  const size = sizeOf(shape);
  const entries = parameterEntries(parameters);
  const of = (network: TrialNetwork) =>
    Object.fromEntries(
      entries.flatMap(([place, { data }]) =>
        place.network === network ? [[`${place.layer}.${place.kind}`, data] as const] : [],
      ),
    );
  const pair = { value: of("value"), feature: of("feature") };
  return Array.from({ length: examples }, (_, i) =>
    referenceForward(architecture, regime, pair, Array.from(x.data.subarray(i * size, (i + 1) * size))),
  );
}

/** Float32 may put a hard gate this near its edge on the other side. */
export const isClear = (found: readonly ReferenceForward[]): boolean => found.every(({ margin }) => margin > 1e-4);
