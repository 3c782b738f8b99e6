/** Units of the columns of a picture of flow, and edges between them. */
import { sizeOf } from "../graph/index.ts";
import { type GatedNetwork, inputShapeOf } from "../network/index.ts";
import { inputLayout } from "./input-panel.ts";

/** From a unit of a column to one of a later one. */
export interface DrawnEdge {
  readonly from: { readonly column: number; readonly unit: number };
  readonly to: { readonly column: number; readonly unit: number };
  readonly flow: number;
}

/** A column and its units, by position of its node. */
export interface PlacedColumn {
  readonly column: number;
  readonly units: Units;
}
export type PlacedColumns = ReadonlyMap<number, PlacedColumn>;

/** What is drawn of a layer: how many units there are, and which an element belongs to. */
export interface Units {
  readonly count: number;
  readonly of: (element: number) => number;
}

/** Channels of maps, which have rank 3; all else is a vector. */
export function unitsOf(shape: readonly number[]): Units {
  const size = sizeOf(shape);
  const count = shape.length === 3 ? (shape[0] ?? 1) : size;
  return { count, of: (element) => Math.floor(element / (size / count)) };
}

/** Of an image its channels, also where they come last. */
export function inputUnits(network: GatedNetwork): Units {
  const shape = inputShapeOf(network);
  const layout = inputLayout(shape);
  if (layout.kind === "bars") return unitsOf([sizeOf(shape)]);
  const { channels, element } = layout;
  if (shape.length !== 3 || channels === shape[0]) return unitsOf(shape);
  const channelOf = new Int32Array(sizeOf(shape));
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < layout.rows; row++) {
      for (let column = 0; column < layout.columns; column++) channelOf[element(channel, row, column)] = channel;
    }
  }
  return { count: channels, of: (at) => channelOf[at] ?? 0 };
}
