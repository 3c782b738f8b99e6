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
import type { ByteRows } from "../packed/byte-rows.ts";
import { openInputGram, type Range } from "../packed/input-gram.ts";
import { copyRows, type MatrixPart } from "../packed/mirror.ts";
import type { TilePlace } from "../packed/overlap-kernel.ts";
import { sparseBytes, type TileMaker, type TileOverlaps, type TileWork } from "../packed/tile-maker.ts";

/** What a worker is started with. */
export interface PoolWork {
  readonly overlaps: TileOverlaps;
  readonly bytes: readonly [ByteRows, ByteRows] | undefined;
}

export interface TileRequest {
  readonly id: number;
  readonly rows: Range;
  readonly columns: Range;
  /** `[rows, columns]`, the input's inner products, unless the work has bytes. */
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
    const pool = new TilePool(threads, poolWork(work, bytes));
    return {
      // one more than there are workers: none of them waits while a tile is put in its place
      ahead: threads + 1,
      allocate: (bytes) => new SharedArrayBuffer(bytes),
      async write(rows, columns, to) {
        const products = await gram?.tile(rows, columns);
        const shared = to.tile.data.buffer instanceof SharedArrayBuffer ? to : sharedPlace(rows, columns, to);
        await pool.write({ rows, columns, products, to: shared });
        if (shared !== to) copyTile(shared, rows, columns, to);
      },
      async [Symbol.asyncDispose]() {
        await pool.close();
        await gram?.[Symbol.asyncDispose]();
      },
    };
  };

function poolWork({ rows, columns, layers, lastBias }: TileWork, bytes: PoolWork["bytes"]): PoolWork {
  const left = { gates: sharedGates(rows.gates) };
  const right = rows === columns ? left : { gates: sharedGates(columns.gates) };
  const leftBytes = bytes && sharedBytes(bytes[0]);
  return {
    overlaps: { layers, lastBias, rows: left, columns: right },
    bytes: leftBytes && [leftBytes, bytes[0] === bytes[1] ? leftBytes : sharedBytes(bytes[1])],
  };
}

/** Room for a tile, and for the same transposed where that is asked for. */
function sharedPlace(rows: Range, columns: Range, { tile, mirrored }: TilePlace): TilePlace {
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

function copyTile(from: TilePlace, rows: Range, columns: Range, to: TilePlace): void {
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

  write(request: Omit<TileRequest, "id">): Promise<void> {
    if (this.dead !== undefined) return Promise.reject(this.dead);
    this.counter += 1;
    const id = this.counter;
    return new Promise((resolve, reject) => {
      this.waiting.push({ request: { id, ...request }, resolve, reject });
      this.start();
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
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
    this.dead ??= new GatewiseError({
      code: "worker-ended",
      received: `a kernel worker that ended: ${reason}`,
      expected: "a worker that lives until it is released",
      next: "try again; if it was out of memory, with fewer threads",
      cause,
    });
    for (const job of [...this.running.values(), ...this.waiting.splice(0)]) job.reject(this.dead);
    this.running.clear();
  }
}
