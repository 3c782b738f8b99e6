/**
 * A command runs in two processes. One works; the other waits, and hears the signals whatever the first one is doing: a
 * long loop, or a call into the engine, lets no signal through to the thread that is in it, and no thread can be ended
 * while it is in native code. A process can.
 *
 * A signal asks the command to stop, which it does with its state written where it can. What its own processes (trials)
 * have not brought to an end in time ({@link Patience}) is ended hard, and then the command itself: files appear under their
 * names only when they are complete, so that a kill leaves nothing that is half written.
 */
import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { endHard } from "./end-hard.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import {
  type FromCommand,
  STOP_REASONS,
  STOP_SIGNALS,
  type StopReason,
  type StopSignal,
  type ToCommand,
} from "./supervision.ts";

/** Milliseconds in which a command is to stop: what its own processes have, and what it has itself. */
interface Patience {
  readonly workers: number;
  readonly command: number;
}
/** Long enough for a run of steps and its checkpoint, while somebody waits. */
const SOON: Patience = { workers: 1000, command: 1400 };
/** Where nobody does, on a busy node and a slow disk; schedulers kill ten seconds behind a termination, or thirty. */
const PATIENT: Patience = { workers: 7000, command: 8000 };
/** A signal may come twice at once, to the process and to its group; only later ones are impatient. */
const SAME_SIGNAL_MS = 300;

/** What schedulers set for what they start. */
const SCHEDULED = ["SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "KUBERNETES_SERVICE_HOST"] as const;
const isScheduled = (environment: NodeJS.ProcessEnv): boolean =>
  SCHEDULED.some((name) => environment[name] !== undefined);

/** The process of a command. */
interface Commanded {
  readonly pid: number | undefined;
  tell(message: ToCommand): void;
}

/** What hears signals for a command. */
export class Supervisor {
  private readonly workers = new Set<number>();
  private readonly locks = new Map<string, string>();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly heard = new Map<StopSignal, number>();
  private reason: StopReason | undefined;
  /** What goes on with the command, if it has told. */
  resumption: string | undefined;
  /** What the command ends with, once it has said all. */
  said: ExitCode | undefined;
  /** Whether something is on the disk that it goes on from. */
  hasKept = false;

  /** @param isScheduled whether a scheduler started the command */
  constructor(
    private readonly child: Commanded,
    private readonly isScheduled: boolean,
  ) {}

  get stopped(): StopReason | undefined {
    return this.reason;
  }

  /** Whether the time was up, and nothing else: who cancels a command wants it to stay so. */
  get isToGoOn(): boolean {
    return this.heard.has("SIGUSR2") && this.heard.size === 1;
  }

  hear(name: StopSignal): void {
    const now = performance.now();
    const before = this.heard.get(name);
    if (before === undefined) {
      this.heard.set(name, now);
      const isPatient = name === "SIGUSR2" || (this.isScheduled && name !== "SIGINT");
      this.stopFor(STOP_REASONS[name], isPatient ? PATIENT : SOON);
      return;
    }
    // schedulers end a job by several terminations; only fingers press a key again
    if (name === "SIGINT" && now - before > SAME_SIGNAL_MS) this.endAll();
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  receive(message: FromCommand): void {
    switch (message.kind) {
      case "started":
        this.workers.add(message.pid);
        break;
      case "ended":
        this.workers.delete(message.pid);
        break;
      case "locked":
        this.locks.set(message.path, message.id);
        break;
      case "unlocked":
        this.locks.delete(message.path);
        break;
      case "limit": {
        const { milliseconds, timeIsUp } = message;
        this.timers.push(setTimeout(() => this.stopFor({ code: EXIT.timeLimit, timeIsUp }, PATIENT), milliseconds));
        break;
      }
      case "kept":
        this.hasKept = true;
        break;
      case "resumption":
        this.resumption = message.command;
        break;
      case "said":
        this.said = message.code;
        break;
    }
  }

  private stopFor(reason: StopReason, patience: Patience): void {
    if (this.reason === undefined) {
      this.reason = reason;
      this.child.tell({ kind: "stop", ...reason });
    }
    this.timers.push(
      setTimeout(() => endHard([...this.workers]), patience.workers),
      setTimeout(() => this.endAll(), patience.command),
    );
  }

  private endAll(): void {
    endHard([...this.workers, ...(this.child.pid === undefined ? [] : [this.child.pid])], this.locks);
  }
}

/** Runs a command in a process of its own, on this one's streams. */
export async function supervise(args: readonly string[]): Promise<ExitCode> {
  let hearing: Supervisor | undefined;
  // before the command is started: a signal in between would end this process and leave that one
  for (const name of STOP_SIGNALS) process.on(name, () => hearing?.hear(name));
  const child = fork(createRequire(import.meta.url).resolve("#dist/command-process.js"), args, {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    // what watchParent reads; its room is not loaded here, for this process starts with every command
    env: { ...process.env, GATEWISE_PARENT: String(process.pid) },
  });
  const { pid } = child;
  const tell = (message: ToCommand): void => void (child.connected && child.send(message, () => {}));
  const supervisor = new Supervisor({ pid, tell }, isScheduled(process.env));
  hearing = supervisor;
  child.on("message", (message: FromCommand) => supervisor.receive(message));
  const [code, signal] = await new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on("error", (error) => {
      if (child.pid === undefined) reject(error);
    });
    // "close" and not "exit": all messages have been read by then
    child.on("close", (...how) => resolve(how));
  });
  supervisor.close();
  const { said, stopped, resumption, hasKept } = supervisor;
  const known = Object.values(EXIT).find((one) => one === code);
  // loaded where it is needed: a command that ends well does not wait for it
  const ending =
    (code === null ? undefined : known) ??
    said ??
    (await import("./say-ending.ts")).sayEnding({ args, code, signal, stopped, resumption });
  if (ending === EXIT.timeLimit && supervisor.isToGoOn) {
    const { requeueTask } = await import("./requeue.ts");
    // the scheduler ends what it puts back: this comes last
    await requeueTask({ args, resumption, hasKept, isCanceled: () => !supervisor.isToGoOn });
  }
  return ending;
}
