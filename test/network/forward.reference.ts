/**
 * A network of any architecture for one example, as theory 2.6 and 5.1 have it: plain loops in float64. Shares no code with
 * `src/network`: shapes, paddings, gates and their order are worked out here from the layers alone.
 */
import { featureNetworks, type Layer, type LayeredArchitecture, type Regime } from "../../src/network/index.ts";

/** Parameters of one network by name (`1.weight`). */
type Named = Readonly<Record<string, ArrayLike<number>>>;

/** What one layer gives for one example. */
interface Maps {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export interface ReferenceForward {
  readonly logits: readonly number[];
  /** `Σ_p |φ_x(p)·v(p)|` of each output: what rounding errors are relative to. */
  readonly mass: readonly number[];
  /** Pre-activations of the gates in the order of the value network's, and the gates that they make. */
  readonly preActivations: readonly (readonly number[])[];
  readonly gates: readonly (readonly number[])[];
  /** How near the nearest gate or maximum is to falling to the other side; exact zeros and ties stay what they are. */
  readonly margin: number;
}

/** The prediction of a regime; what the feature network's parameters lack is taken for zero. */
export function referenceForward(
  architecture: LayeredArchitecture,
  regime: Regime,
  { value, feature }: { readonly value: Named; readonly feature?: Named },
  x: readonly number[],
): ReferenceForward {
  const { layers, inputShape: shape } = architecture;
  const input: Maps = { shape, data: x };
  const [network] = featureNetworks(regime);
  const two = network !== undefined;
  // a ReLU network is a value network behind the gates of its own weights
  const decided = decisions(layers, network?.features ?? "relu", two ? (feature ?? {}) : value, input);
  const order = (two ? regime.gateOrder : undefined) ?? decided.preActivations.map((_, i) => i + 1);
  const preActivations = order.map((gate) => decided.preActivations[gate - 1] ?? []);
  const gates = preActivations.map((layer) => layer.map((q) => gateOf(regime, q)));
  const read: Maps = two && regime.valueInput === "ones" ? { shape, data: x.map(() => 1) } : input;
  const absolute = (numbers: ArrayLike<number>): number[] => Array.from(numbers, Math.abs);
  const magnitudes = Object.fromEntries(Object.entries(value).map(([name, data]) => [name, absolute(data)]));
  const behind = (parameters: Named, data: readonly number[]): readonly number[] =>
    new Pass(parameters, replay(gates, decided.chosen)).run(layers, { shape, data }).data;
  return {
    logits: behind(value, read.data),
    mass: behind(magnitudes, absolute(read.data)),
    ...{ preActivations, gates, margin: decided.margin },
  };
}

function gateOf(regime: Regime, q: number): number {
  const gating = featureNetworks(regime)[0]?.gating;
  if (gating?.kind !== "soft") return q > 0 ? 1 : 0;
  return (1 + gating.epsilon) / (1 + Math.exp(-gating.beta * q));
}

interface Decisions {
  readonly preActivations: readonly (readonly number[])[];
  /** Of each maximum, the element that each window passes. */
  readonly chosen: readonly (readonly number[])[];
  readonly margin: number;
}

/** What a feature network decides by: all its layers are walked, those too that no gate needs. */
function decisions(layers: readonly Layer[], features: string, parameters: Named, input: Maps): Decisions {
  const preActivations: (readonly number[])[] = [];
  const chosen: (readonly number[])[] = [];
  const distances: number[] = [];
  const pass = new Pass(parameters, {
    gate({ data }) {
      preActivations.push(data);
      distances.push(...data.map(Math.abs));
      return data.map((q) => (features === "relu" ? Number(q > 0) : 1));
    },
    choose({ data }, windows) {
      const best = windows.map((window) => {
        const greatest = Math.max(...window.map((at) => data[at] ?? Number.NaN));
        distances.push(...window.map((at) => greatest - (data[at] ?? 0)));
        return window.find((at) => data[at] === greatest) ?? -1;
      });
      chosen.push(best);
      return best;
    },
  });
  if (features === "shallow") {
    let read = input;
    for (const layer of layers) {
      if (layer.kind !== "dense" && layer.kind !== "convolution") read = pass.layer(layer, read);
      else if (layer.gated) pass.layer(layer, read);
      else pass.skip();
    }
  } else {
    pass.run(layers, input);
  }
  return { preActivations, chosen, margin: Math.min(...distances.filter((distance) => distance > 0)) };
}

interface Decide {
  /** Gate of each element. */
  readonly gate: (q: Maps) => readonly number[];
  /** The element that each window passes. */
  readonly choose: (z: Maps, windows: readonly (readonly number[])[]) => readonly number[];
}

function replay(gates: Decisions["chosen"], chosen: Decisions["chosen"]): Decide {
  const [nextGate, nextChoice] = [gates[Symbol.iterator](), chosen[Symbol.iterator]()];
  return { gate: () => nextGate.next().value ?? [], choose: () => nextChoice.next().value ?? [] };
}

/** One run through the layers; weight layers are counted as they come, a sum's body before its shortcut. */
class Pass {
  readonly #parameters: Named;
  readonly #decide: Decide;
  #weightLayer = 0;

  constructor(parameters: Named, decide: Decide) {
    this.#parameters = parameters;
    this.#decide = decide;
  }

  run(layers: readonly Layer[], input: Maps): Maps {
    return layers.reduce((z, layer) => this.layer(layer, z), input);
  }

  skip(): void {
    this.#weightLayer += 1;
  }

  layer(layer: Layer, z: Maps): Maps {
    const [channels = 0, height = 0, width = 0] = z.shape;
    switch (layer.kind) {
      case "flatten":
        return { shape: [z.data.length], data: z.data };
      case "gate":
        return this.#gated(z);
      case "residual": {
        const body = this.run(layer.body, z);
        const shortcut = this.run(layer.shortcut, z);
        return { shape: body.shape, data: body.data.map((one, i) => one + (shortcut.data[i] ?? Number.NaN)) };
      }
      case "dense":
        return this.#dense(layer, z);
      case "convolution":
        return this.#convolution(layer, z);
      case "global-average-pool": {
        const means = windowsOf(z.shape, height, width).map((window) => meanOf(z, window));
        return { shape: [channels], data: means };
      }
      case "average-pool":
      case "max-pool": {
        const { size } = layer;
        const windows = windowsOf(z.shape, size, size);
        const shape = [channels, height / size, width / size];
        if (layer.kind === "average-pool") return { shape, data: windows.map((window) => meanOf(z, window)) };
        return { shape, data: this.#decide.choose(z, windows).map((at) => z.data[at] ?? Number.NaN) };
      }
    }
  }

  #gated(q: Maps): Maps {
    const gates = this.#decide.gate(q);
    return { shape: q.shape, data: q.data.map((one, i) => one * (gates[i] ?? Number.NaN)) };
  }

  #numbers(kind: "weight" | "bias"): (at: number) => number {
    const numbers = this.#parameters[`${this.#weightLayer}.${kind}`];
    return (at) => numbers?.[at] ?? 0;
  }

  #dense(layer: Extract<Layer, { kind: "dense" }>, z: Maps): Maps {
    this.#weightLayer += 1;
    const [weight, bias] = [this.#numbers("weight"), this.#numbers("bias")];
    const data = Array.from({ length: layer.units }, (_, to) =>
      z.data.reduce((sum, one, from) => sum + one * weight(from * layer.units + to), bias(to)),
    );
    return layer.gated ? this.#gated({ shape: [layer.units], data }) : { shape: [layer.units], data };
  }

  #convolution(layer: Extract<Layer, { kind: "convolution" }>, z: Maps): Maps {
    this.#weightLayer += 1;
    const [weight, bias] = [this.#numbers("weight"), this.#numbers("bias")];
    const [inputs = 0, height = 0, width = 0] = z.shape;
    const { kernel, stride } = layer;
    const [rows, top] = sizeAndZeros(layer, height);
    const [columns, left] = sizeAndZeros(layer, width);
    const data: number[] = [];
    for (let channel = 0; channel < layer.channels; channel++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let sum = bias(channel);
          for (let from = 0; from < inputs; from++) {
            for (let a = 0; a < kernel; a++) {
              for (let b = 0; b < kernel; b++) {
                const [y, x] = [row * stride + a - top, column * stride + b - left];
                if (y < 0 || y >= height || x < 0 || x >= width) continue;
                const tap = ((channel * inputs + from) * kernel + a) * kernel + b;
                sum += weight(tap) * (z.data[(from * height + y) * width + x] ?? Number.NaN);
              }
            }
          }
          data.push(sum);
        }
      }
    }
    const q: Maps = { shape: [layer.channels, rows, columns], data };
    return layer.gated ? this.#gated(q) : q;
  }
}

/** Outputs along an axis and zeros before it, as Keras's documentation has them. */
function sizeAndZeros({ padding, kernel, stride }: Extract<Layer, { kind: "convolution" }>, size: number) {
  if (padding === "valid") return [Math.ceil((size - kernel + 1) / stride), 0] as const;
  const outputs = Math.ceil(size / stride);
  return [outputs, Math.max(0, (outputs - 1) * stride + kernel - size) >> 1] as const;
}

/** Elements of windows side by side, channel by channel, row by row. */
function windowsOf([channels = 0, height = 0, width = 0]: readonly number[], tall: number, wide: number): number[][] {
  const windows: number[][] = [];
  for (let channel = 0; channel < channels; channel++) {
    for (let top = 0; top < height; top += tall) {
      for (let left = 0; left < width; left += wide) {
        const window: number[] = [];
        for (let y = top; y < top + tall; y++) {
          for (let x = left; x < left + wide; x++) window.push((channel * height + y) * width + x);
        }
        windows.push(window);
      }
    }
  }
  return windows;
}

const meanOf = ({ data }: Maps, window: readonly number[]): number =>
  window.reduce((sum, at) => sum + (data[at] ?? Number.NaN), 0) / window.length;
