/** What the tiles of a kernel of pairs are made of, and who makes them. */
import type { Engine } from "../../engine/index.ts";
import type { Inputs } from "../../gates/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import { Breaths } from "../breaths.ts";
import { normalizedInputs } from "../packed/dense-chain.ts";
import { packExamples } from "../pair-program/packed-example.ts";
import { LANES } from "../pair-program/program-instance.ts";
import { openProgramTiles, type ProgramWork, programDiagonal } from "../pair-program/program-tiles.ts";
import { openSoftTiles, SOFT_EDGE, type SoftSide, type SoftWork, softDiagonal } from "../soft-chain.ts";
import type { TileMaker } from "../tiles/tile-maker.ts";
import type { TiledKernel } from "../tiles/tiled-kernel.ts";
import { type NodeWork, nodeDiagonal, openNodeTiles, sidesAtOnce } from "./node-tiles.ts";
import type { PairWay } from "./pair-way.ts";
import { pathReadings, readPathExamples } from "./readings.ts";
import { weighedPlan } from "./weighed-plan.ts";

/** Plain data. */
export type PairWork = ProgramWork | NodeWork | SoftWork;

/** Opens a maker of tiles; one that is stopped by the signal gives up what is under way. */
export type OpenPairTiles = (
  work: PairWork,
  engine: Engine | undefined,
  signal: AbortSignal | undefined,
) => Promise<TileMaker>;

export interface ReadPairsOptions {
  readonly signal?: AbortSignal | undefined;
  /** Examples of both sides that are read. */
  readonly onProgress?: ((examples: number, of: number) => void) | undefined;
  readonly withShortcuts?: boolean | undefined;
  /** Memory for packed examples: of this thread alone unless told otherwise. */
  readonly allocate?: ((bytes: number) => ArrayBuffer | SharedArrayBuffer) | undefined;
}

/** Reads the gates of both sides, each example packed as soon as it is read. */
export async function readPairs(
  network: GatedNetwork,
  way: PairWay,
  engine: Engine,
  inputs: Inputs,
  inputs2: Inputs | undefined,
  { signal, onProgress, withShortcuts = true, allocate }: ReadPairsOptions = {},
): Promise<PairWork> {
  const countOf = ({ shape: [count = 0] }: Inputs): number => count;
  const of = countOf(inputs) + (inputs2 === undefined ? 0 : countOf(inputs2));
  const reading = (before: number) => ({
    signal,
    onProgress: (examples: number) => onProgress?.(before + examples, of),
  });
  const sides = async <T>(read: (from: Inputs, before: number) => Promise<T>): Promise<{ rows: T; columns: T }> => {
    const rows = await read(inputs, 0);
    return { rows, columns: inputs2 === undefined ? rows : await read(inputs2, countOf(inputs)) };
  };
  if (way.kind === "soft chain" && engine.capabilities.float64) {
    const { chain } = way;
    const read = async (from: Inputs, before: number): Promise<SoftSide> => ({
      inputs: normalizedInputs(chain, from),
      readings: await readPathExamples(network, engine, from, reading(before)),
    });
    return { kind: "soft chain", chain, ...(await sides(read)) };
  }
  if (way.kind !== "program") {
    const read = (from: Inputs, before: number) => readPathExamples(network, engine, from, reading(before));
    return { kind: "nodes", network, withShortcuts, ...(await sides(read)) };
  }
  const { program } = way;
  // the same for both sides: numbers of a pair do not depend on the others
  const dtype = inputs.dtype === "float32" && (inputs2?.dtype ?? "float32") === "float32" ? "float32" : "float64";
  const read = (from: Inputs, before: number) =>
    packExamples(program, pathReadings(network, engine, from, reading(before)), {
      count: countOf(from),
      dtype,
      allocate,
    });
  return { kind: "program", program, ...(await sides(read)) };
}

/** Makes tiles in this thread. */
export const openPairTiles: OpenPairTiles = (work, engine, signal) => {
  const breaths = new Breaths(signal);
  if (work.kind === "soft chain") {
    if (engine === undefined) throw new Error("unreachable: a chain of soft gates without an engine");
    return openSoftTiles(work, engine);
  }
  return work.kind === "program" ? openProgramTiles(work, breaths) : openNodeTiles(work, engine, breaths);
};

/** The kernel of each example with itself. */
export async function pairDiagonal(
  work: PairWork,
  engine: Engine | undefined,
  { signal, onProgress }: Pick<ReadPairsOptions, "signal" | "onProgress"> = {},
): Promise<Float64Array<ArrayBuffer>> {
  const breaths = new Breaths(signal);
  switch (work.kind) {
    case "soft chain":
      return softDiagonal(work);
    case "program":
      return await programDiagonal(work, breaths, onProgress);
    case "nodes":
      return await nodeDiagonal(work, engine, breaths, onProgress);
  }
}

/** Of the whole kernel in one thread, as told. */
export function secondsOfPairs(work: Exclude<PairWork, SoftWork>): number {
  const own = work.rows === work.columns;
  if (work.kind === "program") {
    const { program, rows, columns } = work;
    return pairsBetween(rows.count, columns.count, own) * program.secondsPerPair;
  }
  const { network, withShortcuts, rows, columns } = work;
  return pairsBetween(rows.length, columns.length, own) * weighedPlan(network, withShortcuts).cost.seconds;
}

const pairsBetween = (rows: number, columns: number, own: boolean): number =>
  own ? (rows * (rows + 1)) / 2 : rows * columns;

/** Told seconds of a tile: what is done of it is lost where it is stopped. */
const TILE_SECONDS = 0.25;
const MOST_EDGE = 1024;
/** Tiles along a side, so that several threads have as much to do. */
const TILES = 8;

/**
 * Rows and columns of a tile: they take a moment, and are the same with any number of threads.
 * @param isSoft whether the engine multiplies the soft gates of a chain: only one with float64 does
 * @param examples of the larger side
 */
export function pairTileEdge(network: GatedNetwork, way: PairWay, isSoft: boolean, examples: number): number {
  if (isSoft) return SOFT_EDGE;
  const byTime = Math.sqrt(TILE_SECONDS / Math.max(way.cost.seconds, Number.MIN_VALUE));
  const wanted = Math.max(1, Math.ceil(Math.min(byTime, MOST_EDGE, examples / TILES)));
  if (way.kind === "program") return Math.ceil(wanted / LANES) * LANES;
  return way.kind === "nodes" ? Math.min(wanted, sidesAtOnce(network, way.plan)) : wanted;
}

/** The kernel of this work by tiles. */
export function tiledPairs(
  network: GatedNetwork,
  work: PairWork,
  way: PairWay,
  open: () => Promise<TileMaker>,
): TiledKernel {
  const count = (side: PairWork["rows"]): number => {
    if ("readings" in side) return side.readings.length;
    return "count" in side ? side.count : side.length;
  };
  const [rows, columns] = [count(work.rows), count(work.columns)];
  const edge = pairTileEdge(network, way, work.kind === "soft chain", Math.max(rows, columns));
  return { rows, columns, symmetric: work.rows === work.columns, edge, open };
}
