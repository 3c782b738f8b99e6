/** A tangent kernel tile by tile, for kernels that do not fit into memory. */
import type { Engine } from "../../engine/index.ts";
import { checkInputs, type Inputs } from "../../gates/index.ts";
import { denseArray, sizeOf } from "../../graph/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import { copyRows, mirror } from "../tiles/mirror.ts";
import { allocateHere, type TilePlace } from "../tiles/tile-maker.ts";
import { type ExampleRange, tileCount } from "../tiles/tile-plan.ts";
import type { TiledKernel } from "../tiles/tiled-kernel.ts";
import { type TangentPart, tangentPlan } from "./plan.ts";
import { tangentKernel } from "./tangent-kernel.ts";

export interface TangentTileOptions {
  /** The logit that is differentiated; 0 unless told otherwise. */
  readonly output?: number;
  readonly part?: TangentPart | "all";
  /** The kernel between `inputs` and these, instead of among `inputs`. */
  readonly inputs2?: Inputs | undefined;
  /** Rows and columns of a tile; 1,024 unless told otherwise. */
  readonly edge?: number | undefined;
  readonly signal?: AbortSignal;
}

/** Rows and columns of a tile: as many as fill the engine, a few seconds' work for wide networks. */
export const TANGENT_TILE = 1024;

/**
 * {@link tangentKernel} by tiles. A tile is the same on every engine of one kind, so their number changes nothing.
 * @param engines at least one; the caller releases them
 */
export function tangentTiles(
  network: GatedNetwork,
  engines: readonly Engine[],
  inputs: Inputs,
  { inputs2, edge = TANGENT_TILE, ...options }: TangentTileOptions = {},
): TiledKernel {
  for (const one of inputs2 === undefined ? [inputs] : [inputs, inputs2]) checkInputs(network, one);
  const others = inputs2 ?? inputs;
  const shape = {
    rows: inputs.shape[0] ?? 0,
    columns: others.shape[0] ?? 0,
    symmetric: inputs2 === undefined,
    edge,
  };
  const teams = teamsOf(network, engines, tileCount(shape));
  const make = async (team: Team, rows: ExampleRange, columns: ExampleRange, to: TilePlace): Promise<void> => {
    const isDiagonal = inputs2 === undefined && rows.from === columns.from;
    const beside = isDiagonal ? {} : { inputs2: examplesIn(others, columns) };
    const [engine, ...more] = team;
    const asked = { ...options, ...beside, beside: more };
    const { data } = await tangentKernel(network, engine, examplesIn(inputs, rows), asked);
    const [height, width] = [rows.to - rows.from, columns.to - columns.from];
    const tile = { data, start: 0, stride: width };
    copyRows(tile, height, width, to.tile);
    if (to.mirrored !== undefined) mirror(tile, height, width, to.mirrored);
  };
  return {
    ...shape,
    open: async () => {
      const queues = teams.map((team) => ({ team, last: Promise.resolve() }));
      let next = 0;
      return {
        ahead: teams.length,
        allocate: allocateHere,
        write(rows, columns, to) {
          const queue = queues[next++ % queues.length];
          if (queue === undefined) throw new Error("unreachable: no engine");
          const made = queue.last.then(() => make(queue.team, rows, columns, to));
          // a failure is told where it is waited for
          queue.last = made.catch(() => {});
          return made;
        },
        [Symbol.asyncDispose]: async () => {},
      };
    },
  };
}

type Team = readonly [Engine, ...Engine[]];

/**
 * Engines that work at a tile together. Where gradients are formed that is all of them: they are held once, and not for
 * each tile. Else each has tiles of its own, unless there are too few.
 */
function teamsOf(network: GatedNetwork, engines: readonly Engine[], tiles: number): readonly Team[] {
  const { value, feature } = tangentPlan(network);
  const isFormed = value.formed.length + feature.formed.length > 0;
  const [first, ...rest] = engines;
  if (first === undefined) throw new Error("unreachable: no engines");
  return isFormed || tiles < 2 * engines.length ? [[first, ...rest]] : engines.map((engine): Team => [engine]);
}

/** Some of the examples, a view. */
export function examplesIn(inputs: Inputs, { from, to }: ExampleRange): Inputs {
  const [, ...shape] = inputs.shape;
  const size = sizeOf(shape);
  const { dtype, data } = inputs;
  return dtype === "float32"
    ? denseArray(dtype, [to - from, ...shape], data.subarray(from * size, to * size))
    : denseArray(dtype, [to - from, ...shape], data.subarray(from * size, to * size));
}
