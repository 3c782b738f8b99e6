/** The lines for other schedulers on the page for cluster users, run as those run them: a shell, and an array's variables. */
import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDuration } from "../../src/cli/time-limit.ts";
import { arrayTask } from "../../src/sweeps/index.ts";
import { BASE, copyPlan, planSweep } from "../support/planned-sweep.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const page = await readFile(resolve("docs/cluster.md"), "utf8");
const MAIN = resolve("dist/main.js");
const run = promisify(execFile);

/** The block of code below a name. */
function blockOf(name: string): string {
  const [, block] = new RegExp(`\\n${name}[^\\n]*:\\n\\n\`\`\`\\w+\\n([^]*?)\`\`\``).exec(page) ?? [];
  if (block === undefined) throw new Error(`docs/cluster.md has no lines for ${name}`);
  return block;
}

/** Two numbers that a pattern finds in a text. */
function pairIn(text: string, pattern: RegExp): readonly [number, number] {
  const [, from, to] = pattern.exec(text) ?? [];
  if (from === undefined || to === undefined) throw new Error(`${pattern} is not in:\n${text}`);
  return [Number(from), Number(to)];
}

/** What each tells a task of its array, the array as the page asks for it. */
const SCHEDULERS = {
  PBS: {
    array: (block: string) => pairIn(block, /^#PBS -J (\d+)-(\d+)$/m),
    variables: (index: number) => ({ PBS_ARRAY_INDEX: String(index) }),
    hours: /^#PBS -l walltime=(\d+):(\d\d):00$/m,
  },
  "Grid Engine": {
    array: (block: string) => pairIn(block, /^#\$ -t (\d+)-(\d+)$/m),
    variables: (index: number, [first, last]: readonly [number, number]) => ({
      SGE_TASK_ID: String(index),
      SGE_TASK_FIRST: String(first),
      SGE_TASK_LAST: String(last),
      SGE_TASK_STEPSIZE: "1",
    }),
    hours: /^#\$ -l h_rt=(\d+):(\d\d):00$/m,
  },
  LSF: {
    array: (block: string) => pairIn(block, /^#BSUB -J "\w+\[(\d+)-(\d+)\]"$/m),
    variables: (index: number, [, last]: readonly [number, number]) => ({
      LSB_JOBINDEX: String(index),
      LSB_JOBINDEX_END: String(last),
      LSB_JOBINDEX_STEP: "1",
    }),
    hours: /^#BSUB -W (\d+):(\d\d)$/m,
  },
} as const;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let planned: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  planned = await planSweep(folder.path, "planned", { base: { ...BASE, epochs: 1 }, seeds: 2 }, 1);
});
afterAll(() => folder[Symbol.asyncDispose]());

/** A place where somebody submits from, with the sweep that the page speaks of. */
async function placeOf(name: string): Promise<string> {
  const place = join(folder.path, name.replace(" ", "-"));
  await mkdir(join(place, "sweeps", "rates"), { recursive: true });
  await copyPlan(planned, join(place, "sweeps", "rates"));
  return place;
}

const { SLURM_ARRAY_TASK_ID: _, ...HERE } = process.env;

describe.concurrent("a task of an array by the lines of the page", () => {
  it.each(Object.entries(SCHEDULERS))("for %s", async (name, { array, variables, hours }) => {
    const block = blockOf(name);
    const range = array(block);
    const [first, last] = range;
    const [, tasks] = / --tasks (\d+)/.exec(block) ?? [];
    const asked = { tasks: tasks === undefined ? undefined : Number(tasks) };
    const count = last - first + 1;
    expect(arrayTask(asked, variables(first, range))).toEqual({ task: 0, tasks: count });
    expect(arrayTask(asked, variables(last, range))).toEqual({ task: count - 1, tasks: count });
    // the task ends before the scheduler ends it
    const [, limit = ""] = /--time-limit (\S+)/.exec(block) ?? [];
    const [hour, minute] = pairIn(block, hours);
    expect(parseDuration("--time-limit", limit)).toBeLessThan(60_000 * (60 * hour + minute));

    const place = await placeOf(name);
    const script = block.replace("NODE", process.execPath).replace("MAIN", MAIN);
    const env = { ...HERE, ...variables(last, range), ...(name === "PBS" ? { PBS_O_WORKDIR: place } : {}) };
    const { stdout } = await run("bash", ["-c", script], { env, cwd: name === "PBS" ? "/" : place });
    expect(stdout).toContain("2 of 2 are done");
  });

  it("for Kubernetes", async () => {
    const block = blockOf("Kubernetes");
    const [, completions] = /^completions: (\d+)$/m.exec(block) ?? [];
    expect(block).toMatch(/^completionMode: Indexed$/m);
    const [, list = ""] = /command: \[([^\]]*)\]/.exec(block) ?? [];
    const [program, main, ...args] = list.split(",").map((word) => word.trim().replace(/^"(.*)"$/, "$1"));
    expect([program, main]).toEqual(["node", "/gatewise/dist/main.js"]);
    expect(args.slice(-2)).toEqual(["--tasks", completions]);
    const [, volume] = /mountPath: (\S+?) \}/.exec(block) ?? [];
    const place = await placeOf("Kubernetes");
    const own = args.map((one) => one.replace(`${volume}/rates`, join(place, "sweeps", "rates")));
    const env = { ...HERE, JOB_COMPLETION_INDEX: String(Number(completions) - 1) };
    const { stdout } = await run(process.execPath, [MAIN, ...own], { env, cwd: "/" });
    expect(stdout).toContain("2 of 2 are done");
  });
});
