/** How often the gates that the engine computes in float32 differ from those of the path pass in float64. */
import { compileInParts, type Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { checkInputs, decidingNodes, decisionGraph, examplesAtOnce, type Inputs, inputRows } from "../gates/index.ts";
import { sizeOf } from "../graph/index.ts";
import { type GatedNetwork, gateOfNode, gatePositions, scalarGate } from "../network/index.ts";
import { activate, openGates } from "../paths/index.ts";
import { type Asking, counter } from "./progress.ts";

/** Gates of a layer in float32 beside those in float64, over all given inputs. */
export interface LayerDifferences {
  readonly name: string;
  readonly units: number;
  /** Gates of all examples that are on in one and off in the other. */
  readonly differing: number;
  /** Largest `|q|` of a pre-activation, in float64, whose gate differs; null where none does. */
  readonly largest: number | null;
}

/** Kernels, gates and neighbors use the engine's gates, paths those of the path pass. */
export interface GateDifferences {
  readonly examples: number;
  /** Gates of all examples. */
  readonly gates: number;
  readonly differing: number;
  /** Windows of max-pools, of all examples, that select different elements. */
  readonly selections: number;
  /** Examples, from 0, with a gate or a selection that differs. */
  readonly differingExamples: readonly number[];
  /** A layer of gates each, in the order of the network. */
  readonly layers: readonly LayerDifferences[];
}

/**
 * Compares the two, example by example. A gate is on where its pre-activation is positive (a clipped one: and below its
 * ceiling); inputs in float64 are rounded for the engine and not for the path pass.
 * @param inputs `[n, …inputShape]`
 * @throws GatewiseError if the inputs do not have the network's shape
 */
export async function gateDifferences(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: Asking = {},
): Promise<GateDifferences> {
  checkInputs(network, inputs);
  const [examples = 0] = inputs.shape;
  const size = sizeOf(inputs.shape.slice(1));
  const layers = gatePositions(network).map((position) => ({ position, differing: 0, largest: 0 }));
  const differingExamples: number[] = [];
  let selections = 0;
  const deciding = decidingNodes(network);
  const onProgress = counter(options, "gate differences", "inputs");
  await using program =
    deciding.length === 0 ? undefined : await compileInParts(engine, decisionGraph(network, deciding));
  const batch = examplesAtOnce(network);
  for (let from = 0; from < examples; from += batch) {
    const to = Math.min(from + batch, examples);
    const fetched = (await program?.run({ x: inputRows(inputs, from, to) }))?.fetched ?? {};
    for (let example = from; example < to; example++) {
      options.signal?.throwIfAborted();
      const engines = openGates(network, (position) => {
        const q = fetched[`q.${position}`];
        if (q?.dtype !== "float32") throw new Error(`unreachable: no pre-activation ${position}`);
        const units = sizeOf(network.nodes[position]?.shape ?? []);
        return q.data.subarray((example - from) * units, (example - from + 1) * units);
      });
      const active = activate(network, inputs.data.subarray(example * size, (example + 1) * size));
      const valuesAt = (position: number): Float64Array => active.values.get(position) ?? new Float64Array();
      const passes = openGates(network, valuesAt);
      let differs = 0;
      for (const layer of layers) {
        const gate = gateOfNode(network.nodes[layer.position]);
        // bits of the pass itself: right also where its pre-activations leave float64
        const open = (isBit(gate) ? active.gates : passes.open).get(layer.position);
        const q = valuesAt(gate?.by ?? -1);
        const other = engines.open.get(layer.position);
        for (let unit = 0; unit < (other?.length ?? 0); unit++) {
          if (open?.[unit] === other?.[unit]) continue;
          layer.differing++;
          layer.largest = Math.max(layer.largest, Math.abs(q[unit]!));
          differs++;
        }
      }
      for (const [position, chosen] of engines.selected) {
        const own = active.selected.get(position);
        const count = chosen.reduce((sum, unit, i) => sum + (own?.[i] === unit ? 0 : 1), 0);
        selections += count;
        differs += count;
      }
      if (differs > 0) differingExamples.push(example);
    }
    onProgress(to, examples);
  }
  if (layers.some(({ largest }) => !Number.isFinite(largest))) {
    throw new GatewiseError({
      code: "numerical-failure",
      received: "gates that differ, of pre-activations beyond float64",
      expected: "values of at most 1.8e308",
      next: "scale the inputs or weights",
    });
  }
  const told = layers.map(({ position, differing, largest }) => ({
    name: network.nodes[position]?.name ?? "",
    units: sizeOf(network.nodes[position]?.shape ?? []),
    differing,
    largest: differing === 0 ? null : largest,
  }));
  return {
    examples,
    gates: examples * told.reduce((sum, { units }) => sum + units, 0),
    differing: told.reduce((sum, { differing }) => sum + differing, 0),
    selections,
    differingExamples,
    layers: told,
  };
}

const isBit = (gate: ReturnType<typeof gateOfNode>): boolean => gate !== undefined && scalarGate(gate.rule).isBit;
