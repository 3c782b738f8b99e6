import type { ParameterKind } from "./trial-parameters.ts";

/** A parameter of a network: its layer, its shape and the fans of that. */
export interface ParameterSpec {
  /** Weight layers are counted from 1, as in theory 1.2. */
  readonly layer: number;
  readonly kind: ParameterKind;
  /** Dense `[in, out]`, convolution `[out, in / groups, kernel, kernel]`, scale `[channels]`, bias `[out]`. */
  readonly shape: readonly number[];
  readonly fanIn: number;
  readonly fanOut: number;
  /** A scale's weight, a variance: ones before training, whatever the initializer (batch normalization's γ, as Keras has it). */
  readonly startsAtOne?: true;
}

/** The slots of a layer's weight and bias. */
export interface LayerSlots {
  readonly weight: ParameterSpec;
  readonly bias: ParameterSpec | undefined;
}

const slots = (weight: ParameterSpec, outputs: number, bias: boolean): LayerSlots => ({
  weight,
  bias: bias
    ? { kind: "bias", shape: [outputs], layer: weight.layer, fanIn: weight.fanIn, fanOut: weight.fanOut }
    : undefined,
});

export const denseSlots = (layer: number, inputs: number, outputs: number, bias: boolean): LayerSlots =>
  slots({ kind: "weight", shape: [inputs, outputs], layer, fanIn: inputs, fanOut: outputs }, outputs, bias);

/**
 * Fans as Keras counts them, from the shape of the weights: a group's input channels and all output channels, times the taps.
 * @param inputs channels of one group
 */
export function convolutionSlots(
  layer: number,
  [inputs, outputs]: readonly [number, number],
  kernel: readonly [number, number],
  bias: boolean,
): LayerSlots {
  const taps = kernel[0] * kernel[1];
  const shape = [outputs, inputs, ...kernel];
  return slots({ kind: "weight", shape, layer, fanIn: inputs * taps, fanOut: outputs * taps }, outputs, bias);
}

/** Scale and shift of a layer's batch normalization. */
export function normSlots(layer: number, channels: number): LayerSlots {
  const of = { shape: [channels], layer, fanIn: 1, fanOut: 1 };
  return { weight: { ...of, kind: "scale", startsAtOne: true }, bias: { ...of, kind: "shift" } };
}

/** The running statistics beside a shift: no node holds them, for they become part of the layer's weights. */
export const withStatistics = <S extends ParameterSpec>(slot: S): readonly S[] =>
  slot.kind === "shift" ? [slot, { ...slot, kind: "mean" }, { ...slot, kind: "variance", startsAtOne: true }] : [slot];

/** A weight and a bias for each channel: each has one input and one output. */
export const scaleSlots = (layer: number, channels: number, bias: boolean): LayerSlots =>
  slots({ kind: "weight", shape: [channels], layer, fanIn: 1, fanOut: 1, startsAtOne: true }, channels, bias);
