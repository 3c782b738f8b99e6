/**
 * A Slurm of this test file's own: four nodes on this machine, by the script in the shared folder. Its folder, ports and
 * configuration are its own too, so that a Slurm which the machine has is not touched.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { sharedFolder } from "./shared-data.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const NODES = "4";
const POLL_MS = 100;
const LOOK_MS = 10;

/** Stops what it has started when its input ends; a step that begins meanwhile escapes the script, and is ended by its number. */
const KEEPER = [
  'bash "$1" start >"$2" 2>&1; echo $?; read -r; bash "$1" stop >>"$2" 2>&1',
  'for step in $(pgrep slurmstepd); do grep -qz "^SLURM_CONF=$SLURM_LAB/" /proc/$step/environ && kill -9 $step; done',
].join("\n");

const run = promisify(execFile);
const script = join(sharedFolder() ?? "", "slurm", "start-slurm.sh");

/** Why there is no Slurm to test on. */
function whyNot(): string | undefined {
  if (process.platform !== "linux") return "it needs Linux";
  if (!existsSync(script)) return "slurm/start-slurm.sh is missing in the shared folder (set GATEWISE_SHARED to it)";
  const missing = ["munged", "slurmctld", "slurmd", "sbatch"].filter(
    (name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0,
  );
  if (missing.length > 0) return `${missing.join(", ")} not installed (start-slurm.sh install, as root)`;
  if (spawnSync("unshare", ["--uts", "true"]).status !== 0)
    return "nodes need host names of their own, which takes root";
  return undefined;
}

/** Whether Slurm can be started here; says on standard error why not. */
export function isSlurmHere(): boolean {
  const reason = whyNot();
  if (reason !== undefined) console.error(`SKIPPED: the tests on Slurm: ${reason}`);
  return reason === undefined;
}

export interface Job {
  readonly id: string;
  /** As `squeue` says it: `RUNNING`, `COMPLETED`, `FAILED`, `CANCELLED`, … */
  readonly state: string;
  readonly node: string;
}

export class SlurmLab implements AsyncDisposable {
  private constructor(
    /** Nodes and tests share it. */
    readonly folder: string,
    private readonly keeper: ChildProcess,
    private readonly settings: NodeJS.ProcessEnv,
    private readonly release: () => PromiseLike<void>,
  ) {}

  /** @param settings of the script: `NODES`, `CPUS` of a node, `MAX_ARRAY`, `EXTRA` lines of the configuration */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<SlurmLab> {
    const folder = await temporaryFolder();
    const own = Object.entries(process.env).filter(([name]) => !/^(SLURM|SBATCH|SQUEUE)_/.test(name));
    const lab = join(folder.path, "lab");
    const { NODES: nodes = NODES } = settings;
    const environment = {
      ...Object.fromEntries(own),
      ...{ SLURM_LAB: lab, CTLD_PORT: String(await freePorts(Number(nodes) + 1)), NODES: nodes, ...settings },
    };
    const log = join(folder.path, "start.log");
    // the shell stops the lab when its input ends, which it also does if this process is killed
    const keeper = spawn("bash", ["-c", KEEPER, "keeper", script, log], {
      env: environment,
      stdio: ["pipe", "pipe", "inherit"],
      detached: true,
    });
    const status = await new Promise<string>((resolve) => keeper.stdout?.once("data", (text) => resolve(String(text))));
    const slurm = new SlurmLab(
      folder.path,
      keeper,
      { ...environment, SLURM_CONF: join(lab, "slurm.conf") },
      folder[Symbol.asyncDispose],
    );
    if (status.trim() === "0") return slurm;
    const text = await readFile(log, "utf8");
    await slurm[Symbol.asyncDispose]();
    throw new Error(`Slurm did not start:\n${text}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const end = once(this.keeper, "exit");
    this.keeper.stdin?.end();
    await end;
    await this.release();
  }

  /** For commands that are to find this Slurm. */
  get environment(): Readonly<Record<string, string>> {
    const { SLURM_CONF = "", PATH = "" } = this.settings;
    return { SLURM_CONF, PATH };
  }

  /** What a command of Slurm prints. */
  async call(command: string, ...args: readonly string[]): Promise<string> {
    const { SLURM_LAB: _, ...env } = this.settings;
    return (await run(command, args, { env, cwd: this.folder })).stdout.trim();
  }

  /**
   * Submits a script of these lines.
   * @param name of the script and of its output
   * @returns the number of the job
   */
  async submit(name: string, lines: readonly string[], ...options: readonly string[]): Promise<string> {
    const file = join(this.folder, `${name}.sh`);
    await writeFile(file, ["#!/bin/bash", ...lines, ""].join("\n"));
    return await this.call("sbatch", "--parsable", "--open-mode=append", `--output=${name}.out`, ...options, file);
  }

  /** What the jobs of a name have said. */
  outputOf(name: string): Promise<string> {
    return readFile(join(this.folder, `${name}.out`), "utf8").catch(String);
  }

  /** The tasks of a job, or the job. */
  async tasksOf(job: string): Promise<readonly [Job, ...Job[]]> {
    const text = await this.call(
      "squeue",
      "--noheader",
      "--array",
      "--states=all",
      `--jobs=${job}`,
      "--format=%i %T %N",
    );
    const tasks = text.split("\n").map((line) => {
      const [id = "", state = "", node = ""] = line.split(" ");
      return { id, state, node };
    });
    // squeue has them by their states
    const [first, ...rest] = tasks.sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
    if (first === undefined) throw new Error(`Slurm does not know job ${job}`);
    return [first, ...rest];
  }

  /** A job that is no array, or one task of an array. */
  async taskOf(job: string): Promise<Job> {
    const [task] = await this.tasksOf(job);
    return task;
  }

  /** How often a task was put back into the queue. */
  async restartsOf(task: string): Promise<number> {
    return Number(/ Restarts=(\d+) /.exec(await this.call("scontrol", "--oneliner", "show", "job", task))?.[1]);
  }

  /** What the tasks of a sweep have said. */
  async logsOf(sweep: string): Promise<string> {
    const logs = join(sweep, "logs");
    const names = await readdir(logs);
    const texts = await Promise.all(names.map(async (name) => `${name}:\n${await readFile(join(logs, name), "utf8")}`));
    return texts.join("\n");
  }

  /** Waits until all tasks of a job are in one of these states. */
  async until(job: string, ...states: readonly string[]): Promise<readonly [Job, ...Job[]]> {
    for (;;) {
      const tasks = await this.tasksOf(job);
      if (tasks.every(({ state }) => states.includes(state))) return tasks;
      await wait(POLL_MS);
    }
  }

  /** Waits until nothing of a job runs or waits. */
  over(job: string): Promise<readonly [Job, ...Job[]]> {
    return this.until(job, "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT");
  }

  /** A power cut: the node's processes are gone, and the controller has noticed. */
  async kill(node: string): Promise<void> {
    await this.silence(node);
    await run("bash", [script, "kill", node], { env: this.settings });
    await this.call("scontrol", "update", `nodename=${node}`, "state=down", "reason=killed");
  }

  /** Holds the keepers of a node's steps: one that lives a moment longer than its step would report a failure. */
  private async silence(node: string): Promise<void> {
    const hostOf = (pid: string): Promise<string> => readlink(`/proc/${pid}/ns/uts`).catch(() => "");
    const slurmd = await readFile(join(this.settings.SLURM_LAB ?? "", "run", `slurmd.${node}.pid`), "utf8");
    const own = await hostOf(slurmd.trim());
    const found = await run("pgrep", ["-f", "^slurmstepd: \\["]).catch(() => ({ stdout: "" }));
    for (const pid of found.stdout.split("\n").filter((line) => line !== "")) {
      if ((await hostOf(pid)) === own) spawnSync("kill", ["-STOP", pid]);
    }
  }

  /** The node comes back. */
  async revive(node: string): Promise<void> {
    await run("bash", [script, "up", node], { env: this.settings });
    await this.call("scontrol", "update", `nodename=${node}`, "state=resume");
  }
}

/** The first of so many ports in a row that nobody listens on. */
async function freePorts(count: number): Promise<number> {
  const isFree = (port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const server = createServer()
        .once("error", () => resolve(false))
        .listen(port, () => server.close(() => resolve(true)));
    });
  // workers of a run have process numbers near each other
  for (let base = 17_000 + ((process.pid * 16) % 12_000); ; base += 16) {
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(base + i)));
    if (free.every((one) => one)) return base;
  }
}

/**
 * Partitions of nodes that follow each other, so that tests beside each other have nodes of their own.
 * @param sizes nodes of each, by the name of the partition
 * @returns settings of the lab
 */
export function partitionsOf(sizes: Readonly<Record<string, number>>): Readonly<Record<"NODES" | "EXTRA", string>> {
  let first = 1;
  const lines = Object.entries(sizes).map(([name, size]) => {
    const nodes = Array.from({ length: size }, (_, i) => `n${first + i}`);
    first += size;
    return `PartitionName=${name} Nodes=${nodes.join()} MaxTime=INFINITE DefaultTime=10 State=UP PriorityTier=10 GraceTime=0`;
  });
  return { NODES: String(first - 1), EXTRA: lines.join("\n") };
}

/** Waits until a file is there. */
export async function appearance(path: string): Promise<void> {
  while (!existsSync(path)) await wait(LOOK_MS);
}

/** A process that works for a twentieth of its time, for as long as it is there: what is to come upon it in its midst does. */
export class Slowed {
  private isOver = false;
  private readonly loop: Promise<void>;

  constructor(private readonly pid: number) {
    this.loop = this.slow();
  }

  /** It works as before. */
  async release(): Promise<void> {
    this.isOver = true;
    await this.loop;
    this.signal("SIGCONT");
  }

  /** It is stopped. */
  async hold(): Promise<void> {
    this.isOver = true;
    await this.loop;
    this.signal("SIGSTOP");
  }

  private async slow(): Promise<void> {
    while (!this.isOver && this.signal("SIGSTOP")) {
      await wait(20 * LOOK_MS);
      if (!this.signal("SIGCONT")) return;
      await wait(LOOK_MS);
    }
  }

  /** Whether it is there. */
  private signal(name: "SIGSTOP" | "SIGCONT"): boolean {
    try {
      return process.kill(this.pid, name);
    } catch {
      return false;
    }
  }
}

/** Waits until a run has finished an epoch; its process, which is slow from then on. */
export async function inItsMidst(run: string): Promise<Slowed> {
  await appearance(join(run, "metrics.jsonl"));
  return new Slowed(JSON.parse(await readFile(join(run, "lock"), "utf8")).pid);
}
