/** A sweep is sent to Slurm, by commands of that name that a test has made. */
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gatewise, gatewiseHere, TINY } from "../support/command-line.ts";
import { BASE, copyPlan, planSweep, trialsOf } from "../support/planned-sweep.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = await temporaryFolder();
const bin = join(folder.path, "bin");
let planned: string;

/** Sends a copy of the plan. */
async function submit(directory: string, ...options: readonly string[]) {
  const environment = { PATH: `${bin}:${process.env.PATH}` };
  const args = ["sweep", "submit", directory, "--on", "slurm", ...options];
  return await gatewise(args, undefined, undefined, environment);
}

/** A command of Slurm's, in `sh`. What sbatch is called with is kept in a file beside. */
async function put(name: string, line: string): Promise<void> {
  const log = join(folder.path, "calls");
  const keep = name === "sbatch" ? `{ echo "$@"; cat; } >>'${log}'; n=$(grep -c parsable '${log}')\n` : "";
  await writeFile(join(bin, name), `#!/bin/sh\n${keep}${line}\n`);
  await chmod(join(bin, name), 0o755);
}

const callsOf = () => readFile(join(folder.path, "calls"), "utf8");
const script = (rest: string): string =>
  `#!/bin/bash\nexec ${process.execPath} ${resolve("dist/main.js")} sweep run ${rest}\n`;

beforeAll(async () => {
  await mkdir(bin);
  const specification = { base: { ...BASE, epochs: 2 }, grid: { lr: [1e-3, 3e-3, 1e-2] }, seeds: 2 };
  planned = await planSweep(folder.path, "planned", specification, 1);
  expect((await gatewiseHere(["train", ...TINY, "--epochs", "1", "--out", join(folder.path, "run")])).code).toBe(0);
});
afterAll(() => folder[Symbol.asyncDispose]());

let next = 0;
/** A copy of the plan, and commands that take everything. */
async function setUp(): Promise<string> {
  await rm(join(folder.path, "calls"), { force: true });
  await put("scontrol", "echo 'MaxArraySize            = 4'");
  await put("squeue", "true");
  await put("sbatch", "echo $((16 + n))");
  return await copyPlan(planned, join(folder.path, `sweep ${next++}`));
}

describe("submit", () => {
  it("sends tasks of an hour, as many arrays as it takes; node, program and folder by absolute paths", async () => {
    const directory = await setUp();
    const { code, stdout, stderr } = await submit(directory, "--max-running", "2", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ sweep: directory, tasks: 6, sent: 6, queued: 0, trials: 6, waiting: 6 },
      jobs: [
        { job: "17", array: "0-3%2", first: 0 },
        { job: "18", array: "0-1%2", first: 4 },
      ],
    });
    const name = directory.slice(folder.path.length + 1);
    const options = (array: string) =>
      `--parsable --array=${array} --job-name=${name} --output=${directory}/logs/%A_%a.out --open-mode=append --signal=B:USR2@120 --requeue`;
    expect(await callsOf()).toBe(
      [
        `${options("0-3%2")}\n`,
        script(`'${directory}' --task "$SLURM_ARRAY_TASK_ID" --tasks 6`),
        `${options("0-1%2")} --dependency=afterany:17\n`,
        script(`'${directory}' --task "$((SLURM_ARRAY_TASK_ID + 4))" --tasks 6`),
      ].join(""),
    );
  });

  it("sends again what neither waits nor runs, and no failed trial unless it is told to", async () => {
    const directory = await setUp();
    await submit(directory);
    await put("squeue", "printf '17_0\\n17_2\\n18_1\\n99\\n'");
    const [, failed = ""] = await trialsOf(directory);
    await writeFailed(directory, failed);
    const again = JSON.parse((await submit(directory, "--json")).stdout);
    expect(again).toMatchObject({ sent: 2, queued: 3, failed: 1, jobs: [{ array: "3" }, { array: "0" }] });
    await put("squeue", "printf '17_0\\n17_2\\n17_3\\n18_0\\n18_1\\n'");
    const nothing = await submit(directory);
    expect(nothing).toMatchObject({ code: 0, stdout: "nothing to send: 0 of 6 trials done\n" });
    expect(nothing.stderr).toMatch(
      /1 trial failed; to send them again:\n {2}gatewise sweep submit .* --retry-failed\n/,
    );
    const retried = JSON.parse((await submit(directory, "--retry-failed", "--json")).stdout);
    expect(retried).toMatchObject({ sent: 1, jobs: [{ array: "1", first: 0 }] });
    expect(await callsOf()).toMatch(/--tasks 6 --retry-failed\n$/);
  });

  it("chains rounds where nothing is requeued", async () => {
    const directory = await setUp();
    await submit(directory, "--rounds", "2");
    const calls = (await callsOf()).split("\n").filter((line) => line.startsWith("--parsable"));
    expect(calls.map((line) => /--no-requeue.*/.exec(line)?.[0])).toEqual([
      "--no-requeue",
      "--no-requeue",
      "--no-requeue --dependency=afterany:17:18",
      "--no-requeue --dependency=afterany:17:18",
    ]);
  });

  it("puts its line behind the user's script, and asks for nothing twice", async () => {
    const directory = await setUp();
    const template = join(folder.path, "job.sh");
    const text = "#!/bin/bash\n#SBATCH -p long -c 3 --output=x.out\n#SBATCH --signal=B:USR2@300\nmodule load nodejs\n";
    await writeFile(template, text);
    await submit(directory, "--template", template);
    const name = directory.slice(folder.path.length + 1);
    expect(await callsOf()).toBe(
      [
        `--parsable --array=0-1 --job-name=${name} --open-mode=append --requeue\n`,
        script(`'${directory}' --task "$SLURM_ARRAY_TASK_ID" --tasks 2`).replace("#!/bin/bash\n", text),
      ].join(""),
    );
  });

  it("shows what it would send, and has Slurm test it", async () => {
    const directory = await setUp();
    await put("sbatch", 'echo "sbatch: Job 3 to start at noon on n1" >&2');
    const before = await readdir(directory);
    const { code, stdout } = await submit(directory, "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sbatch --array=0-3 '--job-name=sweep \d+' .*<<'END'\n#!\/bin\/bash\nexec /);
    expect(stdout).toContain("END\n# Job 3 to start at noon on n1\n");
    expect(await callsOf()).toMatch(/^--test-only /);
    expect(await readdir(directory)).toEqual(before);
  });
});

describe("what Slurm refuses is one line, and leaves nothing", () => {
  it.each([
    {
      title: "a wrong account",
      line: 'echo "sbatch: error: Invalid account or account/partition combination specified" >&2; exit 1',
      message: "sbatch: Invalid account or account/partition combination specified: expected a job that Slurm takes",
      next: "mend the job script (--template), or ask who runs the cluster; --dry-run shows what is sent",
    },
    {
      title: "an answer that is none",
      line: "echo 'welcome to the cluster'",
      message: 'from sbatch: "welcome to the cluster\\n": expected the number of a job',
      next: "check that it is Slurm's, of version 20 or later",
    },
  ])("$title", async ({ line, message, next }) => {
    const directory = await setUp();
    await put("sbatch", line);
    const before = await readdir(directory);
    const { code, stdout, stderr } = await submit(directory);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: `error ${message}\n  → ${next}\n` });
    expect(await readdir(directory)).toEqual(before);
  });

  it("no Slurm at all", async () => {
    const directory = await setUp();
    const args = ["sweep", "submit", directory, "--on", "slurm"];
    const { code, stderr } = await gatewise(args, undefined, undefined, { PATH: folder.path });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        "error no scontrol in PATH: expected a machine on which Slurm's commands are\n  → submit on a login node of the cluster; elsewhere `sweep run` runs the sweep\n",
    });
  });

  it("the second array: the first stays sent, and is known", async () => {
    const directory = await setUp();
    await put("sbatch", '[ $n = 1 ] && echo 17 || { echo "sbatch: error: QOSMaxSubmitJobPerUserLimit" >&2; exit 1; }');
    const { code, stderr } = await submit(directory);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error sbatch: QOSMaxSubmitJobPerUserLimit; before that 1 of 2 arrays were sent \(17\): expected a job that Slurm takes\n.*; submit again to send the rest\n$/,
    );
    await put("squeue", "printf '17_0\\n17_1\\n17_2\\n17_3\\n'");
    await put("sbatch", "echo 18");
    expect(JSON.parse((await submit(directory, "--json")).stdout)).toMatchObject({ sent: 2, queued: 4 });
  });
});

/** A run that has failed, as its folder tells it. */
async function writeFailed(directory: string, trial: string): Promise<void> {
  const record = JSON.parse(await readFile(join(folder.path, "run", "run.json"), "utf8"));
  const failed = { ...record, status: "failed", result: null, error: { message: "a loss of NaN", hint: "" } };
  await mkdir(join(directory, trial));
  await writeFile(join(directory, trial, "run.json"), JSON.stringify(failed));
}
