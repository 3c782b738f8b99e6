/** Watches over cases: of a case that does not end, or takes all memory, the process ends, and the case is told. */
import { fork } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytesOfCase, LIMITS } from "./cases.ts";
import type { FormatName } from "./formats.ts";

export interface Work {
  readonly format: FormatName;
  readonly seed: number;
  /** The first case, and how many from there. */
  readonly from: number;
  readonly cases: number;
  /** Time of day, in milliseconds, after which no case begins. */
  readonly until: number;
}

export interface Figures {
  readonly format: FormatName;
  readonly cases: number;
  readonly accepted: number;
  readonly refused: number;
  readonly slowest: { readonly index: number; readonly seconds: number };
  readonly largest: { readonly index: number; readonly megabytes: number };
  readonly failures: readonly { readonly index: number; readonly failure: string }[];
}

const FOLDER = join(tmpdir(), "gatewise-fuzz");
/** Heap of the process in megabytes: a case that takes more ends it. */
const HEAP = 2048;

/** One work after the other; yields the figures of each when it is done. */
export async function* fuzz(works: readonly Work[]): AsyncGenerator<Figures> {
  mkdirSync(FOLDER, { recursive: true });
  for (let left = works; left.length > 0; ) {
    const done = await fuzzTogether(left);
    yield* done;
    left = left.slice(done.length);
  }
}

/** Works in one process: all, or up to the one that ended it. */
async function fuzzTogether(works: readonly Work[]): Promise<readonly Figures[]> {
  const place = join(FOLDER, `case-of-${process.pid}`);
  writeFileSync(place, "");
  const worker = fork(fileURLToPath(new URL("./worker.ts", import.meta.url)), [JSON.stringify({ works, place })], {
    execArgv: ["--import", "tsx", `--max-old-space-size=${HEAP}`],
  });
  const caseNow = (): string => readFileSync(place, "utf8").trim();
  const figures: Figures[] = [];
  let [at, since, isStuck] = ["", performance.now(), false];
  const watch = setInterval(() => {
    const now = `${figures.length} ${caseNow()}`;
    if (now !== at) [at, since] = [now, performance.now()];
    else if (performance.now() - since > 3000 * LIMITS.seconds) isStuck = worker.kill("SIGKILL");
  }, 1000);
  worker.on("message", (message: Figures) => figures.push(message));
  return await new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", (code, signal) => {
      clearInterval(watch);
      const work = works[figures.length];
      if (work === undefined) return resolve(figures);
      const index = Number(caseNow());
      const failure = isStuck ? "does not end" : `ended the process (${signal ?? code})`;
      const cost = { slowest: { index, seconds: 0 }, largest: { index, megabytes: 0 } };
      const counts = { cases: index - work.from + 1, accepted: 0, refused: 0 };
      resolve([...figures, { format: work.format, ...counts, ...cost, failures: [{ index, failure }] }]);
    });
  });
}

/** How a failure comes again: its bytes in a file, and the command. */
export function reproduction(format: FormatName, seed: number, index: number): string {
  const file = join(FOLDER, `${format}-${seed}-${index}.bin`);
  writeFileSync(file, bytesOfCase(format, seed, index));
  return `npm run fuzz -- --format ${format} --seed ${seed} --from ${index} --cases 1   (its bytes: ${file})`;
}
