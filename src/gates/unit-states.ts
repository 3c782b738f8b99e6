/**
 * Units that are off for every input, or on for every one: by name, with what that says of inputs that were not seen.
 *
 * A count of 0 in `n` inputs does not prove a rate of 0. Of a unit that is on for a share `r` of the inputs that it will meet,
 * `n` of them drawn from the same source show nothing with probability `(1 − r)ⁿ`: what is not ruled out with 95 % confidence
 * is `r = 1 − 0.05^(1/n)`, about `3/n` (the rule of three; Hanley and Lippman-Hand, JAMA 1983).
 */
import { sizeOf } from "../graph/index.ts";
import { type GatedNetwork, type GateKind, gateOfNode, gatePositions } from "../network/index.ts";
import type { PackedGates, PackedLayer } from "./packed-gates.ts";

/** Units of one layer that never change over a set of inputs. */
export interface LayerUnits {
  /** Number of the gated layer, from 1. */
  readonly layer: number;
  /** Name of the gate's node. */
  readonly node: string;
  /** Its shape: `[units]`, or `[channels, rows, columns]` of maps. */
  readonly shape: readonly number[];
  readonly rule: GateKind;
  /** Units that are off for every input, as indices in C order of the shape, rising. */
  readonly dead: readonly number[];
  /** Units that are on for every input. */
  readonly alwaysOn: readonly number[];
  /** Channels of maps of which every unit is dead; none where the layer is a vector. */
  readonly deadChannels: readonly number[];
  readonly alwaysOnChannels: readonly number[];
}

/**
 * The units that no input of these switches, layer by layer. Without inputs there are none: nothing was seen.
 * @param gates of the network, as {@link readNetworkGates} gives them
 */
export function constantUnits(network: GatedNetwork, gates: PackedGates): readonly LayerUnits[] {
  const positions = gatePositions(network);
  return gates.layers.map((layer, index) => {
    const node = network.nodes[positions[index] ?? -1];
    const gate = gateOfNode(node);
    if (node === undefined || gate === undefined) throw new Error(`unreachable: no gate of layer ${layer.layer}`);
    const [channels = 0, ...map] = node.shape;
    const { dead, alwaysOn } = unitsOf(layer, gates.examples);
    // maps have rank 3, all else is a vector, as units of paths are told
    const whole = (units: readonly number[]): readonly number[] =>
      map.length === 2 ? wholeChannels(units, channels, sizeOf(map)) : [];
    return {
      layer: layer.layer,
      node: node.name,
      shape: node.shape,
      rule: gate.rule.kind,
      dead,
      alwaysOn,
      deadChannels: whole(dead),
      alwaysOnChannels: whole(alwaysOn),
    };
  });
}

function unitsOf(
  { units, wordsPerExample, words }: PackedLayer,
  examples: number,
): Pick<LayerUnits, "dead" | "alwaysOn"> {
  const ever = new Uint32Array(wordsPerExample);
  const always = new Uint32Array(wordsPerExample).fill(2 ** 32 - 1);
  for (let i = 0; i < words.length; i++) {
    ever[i % wordsPerExample]! |= words[i]!;
    always[i % wordsPerExample]! &= words[i]!;
  }
  const [dead, alwaysOn]: [number[], number[]] = [[], []];
  for (let unit = 0; unit < units && examples > 0; unit++) {
    const bit = 1 << (unit & 31);
    if ((ever[unit >>> 5]! & bit) === 0) dead.push(unit);
    if ((always[unit >>> 5]! & bit) !== 0) alwaysOn.push(unit);
  }
  return { dead, alwaysOn };
}

function wholeChannels(units: readonly number[], channels: number, size: number): readonly number[] {
  const counts = new Uint32Array(channels);
  for (const unit of units) counts[Math.floor(unit / size)]! += 1;
  return Array.from(counts.keys()).filter((channel) => counts[channel] === size);
}

/**
 * The largest share of inputs that a unit may still switch for which was not seen to switch in `examples` of them, with 95 %
 * confidence and each unit taken alone: `1 − 0.05^(1/n)`, about `3/n`; 1 without inputs.
 */
export const unseenRateBound = (examples: number): number =>
  examples === 0 ? 1 : -Math.expm1(Math.log(0.05) / examples);
