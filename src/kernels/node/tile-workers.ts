/**
 * Threads that make tiles. Where this thread makes some too, it begins while the others start, and in the end takes tiles
 * from those that have more than one before them: none waits for another while there is a tile that nobody has begun.
 */
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { GatewiseError, messageOf, unpackError } from "../../errors.ts";
import { copyRows, type MatrixPart } from "../tiles/mirror.ts";
import type { TileMaker, TilePlace } from "../tiles/tile-maker.ts";
import type { ExampleRange } from "../tiles/tile-plan.ts";
import { type FromTileWorker, type PoolWork, type TileRequest, takeTile } from "./tile-request.ts";

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

interface Job {
  readonly request: TileRequest;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** Workers, and the tiles that wait for one or are under way. */
export class TileWorkers {
  private readonly workers: readonly Worker[];
  /** Tiles that each which has begun has before it, the first of them under way. */
  private readonly before = new Map<Worker, Job[]>();
  private readonly waiting: Job[] = [];
  /** What this thread is at, if it is. */
  private here: Promise<void> | undefined;
  private dead: Error | undefined;
  private isClosed = false;
  private counter = 0;

  /** @param own makes tiles in this thread as well */
  constructor(
    count: number,
    work: PoolWork,
    private readonly own?: TileMaker,
  ) {
    const path = createRequire(import.meta.url).resolve("#dist/tile-worker.js");
    // what this process was started with (a loader of TypeScript, say) is of no use to what is built already
    const options = { workerData: work, execArgv: [] };
    this.workers = Array.from({ length: count }, () => new Worker(path, options));
    for (const worker of this.workers) {
      worker.on("message", (message: FromTileWorker) => this.receive(worker, message));
      worker.on("error", (error) => this.die(messageOf(error), error));
      worker.on("exit", (code) => this.die(`exit code ${code}`));
    }
  }

  /**
   * These workers as a maker of tiles.
   * @param productsOf the input's inner products, made here, where a tile needs them
   * @param owned released with the workers
   */
  maker(
    productsOf: (rows: ExampleRange, columns: ExampleRange) => Promise<Float64Array<ArrayBuffer>> | undefined = () =>
      undefined,
    owned?: AsyncDisposable,
  ): TileMaker {
    return {
      // more than they have before them: none of them waits while a tile is put in its place
      ahead: this.depth * this.workers.length + (this.own === undefined ? 1 : 4),
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

  /** A thread that makes tiles hears of the end of others' only between pieces of its own. */
  private get depth(): number {
    return this.own === undefined ? 1 : 2;
  }

  private write(request: Pick<TileRequest, "rows" | "columns" | "products" | "to">): Promise<void> {
    if (this.dead !== undefined) return Promise.reject(this.dead);
    this.counter += 1;
    const own = { id: this.counter, taken: new Int32Array(new SharedArrayBuffer(4)), ...request };
    return new Promise((resolve, reject) => {
      this.waiting.push({ request: own, resolve, reject });
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
    await this.here;
    await this.own?.[Symbol.asyncDispose]();
  }

  private start(): void {
    for (let place = 0; place < this.depth; place++) {
      for (const [worker, before] of this.before) {
        const job = before.length === place ? this.waiting.shift() : undefined;
        if (job === undefined) continue;
        before.push(job);
        const { products } = job.request;
        worker.postMessage(job.request, products === undefined ? [] : [products.buffer]);
      }
    }
    const { own } = this;
    if (own !== undefined && this.here === undefined) {
      this.here = this.makeHere(own).finally(() => {
        this.here = undefined;
      });
    }
  }

  private async makeHere(own: TileMaker): Promise<void> {
    // first all that begins tiles at this moment
    await Promise.resolve();
    for (let job = this.takeHere(); job !== undefined; job = this.takeHere()) {
      const { rows, columns, to } = job.request;
      await own.write(rows, columns, to).then(job.resolve, job.reject);
      // who has waited for it may have more
      await Promise.resolve();
    }
  }

  /** A tile that waits, or else the last one that a worker has before it and has not begun. */
  private takeHere(): Job | undefined {
    if (this.isClosed) return undefined;
    const next = this.waiting.shift();
    if (next !== undefined && takeTile(next.request)) return next;
    return [...this.before.values()]
      .flat()
      .toSorted((a, b) => b.request.id - a.request.id)
      .find(({ request }) => takeTile(request));
  }

  private receive(worker: Worker, { made, error }: FromTileWorker): void {
    const before = this.before.get(worker);
    const job = before?.shift();
    if (before === undefined) this.before.set(worker, []);
    this.start();
    if (error !== undefined) job?.reject(unpackError(error));
    else if (made) job?.resolve();
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
    for (const job of [...[...this.before.values()].flat(), ...this.waiting.splice(0)]) job.reject(this.dead);
    for (const before of this.before.values()) before.splice(0);
  }
}
