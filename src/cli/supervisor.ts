/**
 * A command runs in two processes. One works; the other waits, and hears the signals whatever the first one is doing: a
 * long loop, or a call into the engine, lets no signal through to the thread that is in it, and no thread can be ended
 * while it is in native code. A process can.
 *
 * A signal asks the command to stop, which it does with its state written where it can. What its own processes (trials)
 * have not brought to an end after {@link WORKERS_MS} is ended hard, and the command itself at {@link COMMAND_MS}: files
 * appear under their names only when they are complete, so that a kill leaves nothing that is half written.
 */
import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { endHard } from "./end-hard.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { type FromCommand, SIGNAL_CODES, STOP_SIGNALS, type ToCommand } from "./supervision.ts";

/** Long enough for a run of steps and its checkpoint. */
const WORKERS_MS = 1000;
const COMMAND_MS = 1400;
/** A scheduler's signal may come twice at once, to the process and to its group; only later ones are impatient. */
const SAME_SIGNAL_MS = 300;

/** Why and when a command was asked to stop. */
interface Stop {
  readonly code: ExitCode;
  readonly at: number;
}

class Supervisor {
  private readonly workers = new Set<number>();
  private readonly locks = new Map<string, string>();
  private readonly timers: NodeJS.Timeout[] = [];
  private stop: Stop | undefined;
  /** What goes on with the command, if it has told. */
  resumption: string | undefined;
  /** What the command ends with, once it has said all. */
  said: ExitCode | undefined;

  constructor(private readonly child: ChildProcess) {
    child.on("message", (message: FromCommand) => this.receive(message));
  }

  get code(): ExitCode | undefined {
    return this.stop?.code;
  }

  hear(code: ExitCode): void {
    const now = performance.now();
    if (this.stop !== undefined) {
      if (now - this.stop.at > SAME_SIGNAL_MS) this.endAll();
      return;
    }
    this.stop = { code, at: now };
    if (this.child.connected) this.child.send({ kind: "stop", code } satisfies ToCommand, () => {});
    this.timers.push(
      setTimeout(() => endHard([...this.workers]), WORKERS_MS),
      setTimeout(() => this.endAll(), COMMAND_MS),
    );
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  private endAll(): void {
    endHard([...this.workers, ...(this.child.pid === undefined ? [] : [this.child.pid])], this.locks);
  }

  private receive(message: FromCommand): void {
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
      case "resumption":
        this.resumption = message.command;
        break;
      case "said":
        this.said = message.code;
        break;
    }
  }
}

/** Runs a command in a process of its own, on this one's streams. */
export async function supervise(args: readonly string[]): Promise<ExitCode> {
  let hearing: Supervisor | undefined;
  // before the command is started: a signal in between would end this process and leave that one
  for (const name of STOP_SIGNALS) process.on(name, () => hearing?.hear(SIGNAL_CODES[name]));
  const child = fork(createRequire(import.meta.url).resolve("#dist/command-process.js"), args, {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    // what watchParent reads; its room is not loaded here, for this process starts with every command
    env: { ...process.env, GATEWISE_PARENT: String(process.pid) },
  });
  const supervisor = new Supervisor(child);
  hearing = supervisor;
  const [code, signal] = await new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on("error", (error) => {
      if (child.pid === undefined) reject(error);
    });
    child.on("exit", (...how) => resolve(how));
  });
  supervisor.close();
  const known = Object.values(EXIT).find((one) => one === code);
  if (code !== null && known !== undefined) return known;
  if (supervisor.said !== undefined) return supervisor.said;
  // loaded where it is needed: a command that ends well does not wait for it
  const { sayEnding } = await import("./say-ending.ts");
  return sayEnding({ args, code, signal, stopped: supervisor.code, resumption: supervisor.resumption });
}
