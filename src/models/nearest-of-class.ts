import type { Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { checkInputs, type Inputs } from "../gates/index.ts";
import { type DenseArray, sizeOf } from "../graph/index.ts";
import { checkOutput, type GatedNetwork, outputCount } from "../network/index.ts";
import { logitsOf } from "./logits.ts";
import type { Asking } from "./progress.ts";

/**
 * The other example most like a given one, by the distance of their elements, of those to which the network gives a class.
 * @param inputs `[n, …inputShape]`
 * @param example one of them, from 0
 * @param wanted the class: the output whose logit is largest; of a single output 1 where it is above 0, else 0
 * @returns which of the inputs
 * @throws GatewiseError if there is no such class or example, or no other example of that class
 */
export async function nearestOfClass(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  example: number,
  wanted: number,
  options: Asking = {},
): Promise<number> {
  checkInputs(network, inputs);
  checkClass(network, wanted);
  const logits = await logitsOf(network, engine, inputs, options);
  const nearest = nearestGiven(inputs, decisionsOf(logits), example, wanted);
  if (nearest >= 0) return nearest;
  const [examples = 0] = inputs.shape;
  throw new GatewiseError({
    received: `class ${wanted} for none of the ${examples} examples but perhaps the given one`,
    expected: "another example to which the network gives that class",
    next: "choose another class, or give more inputs",
  });
}

function checkClass(network: GatedNetwork, wanted: number): void {
  if (outputCount(network) > 1) checkOutput(network, wanted);
  if (outputCount(network) > 1 || wanted === 0 || wanted === 1) return;
  throw new GatewiseError({
    received: `class ${wanted} of a network of one output`,
    expected: "1, above 0, or 0",
    next: "choose one of them",
  });
}

/**
 * The same of examples whose classes are known.
 * @param given the class that the network gives each of the inputs
 * @returns which of the inputs; -1 where no other one is given the class
 */
export function nearestGiven(inputs: Inputs, given: ArrayLike<number>, example: number, wanted: number): number {
  const size = sizeOf(inputs.shape.slice(1));
  let [nearest, least] = [-1, Number.POSITIVE_INFINITY];
  for (let other = 0; other < given.length; other++) {
    if (other === example || given[other] !== wanted) continue;
    let distance = 0;
    for (let i = 0; i < size; i++) distance += (inputs.data[other * size + i]! - inputs.data[example * size + i]!) ** 2;
    if (distance < least) [nearest, least] = [other, distance];
  }
  return nearest;
}

/** The output whose logit is largest, of each example, the first at a tie; of a single output 1 where it is above 0. */
export function decisionsOf({ data, shape: [examples = 0, outputs = 0] }: DenseArray<"float32">): Int32Array {
  return Int32Array.from({ length: examples }, (_, i) =>
    outputs === 1 ? Number(data[i]! > 0) : largest(data, i * outputs, outputs),
  );
}

function largest(logits: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (logits[from + i]! > logits[from + best]!) best = i;
  return best;
}
