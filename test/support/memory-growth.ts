/**
 * Memory that work leaves behind. A program (`*.program.ts`) does equal portions of work in a process of its own and tells
 * after each what it holds once the garbage is collected; the test reads the trend. A leak grows with every portion; what an
 * allocator takes once, or gives back late on a busy machine, hardly moves the trend, where it moves a peak or a difference.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";

const Held = z.object({ resident: z.number(), heap: z.number() });
/** Bytes: of the whole process, and of objects and array buffers alone. */
export type Held = z.infer<typeof Held>;

/** In a program: prints what is held after each of `portions` of `work`. The process was started with `--expose-gc`. */
export async function printHeld(portions: number, work: () => Promise<void>): Promise<void> {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error("start this program with --expose-gc");
  for (let i = 0; i < portions; i++) {
    await work();
    // buffers of the engine go a turn after the objects that held them
    collect();
    await new Promise((resolve) => setTimeout(resolve, 0));
    collect();
    const { rss, heapUsed, external } = process.memoryUsage();
    console.log(JSON.stringify({ resident: rss, heap: heapUsed + external } satisfies Held));
  }
}

/** In a test: bytes that a portion of the program's work leaves behind, by the trend over all of them. */
export async function growthOf(program: string, ...args: readonly string[]): Promise<Held> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--expose-gc", "--import", "tsx", program, ...args],
    // one arena, whose free end goes back at once: what is free is not held
    { env: { ...process.env, MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "65536" } },
  );
  const held = stdout
    .trim()
    .split("\n")
    .map((line) => Held.parse(JSON.parse(line)));
  return { resident: trend(held.map(({ resident }) => resident)), heap: trend(held.map(({ heap }) => heap)) };
}

/** The slope of Theil and Sen: the median over all pairs, which neither an outlier moves nor a step near an end. */
export function trend(values: readonly number[]): number {
  const slopes = values.flatMap((late, j) => values.slice(0, j).map((early, i) => (late - early) / (j - i)));
  return slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? Number.NaN;
}
