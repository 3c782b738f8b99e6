/**
 * Path flow: sums over all paths through each part of a network for one example, exactly, by two passes forward and two back
 * (theory 7). What flows through the input's elements is gradient × input.
 */
import { largestOf, sizeOf } from "../../graph/index.ts";
import {
  decisionOf,
  type GatedNetwork,
  inputShapeOf,
  pathInputs,
  pathNodes,
  weightLayers,
} from "../../network/index.ts";
import type { ActiveNetwork } from "../active-network.ts";
import { conservationError } from "./conservation.ts";
import { type FlowTarget, targetGraph, targetNetwork } from "./functional.ts";
import { addToInput, type FlowPasses, flowPasses, inputPositions, through, totalOf } from "./passes.ts";
import { residualProfile } from "./residual-profile.ts";

/** What flows through the units of one gate layer or max-pool, behind it. */
export interface LayerFlow {
  /** As the network calls it. */
  readonly layer: string;
  readonly position: number;
  /** Of one example. */
  readonly shape: readonly number[];
  /** Sum of the contributions of all paths through each unit, in C order. */
  readonly flow: Float64Array;
  /** Sum of their magnitudes. */
  readonly mass: Float64Array;
}

/** What flows from one example to an output, or to the difference of two. */
export interface PathFlow extends FlowTarget {
  /** The output, or the difference: the sum of all paths' contributions. */
  readonly value: number;
  /** The sum of their magnitudes. */
  readonly mass: number;
  /** Where paths start, by what they contribute together; in all it is the value. */
  readonly start: {
    readonly inputs: number;
    /** By weight layer, the first one's first; what saturated units behind a layer start is the layer's. */
    readonly biases: readonly number[];
  };
  /** How far any cut of the network is from conserving flow and mass, as a share of the mass: rounding. */
  readonly conservationError: number;
  /** Gates and max-pools that paths come through, in the order of the network. */
  readonly layers: readonly LayerFlow[];
  /** Through each element of the input, `[…inputShape]` in C order: gradient × input, behind the input's normalization. */
  readonly inputFlow: Float64Array;
  readonly inputMass: Float64Array;
  /** `y_k`: the sum of the paths through exactly `k` residual branches; null without residual sums. */
  readonly residualProfile: readonly number[] | null;
  /** For edges: {@link largestEdges}, {@link weightFlow}. */
  readonly passes: FlowPasses;
}

/**
 * What flows through each part of the network for one example, to an output or to the difference of two (theory 7.1 to 7.6).
 * @param active what the example leaves of the network: `activate`
 * @throws GatewiseError if the network has no such output, or what flows there leaves float64
 */
export function pathFlow(active: ActiveNetwork, target: FlowTarget): PathFlow {
  const network = targetNetwork(active.network, target);
  const graph = targetGraph(active, network);
  const passes = flowPasses(graph, active.totals);
  const value = totalOf(graph, passes.values);
  const mass = totalOf(graph, passes.masses);
  const { inputs, biases } = startsOf(passes, weightLayers(active.network).size);
  const size = sizeOf(inputShapeOf(network));
  const [inputFlow, inputMass] = [new Float64Array(size), new Float64Array(size)];
  for (const position of inputPositions(graph)) {
    const units = sizeOf(network.nodes[position]?.shape ?? []);
    addToInput(graph, position, through(position, passes.values, passes.gradients, units), inputFlow);
    addToInput(graph, position, through(position, passes.masses, passes.massGradients, units), inputMass);
  }
  return {
    output: target.output,
    against: target.against,
    value,
    mass,
    start: { inputs, biases },
    conservationError: conservationError(passes),
    layers: decidedPositions(network).map((position) => layerFlow(passes, position)),
    inputFlow,
    inputMass,
    residualProfile: residualProfile(graph),
    passes,
  };
}

/** Gates and max-pools that paths come through. */
export const decidedPositions = (network: GatedNetwork): readonly number[] =>
  pathNodes(network).filter((position) => {
    const node = network.nodes[position];
    return node !== undefined && decisionOf(node) !== undefined;
  });

/** What flows through the units of any node that paths come through. */
export function layerFlow(
  { graph, values, gradients, masses, massGradients }: FlowPasses,
  position: number,
): LayerFlow {
  const { name = "", shape = [] } = graph.network.nodes[position] ?? {};
  const units = sizeOf(shape);
  return {
    layer: name,
    position,
    shape,
    flow: through(position, values, gradients, units),
    mass: through(position, masses, massGradients, units),
  };
}

/** What starts at inputs, and at each weight layer or behind it. */
function startsOf({ graph, gradients }: FlowPasses, layers: number): PathFlow["start"] {
  const biases = new Array<number>(layers).fill(0);
  const examples = new Set(inputPositions(graph));
  const numbers = weightLayers(graph.network);
  const behind = new Map<number, number>();
  let inputs = 0;
  for (const position of pathNodes(graph.network)) {
    const node = graph.network.nodes[position];
    if (node === undefined) continue;
    const before = largestOf(
      pathInputs(node).map((source) => behind.get(source) ?? 0),
      0,
    );
    const layer = numbers.get(position) ?? before;
    behind.set(position, layer);
    const begun = graph.starts.get(position);
    if (begun === undefined) continue;
    const starts = new Map([[position, { exponent: 0, totals: begun, slopes: undefined }]]);
    const sum = through(position, starts, gradients, begun.length).reduce((total, one) => total + one, 0);
    if (examples.has(position)) inputs += sum;
    // a ceiling before every weight: of the input itself
    else if (layer === 0) inputs += sum;
    else biases[layer - 1] = (biases[layer - 1] ?? 0) + sum;
  }
  return { inputs, biases };
}
