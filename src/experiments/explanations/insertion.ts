/** How much of a decision the pixels carry that a map names first: put into a blank image, and taken out of the whole one. */
import type { Engine } from "../../engine/index.ts";
import { float32 } from "../../graph/index.ts";
import { logitsOf } from "../../models/index.ts";
import { type GatedNetwork, inputShapeOf } from "../../network/index.ts";

/** Mean probability of the class that the network gives the whole image, from no pixel to all. */
export interface InsertionCurves {
  readonly inserted: readonly number[];
  readonly deleted: readonly number[];
}

/** Images whose steps are asked for at once: of 28 × 28 some 10 MB. */
const AT_ONCE = 50;

/**
 * @param images the elements of each
 * @param maps a number a pixel of each; the largest goes first
 * @param decisions the class of each, whose probability is told
 * @param steps images between a blank one and the whole one
 */
export async function insertionCurves(
  network: GatedNetwork,
  engine: Engine,
  images: readonly Float64Array[],
  maps: readonly Float64Array[],
  decisions: readonly number[],
  steps: number,
  signal?: AbortSignal,
): Promise<InsertionCurves> {
  const sums = { inserted: new Float64Array(steps + 1), deleted: new Float64Array(steps + 1) };
  for (let from = 0; from < images.length; from += AT_ONCE) {
    const part = images.slice(from, from + AT_ONCE);
    const filled = part.flatMap((image, i) => stepsOf(image, maps[from + i]!, steps));
    const emptied = filled.map((step, at) => part[Math.floor(at / (steps + 1))]!.map((one, i) => one - step[i]!));
    for (const [name, all] of [
      ["inserted", filled],
      ["deleted", emptied],
    ] as const) {
      const given = await probabilities(
        network,
        engine,
        all,
        (at) => decisions[from + Math.floor(at / (steps + 1))]!,
        signal,
      );
      given.forEach((one, at) => {
        sums[name][at % (steps + 1)]! += one / images.length;
      });
    }
  }
  return { inserted: [...sums.inserted], deleted: [...sums.deleted] };
}

/** An image's pixels in the order of a map, ever more of them: the first has none, the last all. */
function stepsOf(image: Float64Array, map: Float64Array, steps: number): readonly Float64Array[] {
  const order = Array.from(map.keys()).sort((a, b) => map[b]! - map[a]!);
  return Array.from({ length: steps + 1 }, (_, step) => {
    const shown = new Float64Array(image.length);
    for (const pixel of order.slice(0, Math.round((step * image.length) / steps))) shown[pixel] = image[pixel]!;
    return shown;
  });
}

async function probabilities(
  network: GatedNetwork,
  engine: Engine,
  images: readonly Float64Array[],
  classOf: (image: number) => number,
  signal: AbortSignal | undefined,
): Promise<readonly number[]> {
  const [first] = images;
  const data = new Float32Array(images.length * (first?.length ?? 0));
  for (const [i, image] of images.entries()) data.set(image, i * image.length);
  const logits = await logitsOf(network, engine, float32([images.length, ...inputShapeOf(network)], data), { signal });
  const [, outputs = 1] = logits.shape;
  return images.map((_, i) => {
    const own = logits.data.subarray(i * outputs, (i + 1) * outputs);
    const chosen = own[classOf(i)]!;
    // of the others as they are to the chosen one: what is far beyond it is 0, and nothing overflows to NaN
    return 1 / own.reduce((sum, logit) => sum + Math.exp(logit - chosen), 0);
  });
}

/** Area under the curve of insertion less that of deletion: 1 at most, 0 of an order that says nothing. */
export const areaBetween = ({ inserted, deleted }: InsertionCurves): number => mean(inserted) - mean(deleted);

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
