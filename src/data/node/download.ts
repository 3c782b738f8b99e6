import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { codeOf, messageOf } from "../../errors.ts";
import { fileError } from "./file-error.ts";
import { checkWritable } from "./regular-file.ts";

/** How far a file has come. */
export interface FetchProgress {
  readonly file: string;
  /** Bytes on disk, those of an earlier download included. */
  readonly receivedBytes: number;
  /** Size of the whole file, or undefined if the server does not say. */
  readonly totalBytes: number | undefined;
}

export interface DownloadOptions {
  /** Name for the progress. */
  readonly file: string;
  readonly progress: (state: FetchProgress) => void;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds without data after which the server counts as stalled. */
  readonly timeoutMs: number;
  /** Fewer than this over a time of `timeoutMs`, and the server counts as too slow. */
  readonly leastBytesPerSecond: number;
  /** What is longer is not the file: no more is ever written. */
  readonly mostBytes: number;
}

/**
 * Downloads `url` to `path`, continuing what is there with a Range request where the server can.
 * @returns undefined when the server has sent all it has, otherwise why not
 * @throws GatewiseError if the file cannot be written
 * @throws the signal's reason if it is aborted
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<string | undefined> {
  const { signal, timeoutMs, mostBytes } = options;
  signal?.throwIfAborted();
  await checkWritable(path);
  if (((await sizeOnDisk(path)) ?? 0) > mostBytes) await rm(path);
  const offset = (await sizeOnDisk(path)) ?? 0;
  using watch = paceWatch(options);
  try {
    const response = await fetch(url, {
      // a server that compressed the .gz once more would be decompressed by fetch: the bytes would not be the file's
      headers: { "accept-encoding": "identity", ...(offset > 0 ? { range: `bytes=${offset}-` } : {}) },
      signal: signal === undefined ? watch.signal : AbortSignal.any([signal, watch.signal]),
    });
    // 416: the part is as long as the file, or longer; the caller's check tells which
    if (response.status === 416 && offset > 0) {
      await response.body?.cancel();
      return undefined;
    }
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return `HTTP ${response.status}`;
    }
    const start = response.status === 206 ? offset : 0;
    const total = totalOf(response, start);
    if (total !== undefined && total > mostBytes) {
      await response.body.cancel();
      return `offers ${total} bytes for a file of ${mostBytes}`;
    }
    if (await receive(response.body, path, start, total, watch, options)) return undefined;
    await written(path, () => rm(path));
    return `sends more than the ${mostBytes} bytes of the file`;
  } catch (thrown) {
    signal?.throwIfAborted();
    if (watch.signal.aborted) return watch.reason() ?? `no data for ${timeoutMs / 1000} s`;
    if (!isNetworkError(thrown)) throw thrown;
    return networkReason(thrown);
  }
}

/** False if more comes than the file has: then the server is left. */
async function receive(
  body: ReadableStream<Uint8Array>,
  path: string,
  start: number,
  totalBytes: number | undefined,
  watch: PaceWatch,
  { file, progress, mostBytes }: DownloadOptions,
): Promise<boolean> {
  await using handle = await written(path, () => open(path, start > 0 ? "a" : "w"));
  let receivedBytes = start;
  for await (const piece of body) {
    watch.received(piece.length);
    // leaving the loop cancels the body
    if (receivedBytes + piece.length > mostBytes) return false;
    await written(path, () => writeAll(handle, piece));
    receivedBytes += piece.length;
    progress({ file, receivedBytes, totalBytes });
  }
  await written(path, () => handle.sync());
  return true;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done)).bytesWritten;
}

/** The size of a file, or undefined if there is none. */
export async function sizeOnDisk(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return undefined;
    throw fileError(thrown, path, "a file or nothing");
  }
}

async function written<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (thrown) {
    throw fileError(thrown, path, "a file that can be written");
  }
}

function totalOf(response: Response, start: number): number | undefined {
  const length = response.headers.get("content-length");
  return length !== null && /^\d{1,15}$/.test(length) ? start + Number(length) : undefined;
}

interface PaceWatch extends Disposable {
  /** Aborted when the server stalls or is too slow. */
  readonly signal: AbortSignal;
  received(bytes: number): void;
  /** What was too slow, if something came. */
  reason(): string | undefined;
}

/** Looks for a time without data, and at the end of each such time whether enough came in it. */
function paceWatch({ timeoutMs, leastBytesPerSecond }: DownloadOptions): PaceWatch {
  const tooSlow = new AbortController();
  let came = 0;
  let slow: string | undefined;
  const stall = setTimeout(() => tooSlow.abort(), timeoutMs);
  const rate = setInterval(() => {
    if (came > 0 && came < (leastBytesPerSecond * timeoutMs) / 1000) {
      slow = `only ${came} bytes in ${timeoutMs / 1000} s`;
      tooSlow.abort();
    }
    came = 0;
  }, timeoutMs);
  return {
    signal: tooSlow.signal,
    received(bytes) {
      came += bytes;
      stall.refresh();
    },
    reason: () => slow,
    [Symbol.dispose]() {
      clearTimeout(stall);
      clearInterval(rate);
    },
  };
}

/** `fetch` says so with a TypeError, before the answer ("fetch failed") as well as within it ("terminated"). */
const isNetworkError = (thrown: unknown): thrown is TypeError =>
  thrown instanceof TypeError && (thrown.message === "fetch failed" || thrown.message === "terminated");

function networkReason({ message, cause }: TypeError): string {
  if (message === "terminated") return "the connection broke off";
  return codeOf(cause) ?? messageOf(cause ?? message);
}
