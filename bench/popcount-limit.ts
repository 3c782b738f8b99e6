import { Worker } from "node:worker_threads";
import asc from "assemblyscript/asc";

/** Four counts that wait for nobody, of words that are in registers: less work a count than any kernel has. */
const SOURCE = `
export function count(times: i64, x: i64, y: i64): i64 {
  let a: i64 = 0, b: i64 = 0, c: i64 = 0, d: i64 = 0;
  for (let i: i64 = 0; i < times; i++) {
    a += popcnt(x ^ i);
    b += popcnt(y ^ i);
    c += popcnt(x & i);
    d += popcnt(y | i);
  }
  return a + b + c + d;
}`;

interface Exports {
  count(times: bigint, x: bigint, y: bigint): bigint;
}

async function compiled(): Promise<Uint8Array> {
  const outputs: Uint8Array[] = [];
  const { error, stderr } = await asc.main(["limit.ts", "--runtime", "stub", "-O3", "--outFile", "limit.wasm"], {
    readFile: (name) => (name === "limit.ts" ? SOURCE : null),
    writeFile: (_, content) => void outputs.push(Buffer.from(content)),
    listFiles: () => [],
  });
  const [bytes] = outputs;
  if (error !== null || bytes === undefined) throw new Error(stderr.toString());
  return bytes;
}

/** G popcounts of 64-bit words a second that WebAssembly reaches on one thread here. */
export async function popcountLimit(): Promise<number> {
  const bytes = await compiled();
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const { count } = instance.exports as Exports;
  const times = 1_000_000;
  const seconds = Array.from({ length: 30 }, () => {
    const before = performance.now();
    count(BigInt(times), 0x5555_3333_0f0fn, 0x1234_5678_9abcn);
    return (performance.now() - before) / 1000;
  });
  return (4 * times) / Math.min(...seconds) / 1e9;
}

/** A worker that is ready and counts when it is asked to. */
const COUNTER = `
const { parentPort, workerData } = require("node:worker_threads");
WebAssembly.instantiate(workerData, {}).then(({ instance }) => {
  const count = (times) => instance.exports.count(BigInt(times), 0x555533330f0fn, 0x123456789abcn);
  count(1e7);
  parentPort.on("message", (times) => { count(times); parentPort.postMessage("done"); });
  parentPort.postMessage("ready");
});`;

/**
 * What this machine makes of threads: the time by the clock that so many workers take to count what one counts alone,
 * over that of the one; the least of some turns. No program can do better with as much work.
 */
export async function threadLimit(threads: number): Promise<number> {
  const bytes = await compiled();
  const workers = Array.from({ length: threads }, () => new Worker(COUNTER, { eval: true, workerData: bytes }));
  const answer = (worker: Worker): Promise<unknown> => new Promise((resolve) => worker.once("message", resolve));
  await Promise.all(workers.map(answer));
  const work = 4e8;
  const secondsOf = async (own: readonly Worker[]): Promise<number> => {
    const before = performance.now();
    const answers = own.map(answer);
    for (const worker of own) worker.postMessage(Math.round(work / own.length));
    await Promise.all(answers);
    return (performance.now() - before) / 1000;
  };
  const [one, all]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < 5; turn++) {
    one.push(await secondsOf(workers.slice(0, 1)));
    all.push(await secondsOf(workers));
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  return Math.min(...all) / Math.min(...one);
}
