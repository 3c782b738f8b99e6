/** A tangent kernel tile by tile, for kernels that do not fit into memory: one engine works at a tile at a time. */
import type { Engine } from "../../engine/index.ts";
import { checkInputs, type Inputs } from "../../gates/index.ts";
import { denseArray, sizeOf } from "../../graph/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import { copyRows, mirror } from "../tiles/mirror.ts";
import { allocateHere, type TilePlace } from "../tiles/tile-maker.ts";
import type { ExampleRange } from "../tiles/tile-plan.ts";
import type { TiledKernel } from "../tiles/tiled-kernel.ts";
import type { TangentPart } from "./plan.ts";
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
const EDGE = 1024;

/**
 * {@link tangentKernel} by tiles. A tile is the same on every engine of one kind, so their number changes nothing.
 * @param engines each works at a tile at a time; the caller releases them
 */
export function tangentTiles(
  network: GatedNetwork,
  engines: readonly Engine[],
  inputs: Inputs,
  { inputs2, edge = EDGE, ...options }: TangentTileOptions = {},
): TiledKernel {
  for (const one of inputs2 === undefined ? [inputs] : [inputs, inputs2]) checkInputs(network, one);
  const others = inputs2 ?? inputs;
  const make = async (engine: Engine, rows: ExampleRange, columns: ExampleRange, to: TilePlace): Promise<void> => {
    const isDiagonal = inputs2 === undefined && rows.from === columns.from;
    const beside = isDiagonal ? {} : { inputs2: examplesOf(others, columns) };
    const { data } = await tangentKernel(network, engine, examplesOf(inputs, rows), { ...options, ...beside });
    const [height, width] = [rows.to - rows.from, columns.to - columns.from];
    const tile = { data, start: 0, stride: width };
    copyRows(tile, height, width, to.tile);
    if (to.mirrored !== undefined) mirror(tile, height, width, to.mirrored);
  };
  return {
    rows: inputs.shape[0] ?? 0,
    columns: others.shape[0] ?? 0,
    symmetric: inputs2 === undefined,
    edge,
    open: async () => {
      const queues = engines.map((engine) => ({ engine, last: Promise.resolve() }));
      let next = 0;
      return {
        ahead: engines.length,
        allocate: allocateHere,
        write(rows, columns, to) {
          const queue = queues[next++ % queues.length];
          if (queue === undefined) throw new Error("unreachable: no engine");
          const made = queue.last.then(() => make(queue.engine, rows, columns, to));
          // a failure is told where it is waited for
          queue.last = made.catch(() => {});
          return made;
        },
        [Symbol.asyncDispose]: async () => {},
      };
    },
  };
}

function examplesOf(inputs: Inputs, { from, to }: ExampleRange): Inputs {
  const [, ...shape] = inputs.shape;
  const size = sizeOf(shape);
  const { dtype, data } = inputs;
  return dtype === "float32"
    ? denseArray(dtype, [to - from, ...shape], data.subarray(from * size, to * size))
    : denseArray(dtype, [to - from, ...shape], data.subarray(from * size, to * size));
}
