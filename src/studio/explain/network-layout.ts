/** Where the units and edges of the active sub-network stand in its picture, whatever draws it. */
import { type InputView, viewOf } from "./input-view.ts";
import type { ColumnWords, DrawnEdge, FlowPart, LayerPart, OpenedModel, UnitQuestion } from "./topics.ts";

export const WIDTH = 960;
export const HEIGHT = 420;
const MARGIN = 24;
/** Units of one line of a column; more stand in several lines. */
const IN_LINE = 24;
const LARGEST_RADIUS = 9;
const THICKEST = 7;

export interface PlacedUnit extends UnitQuestion {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly flow: number;
  /** Share of its positions whose gates are open; 1 for inputs and outputs. */
  readonly open: number;
}

export interface PlacedEdge {
  readonly from: PlacedUnit;
  readonly to: PlacedUnit;
  readonly flow: number;
  readonly thickness: number;
}

export interface PlacedNetwork {
  readonly units: readonly PlacedUnit[];
  readonly edges: readonly PlacedEdge[];
  /** Where the input stands as an image, if it is one. */
  readonly image: { readonly x: number; readonly y: number; readonly side: number } | undefined;
  readonly titles: readonly { readonly x: number; readonly text: string }[];
}

/** Columns of units from the input to the outputs; sizes are by what flows, thick edges carry most. */
export function layOut(model: OpenedModel, part: Pick<FlowPart, "columns" | "edges" | "layers">): PlacedNetwork {
  const view = viewOf(model.inputShape);
  const side = view.kind === "image" ? Math.min(HEIGHT - 4 * MARGIN, 250) : 0;
  const last = model.columns.length - 1;
  const left = side === 0 ? MARGIN : MARGIN + side + 2 * MARGIN;
  const step = (WIDTH - 2.5 * MARGIN - left) / Math.max(1, side === 0 ? last : last - 1 + 0.6);
  const columns = model.columns.map((words, column): readonly PlacedUnit[] => {
    const flow = part.columns[column] ?? new Float64Array();
    if (column === 0 && view.kind === "image") return pixelsOf(view, flow, side);
    const place = side === 0 ? column : column - 1 + 0.6 * (column > 0 ? 1 : 0);
    return columnOf(words, column, left + place * step, step, flow, openShares(words, part.layers));
  });
  const largestEdge = part.edges.reduce((most, { flow }) => Math.max(most, Math.abs(flow)), 0) || 1;
  const edges = part.edges.flatMap((edge): readonly PlacedEdge[] => placed(edge, columns, largestEdge));
  return {
    // of an image the pixels are in the image itself
    units: columns.slice(side === 0 ? 0 : 1).flat(),
    // the strongest on top
    edges: edges.sort((a, b) => a.thickness - b.thickness),
    image: side === 0 ? undefined : { x: MARGIN, y: (HEIGHT - side) / 2, side },
    titles: columns.map((units, column) => ({
      x: column === 0 && side > 0 ? MARGIN + side / 2 : middleOf(units),
      text: model.columns[column]?.name ?? "",
    })),
  };
}

const middleOf = (units: readonly PlacedUnit[]): number => {
  const [low, high] = units.reduce(([a, b], { x }) => [Math.min(a, x), Math.max(b, x)], [WIDTH, 0]);
  return (low + high) / 2;
};

function placed(edge: DrawnEdge, columns: readonly (readonly PlacedUnit[])[], largest: number): readonly PlacedEdge[] {
  const from = columns[edge.from.column]?.[edge.from.unit];
  const to = columns[edge.to.column]?.[edge.to.unit];
  if (from === undefined || to === undefined) return [];
  const thickness = Math.max(0.3, THICKEST * Math.sqrt(Math.abs(edge.flow) / largest));
  return [{ from, to, flow: edge.flow, thickness }];
}

/** Pixels of the input image; those of several channels share their place. */
function pixelsOf(view: InputView, flow: Float64Array, side: number): readonly PlacedUnit[] {
  if (view.kind !== "image") return [];
  const cell = side / Math.max(view.width, view.height);
  const units = new Array<PlacedUnit>(flow.length);
  for (let channel = 0; channel < view.channels; channel++) {
    for (let row = 0; row < view.height; row++) {
      for (let column = 0; column < view.width; column++) {
        const unit = view.place(channel, row, column);
        units[unit] = {
          column: 0,
          unit,
          x: MARGIN + (column + 0.5) * cell,
          y: (HEIGHT - side) / 2 + (row + 0.5) * cell,
          radius: 0,
          flow: flow[unit] ?? 0,
          open: 1,
        };
      }
    }
  }
  return units;
}

function columnOf(
  { units }: ColumnWords,
  column: number,
  x: number,
  step: number,
  flow: Float64Array,
  open: Float64Array | undefined,
): readonly PlacedUnit[] {
  const lines = Math.ceil(units / IN_LINE);
  const inLine = Math.ceil(units / lines);
  const gap = Math.min(16, (0.5 * step) / Math.max(1, lines - 1));
  const pitch = Math.min(30, (HEIGHT - 3 * MARGIN) / Math.max(1, inLine));
  const largest = flow.reduce((most, one) => Math.max(most, Math.abs(one)), 0) || 1;
  const most = Math.min(LARGEST_RADIUS, pitch / 2 - 0.5, lines === 1 ? LARGEST_RADIUS : Math.max(2, gap / 2 - 0.5));
  return Array.from({ length: units }, (_, unit): PlacedUnit => {
    const line = unit % lines;
    const place = Math.floor(unit / lines);
    const share = Math.abs(flow[unit] ?? 0) / largest;
    return {
      column,
      unit,
      x: x + (line - (lines - 1) / 2) * gap,
      y: HEIGHT / 2 + MARGIN / 2 + (place - (inLine - 1) / 2) * pitch,
      radius: share === 0 ? 1.5 : Math.max(1.5, most * Math.sqrt(share)),
      flow: flow[unit] ?? 0,
      open: open?.[unit] ?? 1,
    };
  });
}

/** Of each unit of a column the share of its gates that are open: of a map's channel, of its positions. */
function openShares({ layer, units }: ColumnWords, layers: readonly LayerPart[]): Float64Array | undefined {
  const gates = layer === undefined ? undefined : layers[layer]?.gates;
  if (gates === undefined) return undefined;
  const each = gates.length / units;
  return Float64Array.from({ length: units }, (_, unit) => {
    let open = 0;
    for (let i = unit * each; i < (unit + 1) * each; i++) open += (gates[i] ?? 0) > 0 ? 1 : 0;
    return open / each;
  });
}

/** The unit nearest to a place, if one is near enough to be meant. */
export function unitAt({ units }: PlacedNetwork, x: number, y: number, reach: number): PlacedUnit | undefined {
  let best: PlacedUnit | undefined;
  let least = reach;
  for (const one of units) {
    const distance = Math.hypot(one.x - x, one.y - y) - one.radius;
    if (distance >= least) continue;
    [best, least] = [one, distance];
  }
  return best;
}
