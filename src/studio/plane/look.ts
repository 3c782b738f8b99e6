/** What is drawn of one moment, in stages: what is seen first comes first. */
import { float32 } from "../../graph/index.ts";
import { byName, type GatedNetwork } from "../../network/index.ts";
import { activate, flippingLayers, flipsAlong, openGates, planeRegions } from "../../paths/index.ts";
import type { Turn } from "../desk/answering.ts";
import type { PlaneCourse } from "./plane-course.ts";
import type { LookQuestion, OutputsPart, PlaneTopics, PlaneWindow, PointPart, RegionsPart } from "./topics.ts";

type Part = PlaneTopics["plane.look"]["part"];

/** Points of the outputs' grid along a side. */
const SIDE = 96;
/** Cells between two breaths: some milliseconds. */
const AT_ONCE = 500;

/** @throws the signal's reason once there is a newer question */
export async function look(course: PlaneCourse, { moment, point, end }: LookQuestion, turn: Turn<Part>): Promise<void> {
  const network = course.network(moment);
  const { window } = course.data.part;
  const regions = await regionsOf(network, window, moment, turn);
  turn.tell(regions, [regions.corners.buffer, regions.gates.buffer, regions.lines.buffer]);
  turn.tell({ stage: "segment", flips: flipsOf(network, point, end) });
  turn.tell(pointPart(course, moment, point));
  await turn.breathe();
  const outputs = await outputsOf(course, moment, window);
  turn.tell(outputs, [outputs.logits.buffer]);
}

async function regionsOf(
  network: GatedNetwork,
  { left, bottom, width, height }: PlaneWindow,
  moment: number,
  turn: Turn<Part>,
): Promise<RegionsPart> {
  const section = {
    origin: Float64Array.of(left, bottom),
    across: Float64Array.of(width, 0),
    up: Float64Array.of(0, height),
  };
  const cells = planeRegions(network, section);
  for (let i = 1; ; i++) {
    const next = cells.next();
    if (next.done !== true) {
      if (i % AT_ONCE === 0) await turn.breathe();
      continue;
    }
    const { layers, corners, from, gates, lines } = next.value;
    return {
      stage: "regions",
      moment,
      layers: layers.map(({ position, units }) => ({ name: network.nodes[position]?.name ?? "", units })),
      ...{ corners, from, gates },
      lines: Float64Array.from(lines.flatMap(({ ends }) => ends)),
      lineLayers: Uint8Array.from(lines, ({ layer }) => layer),
      lineUnits: Uint8Array.from(lines, ({ unit }) => unit),
    };
  }
}

function flipsOf(network: GatedNetwork, point: readonly [number, number], end: readonly [number, number]) {
  const layers = flippingLayers(network);
  return [...flipsAlong(activate(network, point), point, end)].flatMap(({ flip }) => {
    if (flip === undefined) return [];
    const layer = layers.findIndex(({ position }) => position === flip.position);
    return [{ at: flip.at, layer, unit: flip.unit, opens: flip.to > flip.from }];
  });
}

/** Gates of a point in the networks up to a moment. */
function pointPart(course: PlaneCourse, moment: number, point: readonly [number, number]): PointPart {
  const rows = course.momentsUpTo(moment).map((one) => gatesAt(course.network(one), point));
  const units = rows[0]?.length ?? 0;
  const gates = new Uint8Array(units * rows.length);
  for (const [i, row] of rows.entries()) gates.set(row, i * units);
  return { stage: "point", point, first: moment + 1 - rows.length, gates, units };
}

function gatesAt(network: GatedNetwork, point: readonly [number, number]): Uint8Array {
  const { values } = activate(network, point);
  const { open } = openGates(network, (position) => values.get(position) ?? []);
  return Uint8Array.from(flippingLayers(network).flatMap(({ position }) => [...(open.get(position) ?? [])]));
}

async function outputsOf(
  course: PlaneCourse,
  moment: number,
  { left, bottom, width, height }: PlaneWindow,
): Promise<OutputsPart> {
  const inputs = new Float32Array(2 * SIDE * SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    inputs[2 * i] = left + (width * ((i % SIDE) + 0.5)) / SIDE;
    inputs[2 * i + 1] = bottom + (height * (Math.floor(i / SIDE) + 0.5)) / SIDE;
  }
  const { program, parameters } = await course.predictor(moment);
  const read = new Set(program.model.inputs.map(({ name }) => name));
  const fed = Object.entries(byName(parameters)).filter(([name]) => read.has(name));
  const { fetched } = await program.run({ ...Object.fromEntries(fed), inputs: float32([SIDE * SIDE, 2], inputs) });
  const logits = Float32Array.from(fetched.logits?.data ?? [], Number);
  return { stage: "outputs", moment, side: SIDE, classes: logits.length / SIDE ** 2, logits };
}
