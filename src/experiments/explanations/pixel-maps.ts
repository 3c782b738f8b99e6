/** Maps of the pixels that carry a decision: signed flow beside what others use, mass and chance. */
import type { Engine } from "../../engine/index.ts";
import { float32, input, multiply } from "../../graph/index.ts";
import { type GatedNetwork, inputShapeOf, outputCount } from "../../network/index.ts";
import { type ActiveNetwork, type FlowTarget, pathFlow } from "../../paths/index.ts";
import { randomStream } from "../../random.ts";
import { type InputSlopes, openInputSlopes } from "../input-slopes.ts";
import type { ExplanationExperiment, PixelMapName } from "./explain-mnist.ts";

/** Draws the maps of one network. */
export class PixelMaps {
  private constructor(
    private readonly slopes: InputSlopes,
    private readonly shape: readonly number[],
    private readonly outputs: number,
    private readonly experiment: Pick<ExplanationExperiment, "samples" | "smoothing">,
  ) {}

  static async open(
    network: GatedNetwork,
    engine: Engine,
    experiment: Pick<ExplanationExperiment, "samples" | "smoothing">,
  ): Promise<PixelMaps> {
    const outputs = outputCount(network);
    const functional = input("functional", "float32", ["batch", outputs]);
    const slopes = await openInputSlopes(network, engine, (y) => multiply(functional, y));
    return new PixelMaps(slopes, inputShapeOf(network), outputs, experiment);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.slopes[Symbol.asyncDispose]();
  }

  /**
   * @param active the network of one example
   * @param x its elements
   * @param example decides what is drawn
   * @returns a number a pixel, the largest where a map says that most is carried
   */
  async of(
    active: ActiveNetwork,
    x: Float64Array,
    target: FlowTarget,
    example: number,
  ): Promise<Readonly<Record<PixelMapName, Float64Array>>> {
    const { inputFlow, inputMass } = pathFlow(active, target);
    const { samples, smoothing } = this.experiment;
    const around = (k: number): Float64Array => {
      const noise = randomStream(0, "smoothing", example, k).normal(x.length);
      return x.map((one, i) => one + smoothing * noise[i]!);
    };
    return {
      flow: inputFlow,
      smooth: await this.timesMeanSlope(x, target, around),
      integrated: await this.timesMeanSlope(x, target, (k) => x.map((one) => (one * (k + 0.5)) / samples)),
      mass: inputMass,
      random: randomStream(0, "random map", example).uniform(x.length, 0, 1),
    };
  }

  /** The input times the mean of the slopes at some points. */
  private async timesMeanSlope(
    x: Float64Array,
    { output, against }: FlowTarget,
    at: (k: number) => Float64Array,
  ): Promise<Float64Array> {
    const { samples } = this.experiment;
    const points = new Float32Array(samples * x.length);
    const functional = new Float32Array(samples * this.outputs);
    for (let k = 0; k < samples; k++) {
      points.set(at(k), k * x.length);
      functional[k * this.outputs + output] = 1;
      if (against !== null) functional[k * this.outputs + against] = -1;
    }
    const slopes = await this.slopes.at(float32([samples, ...this.shape], points), {
      functional: float32([samples, this.outputs], functional),
    });
    return x.map((one, i) => {
      let sum = 0;
      for (let k = 0; k < samples; k++) sum += slopes[k * x.length + i]!;
      return (one * sum) / samples;
    });
  }
}
