/** What explanations of a trained network's decisions on test images come to (theory 7.10). */
import type { Examples } from "../../data/index.ts";
import type { Engine } from "../../engine/index.ts";
import { type DenseArray, float32, sizeOf } from "../../graph/index.ts";
import { Breaths } from "../../kernels/index.ts";
import { decidingUnits, decisionsOf, logitsOf, nearestGiven } from "../../models/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import {
  type ActiveNetwork,
  activate,
  decisionIn,
  type FlowTarget,
  pathFlow,
  referenceSplit,
} from "../../paths/index.ts";
import { randomStream } from "../../random.ts";
import { gradientSign } from "../unfamiliar/gradient-sign.ts";
import { scaled } from "../watched-training.ts";
import {
  COMPARED_WITH,
  type ComparedWith,
  type ExplanationExperiment,
  type ExplanationProfile,
  type PixelMapName,
  type RemovalOrderName,
} from "./explain-mnist.ts";
import { type InsertionCurves, insertionCurves } from "./insertion.ts";
import { PixelMaps } from "./pixel-maps.ts";

/** What is measured of each network, in this order. */
export const EXPLANATION_PARTS = ["test", "removal", "rival", "fgsm", "noise", "maps"] as const;
/** One of {@link EXPLANATION_PARTS}. */
export type ExplanationPart = (typeof EXPLANATION_PARTS)[number];

/** What becomes of a decision between two images: `kept + gained − lost` is what they differ by. */
export interface SplitDifference {
  readonly kept: number;
  readonly gained: number;
  readonly lost: number;
  /** Of the image's own mass, in percent. */
  readonly keptMass: number;
}

/** One part of what is measured of a network. */
export type ExplanationMeasurement =
  /** In percent, of all test images that are used. */
  | { readonly part: "test"; readonly accuracy: number }
  /** Units closed before each image's decision is another, in percent of its active ones; null where it never is. */
  | { readonly part: "removal"; readonly shares: Readonly<Record<RemovalOrderName, readonly (number | null)[]>> }
  /** An image each that has something to be compared with. */
  | { readonly part: ComparedWith; readonly splits: readonly SplitDifference[] }
  | { readonly part: "maps"; readonly curves: Readonly<Record<PixelMapName, InsertionCurves>> };

const isComparison = (part: ExplanationPart): part is ComparedWith => part in COMPARED_WITH;

/**
 * @param parts those that are asked for, in this order
 * @throws the signal's reason once it is aborted
 */
export async function* measureExplanations(
  experiment: ExplanationExperiment,
  { images: wanted }: Pick<ExplanationProfile, "images">,
  network: GatedNetwork,
  test: Examples,
  parts: readonly ExplanationPart[],
  engine: Engine,
  signal?: AbortSignal,
): AsyncGenerator<ExplanationMeasurement> {
  const inputs = scaled(test.inputs);
  const given = decisionsOf(await logitsOf(network, engine, inputs, { signal }));
  const explained = new Explained(experiment, network, engine, inputs, Math.min(wanted, given.length), signal);
  for (const part of parts) {
    if (part === "test") {
      const right = given.reduce((count, one, i) => count + Number(one === test.labels.data[i]), 0);
      yield { part, accuracy: (100 * right) / given.length };
    } else if (part === "removal") yield { part, shares: await explained.shares() };
    else if (isComparison(part)) {
      yield { part, splits: await explained.splits(await explained.othersOf(part, given, test.labels.data)) };
    } else yield { part, curves: await explained.curves() };
  }
}

/** The first of some images, one after the other, with a breath now and then. */
class Explained {
  private readonly size: number;
  private readonly breaths: Breaths;

  constructor(
    private readonly experiment: ExplanationExperiment,
    private readonly network: GatedNetwork,
    private readonly engine: Engine,
    private readonly inputs: DenseArray<"float32">,
    private readonly count: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.size = sizeOf(inputs.shape.slice(1));
    this.breaths = new Breaths(signal);
  }

  async shares(): Promise<Readonly<Record<RemovalOrderName, readonly (number | null)[]>>> {
    const found = await decidingUnits(this.network, this.first(), { signal: this.signal });
    const percent = (share: number | null): number | null => (share === null ? null : 100 * share);
    return {
      flow: found.map(({ share }) => percent(share)),
      activation: found.map(({ byActivation }) => percent(byActivation.share)),
      random: found.map(({ atRandom }) => percent(atRandom.share)),
    };
  }

  /** What each image is compared with: nothing where there is no image of the rival class. */
  async othersOf(
    part: ComparedWith,
    given: Int32Array,
    labels: ArrayLike<number>,
  ): Promise<(image: number, rival: number) => Float64Array | undefined> {
    switch (part) {
      case "rival":
        return (image, rival) => {
          const nearest = nearestGiven(this.inputs, given, image, rival);
          return nearest < 0 ? undefined : this.image(nearest);
        };
      case "fgsm": {
        const moved = await gradientSign(
          this.network,
          this.engine,
          this.first(),
          labels,
          this.experiment.step,
          this.signal,
        );
        return (image) => this.image(image, moved);
      }
      case "noise":
        return (image) => {
          const noise = randomStream(0, "noise", image).normal(this.size);
          return this.image(image).map((one, i) => Math.min(1, Math.max(0, one + this.experiment.noise * noise[i]!)));
        };
    }
  }

  async splits(
    otherOf: (image: number, rival: number) => Float64Array | undefined,
  ): Promise<readonly SplitDifference[]> {
    const found: SplitDifference[] = [];
    for (let image = 0; image < this.count; image++) {
      await this.breaths.breathe();
      const active = activate(this.network, this.image(image));
      const target = targetOf(active);
      const other = otherOf(image, target.against);
      if (other === undefined) continue;
      const split = referenceSplit(pathFlow(active, target), activate(this.network, other));
      const { kept, gained, lost, keptMassShare } = split;
      found.push({ kept, gained, lost, keptMass: 100 * keptMassShare });
    }
    return found;
  }

  async curves(): Promise<Readonly<Record<PixelMapName, InsertionCurves>>> {
    await using maps = await PixelMaps.open(this.network, this.engine, this.experiment);
    const images = Array.from({ length: this.count }, (_, i) => this.image(i));
    const decisions: number[] = [];
    const drawn: Readonly<Record<PixelMapName, Float64Array>>[] = [];
    for (const [i, x] of images.entries()) {
      await this.breaths.breathe();
      const active = activate(this.network, x);
      const target = targetOf(active);
      decisions.push(target.output);
      drawn.push(await maps.of(active, x, target, i));
    }
    const of = (name: PixelMapName): Promise<InsertionCurves> =>
      insertionCurves(
        this.network,
        this.engine,
        images,
        drawn.map((one) => one[name]),
        decisions,
        this.experiment.steps,
        this.signal,
      );
    const [flow, smooth] = [await of("flow"), await of("smooth")];
    const [integrated, mass, random] = [await of("integrated"), await of("mass"), await of("random")];
    return { flow, smooth, integrated, mass, random };
  }

  private image(i: number, { data } = this.inputs): Float64Array {
    return Float64Array.from(data.subarray(i * this.size, (i + 1) * this.size));
  }

  private first(): DenseArray<"float32"> {
    const [, ...shape] = this.inputs.shape;
    return float32([this.count, ...shape], this.inputs.data.slice(0, this.count * this.size));
  }
}

/** The largest logit less the largest of the others. */
function targetOf(active: ActiveNetwork): FlowTarget & { readonly against: number } {
  const { decision, runnerUp } = decisionIn(active);
  return { output: decision, against: runnerUp };
}
