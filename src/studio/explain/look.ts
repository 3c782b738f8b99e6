/** What one input makes of a network, in stages: what is seen first comes first. All in float64, in passes without an engine. */

import { sizeOf } from "../../graph/index.ts";
import { gateOfNode, scalarGate } from "../../network/index.ts";
import {
  type ActiveNetwork,
  activate,
  type FlowPasses,
  kBestPaths,
  type Path,
  type PathFlow,
  pathFlow,
  pathStatistics,
  referenceSplit,
  type Unit,
} from "../../paths/index.ts";
import type { Turn } from "../desk/answering.ts";
import { columnFlows, columnUnits, flowsBetween, largestOf } from "./columns.ts";
import type { OpenSession } from "./session.ts";
import type { ClosedUnit, ComparePart, FlowPart, LayerPart, LookPart, LookQuestion, PathWords } from "./topics.ts";

/** Edges that are drawn between two columns. */
const DRAWN = 120;
const TOP = 10;

/** @throws the signal's reason once there is a newer question */
export async function look(session: OpenSession, question: LookQuestion, turn: Turn<LookPart>): Promise<void> {
  const { network, layers, columns } = session;
  const active = activate(network, question.input, closedUnits(session, question.closed));
  const output = question.output ?? largestOutput(active.logits);
  const against = question.against === output ? undefined : question.against;
  const flow = pathFlow(active, { output, against: against ?? null });
  const between = flowsBetween(columns, flow.passes, output);
  session.between = between;
  turn.tell({
    ...flowPart(active, flow, layers, against),
    columns: columnFlows(columns, (position) => flowAt(flow, position, active, output)),
    edges: largestOf(between, columns.words, DRAWN),
  });
  await turn.breathe();

  if (question.reference !== undefined) {
    turn.tell(compared(session, active, flow, activate(network, question.reference)));
    await turn.breathe();
  }

  const top = kBestPaths(active, output, TOP);
  await turn.breathe();
  const statistics = pathStatistics(active, output);
  turn.tell({
    stage: "paths",
    top: top.map(pathWords),
    topShare: top.reduce((sum, one) => sum + 2 ** (one.log2Contribution - statistics.log2AbsoluteMass), 0),
    log2ActivePaths: statistics.log2ActivePaths,
    effectivePaths: statistics.effectivePaths,
    participation: statistics.participation,
  });
}

/** By position of a gate, 1 of each unit that is closed by hand: of a channel at all of its positions. */
function closedUnits({ layers, network }: OpenSession, closed: readonly ClosedUnit[]): ReadonlyMap<number, Uint8Array> {
  const masks = new Map<number, Uint8Array>();
  for (const { layer, unit } of closed) {
    const position = layers[layer] ?? -1;
    const shape = network.nodes[position]?.shape ?? [];
    const mask = masks.get(position) ?? new Uint8Array(sizeOf(shape));
    const each = mask.length / columnUnits(shape);
    masks.set(position, mask.fill(1, unit * each, (unit + 1) * each));
  }
  return masks;
}

const largestOutput = (logits: Float64Array): number =>
  logits.indexOf(logits.reduce((a, b) => Math.max(a, b), -Infinity));

function flowPart(
  active: ActiveNetwork,
  flow: PathFlow,
  layers: readonly number[],
  against: number | undefined,
): Omit<FlowPart, "columns" | "edges"> {
  const flows = new Map(flow.layers.map(({ position, flow: one }) => [position, one]));
  return {
    stage: "flow",
    logits: active.logits,
    output: flow.output,
    against,
    value: flow.value,
    mass: flow.mass,
    fromInputs: flow.start.inputs,
    fromBiases: flow.start.biases.reduce((sum, one) => sum + one, 0),
    inputFlow: flow.inputFlow,
    layers: layers.map((position): LayerPart => {
      const one = flows.get(position) ?? new Float64Array();
      return { gates: gatesAt(active, position, one.length), flow: one };
    }),
    conservationError: flow.conservationError,
  };
}

/** Gates of a layer, 0 to 1 where they are bits or soft; of a max-pool which units pass. */
function gatesAt(
  { gates, selected }: Pick<ActiveNetwork, "gates" | "selected">,
  position: number,
  units: number,
): Float32Array {
  const own = gates.get(position);
  if (own !== undefined) return Float32Array.from(own);
  const chosen = selected.get(position);
  return chosen === undefined
    ? new Float32Array(units).fill(1)
    : Float32Array.from(chosen, (one) => (one >= 0 ? 1 : 0));
}

/** What flows through the units of a column's node. */
function flowAt(flow: PathFlow, position: number, active: ActiveNetwork, output: number): Float64Array {
  const layer = flow.layers.find((one) => one.position === position);
  if (layer !== undefined) return layer.flow;
  if (position === 0) return flow.inputFlow;
  const outputs = new Float64Array(active.logits.length);
  outputs[output] = flow.value;
  return outputs;
}

function compared(
  { layers, network }: OpenSession,
  active: ActiveNetwork,
  flow: PathFlow & { readonly passes: FlowPasses },
  reference: ActiveNetwork,
): ComparePart {
  const split = referenceSplit(flow, reference);
  return {
    stage: "compare",
    referenceLogits: reference.logits,
    value: split.value,
    kept: split.kept,
    gained: split.gained,
    lost: split.lost,
    keptMassShare: split.keptMassShare,
    keptByInput: split.keptByInput,
    gainedByInput: split.gainedByInput,
    lostByInput: split.lostByInput,
    flipped: layers.map((position) => {
      const node = network.nodes[position];
      const rule = gateOfNode(node)?.rule;
      const isBit = rule === undefined || scalarGate(rule).isBit;
      const [own, other] = [decidedAt(active, position), decidedAt(reference, position)];
      let flipped = 0;
      own.forEach((one, unit) => {
        const two = other[unit];
        if (isBit ? one !== two : Math.abs(one - (two ?? 0)) > 1 / 2) flipped++;
      });
      return { flipped, units: own.length };
    }),
    gates: split.gates.slice(0, 12),
  };
}

/** Gates of a layer, or which units a max-pool passes. */
const decidedAt = ({ gates, selected }: ActiveNetwork, position: number): Float64Array =>
  gates.get(position) ?? Float64Array.from(selected.get(position) ?? []);

const unitText = (unit: Unit): string => (typeof unit === "number" ? String(unit) : `${unit[0]}@${unit[1]},${unit[2]}`);

function pathWords({ contribution, units, start }: Path): PathWords {
  return {
    contribution,
    units: units.map(unitText),
    start:
      start.kind === "input"
        ? "input"
        : start.kind === "bias"
          ? `bias of layer ${start.layer}`
          : `ceiling behind layer ${start.layer}`,
  };
}
