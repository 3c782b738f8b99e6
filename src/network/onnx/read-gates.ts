/** Units: what lets a path pass or stops it. */
import { float32 } from "../../graph/index.ts";
import type { GateRule } from "../gating.ts";
import type { MapWindow } from "../map-window.ts";
import { channelVectors, rowForOne } from "./channel-vectors.ts";
import type { NodeReader, OpReader } from "./node-reader.ts";
import { type Origin, sourced } from "./origin.ts";
import { type ExampleValue, exampleShape, numbersOf } from "./value.ts";
import { fromMaps, type Maps, mapsOf, poolWindow, wholeWindow } from "./windows.ts";

/** @param slopes where those of a leaky gate come from */
function gate(reader: NodeReader, x: ExampleValue, rule: GateRule, slopes: Origin = []): ExampleValue {
  const { builder, node } = reader;
  // before what only changes the order: there the path kernel has the units of a channel side by side
  const ordered = rule.kind === "leaky" && rule.slopes.data.length > 1 ? undefined : builder.reordering(x.position);
  const q = ordered?.input ?? x.position;
  const position = builder.append(node, builder.at(q).shape, { kind: "gate", input: q, gatedBy: q, rule });
  builder.noteSlopes(position, slopes);
  const shape = exampleShape(x);
  return builder.sameBatch(x, builder.rearranged(node, position, shape, ordered?.from), shape);
}

export const relu: OpReader = (reader) => gate(reader, reader.example(), { kind: "hard" });

export const leakyRelu: OpReader = (reader) => {
  const alpha = reader.float("alpha") ?? 0.01;
  if (!Number.isFinite(alpha)) throw reader.error(`alpha = ${alpha}`, "a finite slope");
  return gate(reader, reader.example(), { kind: "leaky", slopes: float32([1], [alpha]) });
};

export const pRelu: OpReader = (reader) => {
  const x = reader.example();
  const { vector, view, back } = channelVectors(reader, x, rowForOne(reader, reader.parameter(1), x));
  const { origin, ...slopes } = vector;
  return back(gate(reader, view, { kind: "leaky", slopes }, origin));
};

/** The greatest finite float32: what exporters write for "no limit". */
const FLOAT32_MAX = 3.4028234663852886e38;

/** ReLU6 and its like: between 0 and a ceiling. */
export const clip: OpReader = (reader) => {
  const bound = (name: string, index: number): number | undefined => {
    if (reader.opset < 11) return reader.float(name);
    const given = reader.optionalConstant(index);
    if (given === undefined) return undefined;
    const [value] = given.data.length === 1 ? numbersOf(given) : [];
    if (value === undefined) throw reader.error(`${given.data.length} numbers as ${name}`, "one number");
    return value;
  };
  const low = bound("min", 1);
  const high = bound("max", 2) ?? Number.POSITIVE_INFINITY;
  if (low !== 0 || !(high > 0)) throw reader.error(`bounds ${low ?? "none"} and ${high}`, "0 and a ceiling above it");
  return gate(reader, reader.example(), high >= FLOAT32_MAX ? { kind: "hard" } : { kind: "clipped", ceiling: high });
};

/** A node and the one number beside it, in any order. */
function besideNumber(reader: NodeReader): { readonly x: ExampleValue; readonly number: number } {
  const [, second] = reader.inputs;
  const place = second?.kind === "constant" ? 1 : 0;
  if (reader.inputs.length !== 2 || reader.inputs[place]?.kind !== "constant") {
    throw reader.error(`${reader.inputs.length} operands`, "a node and one number");
  }
  const x = reader.example(1 - place);
  const { shape, data } = rowForOne(reader, sourced(reader.weights(place)), x);
  const [number] = data;
  if (number === undefined || data.length !== 1 || shape.length > x.shape.length) {
    throw reader.error(`a constant of shape [${shape.join(", ")}] beside [${x.shape.join(", ")}]`, "one number");
  }
  return { x, number };
}

/** ReLU as a maximum with 0. */
export const maximum: OpReader = (reader) => {
  const { x, number } = besideNumber(reader);
  if (number !== 0) throw reader.error(`a maximum with ${number}`, "0");
  return gate(reader, x, { kind: "hard" });
};

/** The ceiling of a ReLU. */
export const minimum: OpReader = (reader) => {
  const { x, number } = besideNumber(reader);
  const unit = reader.builder.at(x.position);
  if (unit.kind !== "gate" || unit.rule.kind !== "hard") {
    throw reader.error("an input that is no ReLU", "a minimum right behind a ReLU or a maximum with 0");
  }
  if (!(number > 0)) throw reader.error(`a minimum with ${number}`, "a ceiling above 0");
  return gate(reader, { ...x, position: unit.input }, { kind: "clipped", ceiling: number });
};

export const maxPool: OpReader = (reader) => {
  const maps = mapsOf(reader);
  const { window, counts } = poolWindow(reader, maps);
  const position = greatest(reader, maps.position, [maps.shape[0], ...counts], window);
  return fromMaps(reader, maps, position);
};

export const globalMaxPool: OpReader = (reader) => {
  const maps = mapsOf(reader);
  const position = greatest(reader, maps.position, [maps.shape[0], 1, 1], wholeWindow(maps.shape));
  return fromMaps(reader, maps, position);
};

/** The greatest element of each window, `shape` of them. */
export const greatest = (reader: NodeReader, input: number, shape: Maps["shape"], window: MapWindow): number =>
  reader.builder.append(reader.node, shape, { kind: "max-pool", input, selectedBy: input, window });
