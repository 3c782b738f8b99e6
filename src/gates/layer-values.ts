/** Values inside a network, layer by layer: what goes into its gates and what comes out of them (theory 1). */

import { compileInParts, type Engine } from "../engine/index.ts";
import { GatewiseError } from "../errors.ts";
import { type DenseArray, float32, float64, type Graph, graph, input, quoted, sizeOf } from "../graph/index.ts";
import {
  forwardNodes,
  type GatedNetwork,
  gateOfNode,
  gatePositions,
  inputShapeOf,
  usedNodes,
} from "../network/index.ts";
import { optionsIn } from "../options.ts";
import { checkInputs, type Inputs } from "./inputs.ts";
import type { ReadingOptions } from "./reading-options.ts";

/** What is told of a layer: what decides its gates, what they let through, or what a node without gates gives. */
export type ValueKind = "pre-activations" | "activations" | "values";

/** Values of a layer that can be read. */
export interface LayerTensor {
  /** Name of the node, as `inspect` lists it. */
  readonly layer: string;
  readonly kind: ValueKind;
  /** Position of the node that gives the values. */
  readonly position: number;
  /** For one example. */
  readonly shape: readonly number[];
}

/**
 * What can be read of layers: pre-activations and activations of a gate, or of the gate behind a layer; the values of a
 * node without one (pooling, sums, the output).
 * @param layers names of nodes, or "all": every gate of the network's paths, and its output
 * @throws GatewiseError for a name that no node has
 */
export function layerTensors(network: GatedNetwork, layers: readonly string[] | "all"): readonly LayerTensor[] {
  const { nodes, output } = network;
  const used = usedNodes(network);
  const gates = new Map<number, number>();
  for (const position of used) {
    const gate = gateOfNode(nodes[position]);
    if (gate !== undefined && !gates.has(gate.by)) gates.set(gate.by, position);
  }
  const positions = new Map(used.map((position) => [nodes[position]?.name ?? "", position]));
  const chosen = layers === "all" ? [...gatePositions(network), output] : layers.map((name) => named(positions, name));
  return [...new Set(chosen)].flatMap((position) => tensorsOf(network, position, gates.get(position)));
}

function tensorsOf({ nodes }: GatedNetwork, position: number, gateBehind: number | undefined): readonly LayerTensor[] {
  const tensor = (kind: ValueKind, from: number): LayerTensor => ({
    layer: nodes[position]?.name ?? "",
    kind,
    position: from,
    shape: nodes[from]?.shape ?? [],
  });
  const gate = gateOfNode(nodes[position]);
  if (gate !== undefined) return [tensor("pre-activations", gate.by), tensor("activations", position)];
  if (gateBehind === undefined) return [tensor("values", position)];
  return [tensor("pre-activations", position), tensor("activations", gateBehind)];
}

/** More names than anybody reads. */
const MOST_NAMES = 16;

function named(positions: ReadonlyMap<string, number>, name: string): number {
  const position = positions.get(name);
  if (position !== undefined) return position;
  const names = [...positions.keys()].slice(0, MOST_NAMES).map(quoted).join(", ");
  throw new GatewiseError({
    received: `layer ${quoted(name)}`,
    expected: `${names}${positions.size > MOST_NAMES ? ", …" : ""} or all`,
    next: "`layerTensors` lists the names of a model's layers",
  });
}

/** How values of layers are read, block by block. */
export interface ValueReading extends ReadingOptions {
  /** Element type that the network is computed in; float32 unless told otherwise. */
  readonly dtype?: "float32" | "float64" | undefined;
  /** Examples a block; as many as 64 MiB of values hold, at most 64, unless told otherwise. */
  readonly batch?: number | undefined;
}

/** Values of some examples. */
export interface ValueBlock {
  /** Examples `from` to `to`. */
  readonly from: number;
  readonly to: number;
  /** `[to − from, ...shape]`, in the order of the tensors asked for. */
  readonly values: readonly DenseArray<"float32" | "float64">[];
}

const MOST_EXAMPLES = 64;
const MOST_BYTES = 2 ** 26;

/**
 * The values of layers for all inputs, block by block: memory is that of one block whatever their number.
 * @param tensors from {@link layerTensors}
 * @throws GatewiseError if the inputs do not have the network's shape, values leave their type, or the pass was aborted
 */
export async function* readLayerValues(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  tensors: readonly LayerTensor[],
  options: ValueReading = {},
): AsyncGenerator<ValueBlock> {
  const { dtype = "float32", batch, onProgress, signal } = optionsIn(options);
  checkInputs(network, inputs);
  const [examples = 0] = inputs.shape;
  const bytes = (dtype === "float32" ? 4 : 8) * tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const size = batch ?? Math.max(1, Math.min(MOST_EXAMPLES, Math.floor(MOST_BYTES / Math.max(1, bytes))));
  await using program = await compileInParts(engine, valueGraph(network, tensors, dtype));
  for (let from = 0; from < examples; from += size) {
    signal?.throwIfAborted();
    const to = Math.min(from + size, examples);
    const { fetched } = await program.run({ x: rowsOf(inputs, from, to, dtype) });
    const values = tensors.map(({ position }) => {
      const value = fetched[`value.${position}`];
      if (value?.dtype === "float32" || value?.dtype === "float64") return value;
      throw new Error(`unreachable: no values of node ${position}`);
    });
    checkValues(values, tensors, dtype);
    yield { from, to, values };
    onProgress?.(to, examples);
  }
}

/** Files of values that left their type would look like any other. */
function checkValues(values: readonly DenseArray[], tensors: readonly LayerTensor[], dtype: string): void {
  for (const [index, { data }] of values.entries()) {
    for (let i = 0; i < data.length; i++) {
      if (Number.isFinite(data[i]!)) continue;
      const { kind, layer } = tensors[index]!;
      throw new GatewiseError({
        code: "numerical-failure",
        received: `${kind} of layer ${quoted(layer)} beyond ${dtype}`,
        expected: `numbers of at most ${dtype === "float32" ? "3.4e38" : "1.8e308"}`,
        next: dtype === "float32" ? "ask for dtype float64, or scale the inputs" : "scale the inputs or weights",
      });
    }
  }
}

function valueGraph(network: GatedNetwork, tensors: readonly LayerTensor[], dtype: "float32" | "float64"): Graph {
  const x = input("x", dtype, ["batch", ...inputShapeOf(network)]);
  const values = forwardNodes(network, x);
  return graph(
    Object.fromEntries(
      tensors.map(({ position }) => {
        const value = values.get(position);
        if (value === undefined) throw new Error(`unreachable: no node ${position}`);
        return [`value.${position}`, value];
      }),
    ),
  );
}

function rowsOf({ shape, data }: Inputs, from: number, to: number, dtype: "float32" | "float64") {
  const size = sizeOf(shape.slice(1));
  const rows = data.subarray(from * size, to * size);
  const whole = [to - from, ...shape.slice(1)];
  return dtype === "float32" ? float32(whole, rows) : float64(whole, rows);
}
