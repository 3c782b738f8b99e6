/** Ranks neighbors in worker threads: each is given the gates of all examples, and blocks of rows as it gets done. */
import { once } from "node:events";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { GatewiseError, messageOf, type PackedError, unpackError } from "../../errors.ts";
import type { Neighbor } from "../../gates/index.ts";
import type { GatedNetwork, GatedNode } from "../../network/index.ts";
import { type NeighborWork, type OpenRanker, rankHere } from "../neighbor-rows.ts";

export interface RowsRequest {
  readonly from: number;
  readonly to: number;
}

export type FromNeighborWorker =
  | { readonly rows: readonly (readonly Neighbor[])[] }
  /** Why the rows are not ranked. */
  | { readonly error: PackedError };

/** Pairs below which no thread pays for its start: half a second of overlaps, and of maps much less. */
const WORTH_THREADS = { overlaps: 2_000_000, "open gates": 5000 } as const satisfies Record<
  NeighborWork["sides"]["kind"],
  number
>;

/** Opens rankers of so many worker threads; of little work this thread takes less. */
export const rankInThreads =
  (threads: number): OpenRanker =>
  (work, signal) => {
    const [rows, columns] = work.log2Own;
    if (rows.length * columns.length < WORTH_THREADS[work.sides.kind]) return rankHere(work, signal);
    const path = createRequire(import.meta.url).resolve("#dist/neighbor-worker.js");
    const workerData = withoutWeights(work);
    const workers = Array.from({ length: threads }, () => new Worker(path, { workerData }));
    // whoever waits for an answer is told; one that waits for work may end unheard
    for (const worker of workers) worker.on("error", () => {});
    const idle = [...workers];
    const stopped = new AbortController();
    const stop = (): void => stopped.abort(signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    return {
      ahead: threads,
      rank: async (from, to) => {
        // as many blocks are under way as there are workers
        const worker = idle.pop();
        if (worker === undefined) throw new Error("unreachable: more blocks than workers");
        const rows = await answerOf(worker, { from, to }, stopped.signal);
        idle.push(worker);
        return rows;
      },
      [Symbol.asyncDispose]: async () => {
        signal?.removeEventListener("abort", stop);
        await Promise.all(workers.map((worker) => worker.terminate()));
      },
    };
  };

async function answerOf(
  worker: Worker,
  request: RowsRequest,
  signal: AbortSignal,
): Promise<readonly (readonly Neighbor[])[]> {
  const answered = once(worker, "message", { signal });
  worker.postMessage(request);
  let message: FromNeighborWorker;
  try {
    [message] = await answered;
  } catch (thrown) {
    signal.throwIfAborted();
    throw new GatewiseError({
      code: "worker-ended",
      received: `a thread of neighbors that ended: ${messageOf(thrown)}`,
      expected: "a thread that lives until it is released",
      next: "try again; if it was out of memory, with fewer threads",
      cause: thrown,
    });
  }
  if ("error" in message) throw unpackError(message.error);
  return message.rows;
}

/** Counts need shapes alone. */
function withoutWeights(work: NeighborWork): NeighborWork {
  const { sides } = work;
  if (sides.kind === "overlaps") return work;
  const { nodes, output } = sides.network;
  const network: GatedNetwork = {
    output,
    nodes: nodes.map((node): GatedNode => {
      if (!("weight" in node) || node.weight === undefined) return node;
      return { ...node, weight: { dtype: "float32", shape: node.weight.shape, data: new Float32Array() } };
    }),
  };
  return { ...work, sides: { ...sides, network } };
}
