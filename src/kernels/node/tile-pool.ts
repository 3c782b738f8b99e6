/**
 * Makes tiles of the neural path kernel in worker threads, each with a WebAssembly instance of its own; gates and bytes
 * lie in memory that all of them share, and so may the kernel: then they write it themselves, and this thread moves no
 * numbers. The engine's products, where they are needed, are computed once and handed over.
 */

import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { Engine } from "../../engine/index.ts";
import { GatewiseError, messageOf, type PackedError, unpackError } from "../../errors.ts";
import type { GateRows } from "../../gates/index.ts";
import { hasHardGates } from "../../network/index.ts";
import type { ByteRows } from "../packed/byte-rows.ts";
import { openInputGram } from "../packed/input-gram.ts";
import { sparseBytes, type TileOverlaps, type TileWork } from "../packed/tile-maker.ts";
import { type OpenPairTiles, openPairTiles } from "../pair/pair-work.ts";
import { copyRows, type MatrixPart } from "../tiles/mirror.ts";
import type { TileMaker, TilePlace } from "../tiles/tile-maker.ts";
import type { ExampleRange } from "../tiles/tile-plan.ts";
import { sharedPairs, type ThreadedWork } from "./shared-pairs.ts";

/** What a worker is started with. */
export type PoolWork = PackedPoolWork | { readonly kind: "pairs"; readonly work: ThreadedWork };

export interface PackedPoolWork {
  readonly kind: "packed";
  readonly overlaps: TileOverlaps;
  readonly bytes: readonly [ByteRows, ByteRows] | undefined;
}

export interface TileRequest {
  readonly id: number;
  readonly rows: ExampleRange;
  readonly columns: ExampleRange;
  /** `[rows, columns]`, the input's inner products, where packed work has no bytes. */
  readonly products: Float64Array<ArrayBuffer> | undefined;
  /** In shared memory. */
  readonly to: TilePlace;
}

export interface FromTileWorker {
  readonly id: number;
  /** Why the tile is not written, if it is not. */
  readonly error?: PackedError;
}

/** Opens tile makers of so many worker threads, for the option `open` of the kernel's functions. */
export const openTilePool =
  (threads: number) =>
  async (work: TileWork, engine: Engine): Promise<TileMaker> => {
    const bytes = sparseBytes(work);
    const gram = bytes === undefined ? await openInputGram(engine, work.rows, work.columns) : undefined;
    const pool = new TilePool(threads, packedWork(work, bytes));
    return pool.maker((rows, columns) => gram?.tile(rows, columns), gram);
  };

/**
 * Opens tile makers of so many worker threads for kernels of pairs of examples. Gates that are no bits stay in this thread:
 * the engine, which has threads of its own, makes their inner products.
 */
export const openPairTilePool =
  (threads: number): OpenPairTiles =>
  async (work, engine, signal) => {
    const isOfReals = work.kind === "soft chain" || (work.kind === "nodes" && !hasHardGates(work.network));
    if (isOfReals) return await openPairTiles(work, engine, signal);
    return new TilePool(threads, { kind: "pairs", work: await sharedPairs(work) }).maker();
  };

function packedWork({ rows, columns, layers, lastBias }: TileWork, bytes: PackedPoolWork["bytes"]): PoolWork {
  const left = { gates: sharedGates(rows.gates) };
  const right = rows === columns ? left : { gates: sharedGates(columns.gates) };
  const leftBytes = bytes && sharedBytes(bytes[0]);
  return {
    kind: "packed",
    overlaps: { layers, lastBias, rows: left, columns: right },
    bytes: leftBytes && [leftBytes, bytes[0] === bytes[1] ? leftBytes : sharedBytes(bytes[1])],
  };
}

/** Room for a tile, and for the same transposed where that is asked for. */
function sharedPlace(rows: ExampleRange, columns: ExampleRange, { tile, mirrored }: TilePlace): TilePlace {
  const [height, width] = [rows.to - rows.from, columns.to - columns.from];
  const memory = (): MatrixPart["data"] => {
    const buffer = new SharedArrayBuffer(height * width * tile.data.BYTES_PER_ELEMENT);
    return tile.data instanceof Float32Array ? new Float32Array(buffer) : new Float64Array(buffer);
  };
  return {
    tile: { data: memory(), start: 0, stride: width },
    mirrored: mirrored && { data: memory(), start: 0, stride: height },
  };
}

function copyTile(from: TilePlace, rows: ExampleRange, columns: ExampleRange, to: TilePlace): void {
  const [height, width] = [rows.to - rows.from, columns.to - columns.from];
  copyRows(from.tile, height, width, to.tile);
  if (from.mirrored !== undefined && to.mirrored !== undefined) copyRows(from.mirrored, width, height, to.mirrored);
}

function sharedGates(gates: GateRows): GateRows {
  const data = new Uint32Array(new SharedArrayBuffer(gates.data.byteLength));
  data.set(gates.data);
  return { ...gates, data };
}

function sharedBytes(rows: ByteRows): ByteRows {
  const data = new Uint8Array(new SharedArrayBuffer(rows.data.byteLength));
  data.set(rows.data);
  return { ...rows, data };
}

interface Job {
  readonly request: TileRequest;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** Workers, and the tiles that wait for one or are under way. */
class TilePool {
  private readonly workers: readonly Worker[];
  private readonly idle: Worker[];
  private readonly waiting: Job[] = [];
  private readonly running = new Map<Worker, Job>();
  private dead: Error | undefined;
  private isClosed = false;
  private counter = 0;

  constructor(threads: number, work: PoolWork) {
    const path = createRequire(import.meta.url).resolve("#dist/tile-worker.js");
    this.workers = Array.from({ length: threads }, () => new Worker(path, { workerData: work }));
    this.idle = [...this.workers];
    for (const worker of this.workers) {
      worker.on("message", (message: FromTileWorker) => this.receive(worker, message));
      worker.on("error", (error) => this.die(messageOf(error), error));
      worker.on("exit", (code) => this.die(`exit code ${code}`));
    }
  }

  /**
   * The pool as a maker of tiles.
   * @param productsOf the input's inner products, made here, where a tile needs them
   * @param owned released with the pool
   */
  maker(
    productsOf: (rows: ExampleRange, columns: ExampleRange) => Promise<Float64Array<ArrayBuffer>> | undefined = () =>
      undefined,
    owned?: AsyncDisposable,
  ): TileMaker {
    return {
      // one more than there are workers: none of them waits while a tile is put in its place
      ahead: this.workers.length + 1,
      allocate: (bytes) => new SharedArrayBuffer(bytes),
      write: async (rows, columns, to) => {
        const products = await productsOf(rows, columns);
        const shared = to.tile.data.buffer instanceof SharedArrayBuffer ? to : sharedPlace(rows, columns, to);
        await this.write({ rows, columns, products, to: shared });
        if (shared !== to) copyTile(shared, rows, columns, to);
      },
      [Symbol.asyncDispose]: async () => {
        await this.close();
        await owned?.[Symbol.asyncDispose]();
      },
    };
  }

  private write(request: Omit<TileRequest, "id">): Promise<void> {
    if (this.dead !== undefined) return Promise.reject(this.dead);
    this.counter += 1;
    const id = this.counter;
    return new Promise((resolve, reject) => {
      this.waiting.push({ request: { id, ...request }, resolve, reject });
      this.start();
    });
  }

  /** Ends the workers in the midst of whatever they do: tiles that are under way fail. */
  private async close(): Promise<void> {
    this.isClosed = true;
    this.fail(
      new GatewiseError({
        received: "a tile of a kernel whose workers have been released",
        expected: "tiles that are asked for and waited for before",
        next: "open the kernel again",
      }),
    );
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private start(): void {
    while (this.idle.length > 0 && this.waiting.length > 0) {
      const [worker, job] = [this.idle.pop(), this.waiting.shift()];
      if (worker === undefined || job === undefined) return;
      this.running.set(worker, job);
      const { products } = job.request;
      worker.postMessage(job.request, products === undefined ? [] : [products.buffer]);
    }
  }

  private receive(worker: Worker, message: FromTileWorker): void {
    const job = this.running.get(worker);
    this.running.delete(worker);
    this.idle.push(worker);
    this.start();
    if (message.error === undefined) job?.resolve();
    else job?.reject(unpackError(message.error));
  }

  private die(reason: string, cause?: unknown): void {
    if (this.isClosed) return;
    this.fail(
      new GatewiseError({
        code: "worker-ended",
        received: `a kernel worker that ended: ${reason}`,
        expected: "a worker that lives until it is released",
        next: "try again; if it was out of memory, with fewer threads",
        cause,
      }),
    );
  }

  private fail(reason: Error): void {
    this.dead ??= reason;
    for (const job of [...this.running.values(), ...this.waiting.splice(0)]) job.reject(this.dead);
    this.running.clear();
  }
}
