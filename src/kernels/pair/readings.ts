/**
 * What the path kernel reads of an example: its gates and the elements that max-pools chose, by one float32 pass through
 * the engine, and the input itself in float64.
 */

import { compileInParts, type Engine } from "../../engine/index.ts";
import {
  checkDecisions,
  checkInputs,
  decidingNodes,
  decisionGraph,
  examplesAtOnce,
  type Inputs,
  inputRows,
  type ReadingOptions,
} from "../../gates/index.ts";
import { eachNumber } from "../../graph/index.ts";
import {
  checkCount,
  chosenUnits,
  decisionOf,
  type GatedNetwork,
  type GatedNode,
  type GateRule,
  pathNodes,
  scalarGate,
} from "../../network/index.ts";
import { optionsIn } from "../../options.ts";
import { mapsOf, nodeAt } from "./maps.ts";
import { type PositionBits, packPositions } from "./position-bits.ts";

/** The gates of one node for one example. */
export type NodeGates = (
  | { readonly kind: "bits"; readonly on: PositionBits }
  /** `[channels · positions]` */
  | { readonly kind: "reals"; readonly values: Float32Array }
) & {
  /** Where paths of these values start, for gates at which some may. */
  readonly starts?: readonly { readonly at: PositionBits; readonly value: number }[];
};

/** What the pair kernel reads of one example. */
export interface ExampleReading {
  /** `[...inputShape]` */
  readonly input: Float64Array;
  /**
   * By gate node, packed.
   * @internal
   */
  readonly gates: ReadonlyMap<number, NodeGates>;
  /** By max-pool: for each element that it gives, the position in its channel's map. */
  readonly selections: ReadonlyMap<number, Int32Array>;
}

/**
 * What the pair kernel reads of each example: its inputs and what its gates leave open, by the engine.
 * @param inputs `[n, …inputShape]`
 * @throws GatewiseError if the inputs do not have the network's shape
 */
export async function readPathExamples(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: ReadingOptions = {},
): Promise<readonly ExampleReading[]> {
  optionsIn(options);
  const readings: ExampleReading[] = [];
  for await (const reading of pathReadings(network, engine, inputs, options)) readings.push(reading);
  return readings;
}

/** The same one by one: no more of them are there than a run of the engine gives. */
export async function* pathReadings(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  { batch = examplesAtOnce(network), signal, onProgress }: ReadingOptions = {},
): AsyncGenerator<ExampleReading> {
  checkInputs(network, inputs);
  checkCount("batch", batch);
  const [examples = 0] = inputs.shape;
  const deciding = decidingNodes(network);
  const size = inputs.data.length / examples;
  await using program =
    deciding.length === 0 ? undefined : await compileInParts(engine, decisionGraph(network, deciding));
  for (let from = 0; from < examples; from += batch) {
    signal?.throwIfAborted();
    const to = Math.min(from + batch, examples);
    const fetched = (await program?.run({ x: inputRows(inputs, from, to) }))?.fetched ?? {};
    checkDecisions(fetched, from);
    for (let example = from; example < to; example++) {
      const decided = (position: number): Float32Array => {
        const q = fetched[`q.${position}`];
        if (q?.dtype !== "float32") throw new Error(`unreachable: no pre-activation ${position}`);
        const { channels, positions } = mapsOf(nodeAt(network, position));
        const row = example - from;
        return q.data.subarray(row * channels * positions, (row + 1) * channels * positions);
      };
      const x = Float64Array.from(inputs.data.subarray(example * size, (example + 1) * size));
      yield readExample(network, x, decided);
    }
    onProgress?.(to, examples);
  }
}

/**
 * The reading of one example from its pre-activations.
 * @param decided the values of the node at a position, `[channels · positions]`
 */
export function readExample(
  network: GatedNetwork,
  x: Float64Array,
  decided: (position: number) => ArrayLike<number>,
): ExampleReading {
  const gates = new Map<number, NodeGates>();
  const selections = new Map<number, Int32Array>();
  for (const position of pathNodes(network)) {
    const node = nodeAt(network, position);
    const decision = decisionOf(node);
    if (decision === undefined) continue;
    const q = decided(decision.by);
    if (decision.kind === "gate") gates.set(position, gatesOf(node, decision.rule, q));
    else selections.set(position, selected(node, nodeAt(network, decision.by), q));
  }
  return { input: x, gates, selections };
}

function gatesOf(node: GatedNode, rule: GateRule, q: ArrayLike<number>): NodeGates {
  const { channels, positions } = mapsOf(node);
  const { gate, isBit, starts } = scalarGate(rule);
  const value = (i: number): number => gate(q[i]!, Math.floor(i / positions));
  const gates: NodeGates = isBit
    ? { kind: "bits", on: packPositions(channels, positions, (i) => value(i) === 1) }
    : { kind: "reals", values: eachNumber(new Float32Array(q.length), q, (_, i) => value(i)) };
  if (starts.length === 0) return gates;
  const placed = starts.map(({ value, begins }) => ({
    at: packPositions(channels, positions, (i) => begins(q[i]!)),
    value,
  }));
  return { ...gates, starts: placed };
}

/** The position in its channel of the element that each choice passes. */
function selected(node: GatedNode, decider: GatedNode, q: ArrayLike<number>): Int32Array {
  const { positions } = mapsOf(decider);
  return chosenUnits(node, decider.shape, q).map((unit) => unit % positions);
}
