/**
 * Path flow of a small network read aloud (theory 7): all paths one by one, each with its gates for an input and for a reference.
 * Shares no code with `src/paths`.
 */
import { float64 } from "../../../src/graph/index.ts";
import type { GatedNetwork, GatedNode } from "../../../src/network/index.ts";
import { Evaluation } from "../enumerate.reference.ts";

/** A number for the input and one for the reference. */
type Pair = readonly [own: number, other: number];

export interface GateOnPath {
  readonly node: number;
  readonly unit: number;
  readonly gate: Pair;
}

export interface FlowPath {
  /** From where the path starts to the output. */
  readonly steps: readonly (readonly [node: number, unit: number])[];
  /** Product of the weights of its edges. */
  readonly weight: number;
  readonly start: Pair;
  readonly gates: readonly GateOnPath[];
  /** What it contributes, and what it contributes behind the gates of both. */
  readonly contributions: Pair;
  readonly shared: Pair;
}

/** The network whose last dense layer is one row, of an output less another. */
export function withOneRow(network: GatedNetwork, output: number, against: number | null): GatedNetwork {
  const last = network.nodes[network.output];
  if (last?.kind !== "dense") throw new Error("the tests' networks end in a dense layer");
  const [inputs = 0, units = 0] = last.weight.shape;
  const chosen = (data: ArrayLike<number>, row: number): number =>
    (data[row * units + output] ?? 0) - (against === null ? 0 : (data[row * units + against] ?? 0));
  const node: GatedNode = {
    ...last,
    shape: [1],
    weight: float64(
      [inputs, 1],
      Array.from({ length: inputs }, (_, row) => chosen(last.weight.data, row)),
    ),
    bias: last.bias && float64([1], [chosen(last.bias.data, 0)]),
  };
  return { nodes: network.nodes.map((one, i) => (i === network.output ? node : one)), output: network.output };
}

/** All paths to unit 0 of the output. */
export function flowPaths(
  network: GatedNetwork,
  input: ArrayLike<number>,
  reference: ArrayLike<number>,
): readonly FlowPath[] {
  const [own, other] = [new Evaluation(network, input), new Evaluation(network, reference)];
  const found: FlowPath[] = [];
  const add = (path: Pick<FlowPath, "steps" | "weight" | "start" | "gates">): void => {
    const { weight, start, gates } = path;
    const both = weight * product(gates.map(sharedGate));
    const behind = (which: 0 | 1): number => start[which] * weight * product(gates.map(({ gate }) => gate[which]));
    found.push({ ...path, contributions: [behind(0), behind(1)], shared: [start[0] * both, start[1] * both] });
  };
  const walk = (
    node: number,
    unit: number,
    behind: FlowPath["steps"],
    weight: number,
    gates: readonly GateOnPath[],
  ): void => {
    const steps = [[node, unit] as const, ...behind];
    const [here, there] = [own.unit(node, unit), other.unit(node, unit)];
    for (const [i, start] of here.starts.entries()) {
      const pair: Pair = [start.value, there.starts[i]?.value ?? 0];
      if (!start.saturation) {
        add({ steps, weight, start: pair, gates });
        continue;
      }
      // a ceiling that starts where the unit is saturated: the unit is a gate too
      const ceiling = Math.max(...pair);
      const gate = { node, unit, gate: [Number(pair[0] !== 0), Number(pair[1] !== 0)] } as const;
      add({ steps, weight, start: [ceiling, ceiling], gates: [gate, ...gates] });
    }
    for (const [i, edge] of here.edges.entries()) {
      const gate = { node, unit, gate: [edge.gate, there.edges[i]?.gate ?? 0] } as const;
      walk(edge.node, edge.unit, steps, weight * edge.weight, [gate, ...gates]);
    }
  };
  walk(network.output, 0, [], 1, []);
  return found;
}

const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1);
const sharedGate = ({ gate: [own, other] }: GateOnPath): number => own * other;

/** What a path contributes for the input (0) or the reference (1). */
export const contribution = ({ contributions }: FlowPath, which: 0 | 1 = 0): number => contributions[which];

/** The same behind the gates of both. */
export const sharedContribution = ({ shared }: FlowPath, which: 0 | 1 = 0): number => shared[which];

/** What a path gives where the gate of that place is its first that differs. */
export function atFirstDiffering({ weight, start, gates }: FlowPath, place: number, which: 0 | 1): number {
  const gate = gates[place]?.gate ?? [1, 1];
  const before = product(gates.slice(0, place).map(sharedGate));
  const after = product(gates.slice(place + 1).map((one) => one.gate[which]));
  return start[which] * weight * before * gate[which] * (1 - gate[which === 0 ? 1 : 0]) * after;
}
