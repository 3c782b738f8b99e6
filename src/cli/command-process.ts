/** Entry of the process that a command works in; the process that started it hears the signals (supervisor.ts). */
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { KEPT_CHANNEL, LOCK_CHANNEL, type LockEvent } from "../data/node/index.ts";
import { watchParent } from "../runs/node/index.ts";
import { runProcess } from "./run-process.ts";
import { type FromCommand, STOP_REASONS, STOP_SIGNALS, type StopReason, type ToCommand } from "./supervision.ts";
import { TimeIsUp } from "./time-limit.ts";

const stop = new AbortController();
const abort = ({ code, timeIsUp }: StopReason): void => {
  if (!stop.signal.aborted) stop.abort(timeIsUp === undefined ? code : new TimeIsUp(timeIsUp));
};
// Ctrl-C reaches the whole process group, and so do the signals of schedulers: the first of all that tell it counts
for (const name of STOP_SIGNALS) process.on(name, () => abort(STOP_REASONS[name]));
process.on("message", (message: ToCommand) => abort(message));
process.on("disconnect", () => process.exit(1));
// the supervisor is heard as long as there is work, and is no work itself
process.channel?.unref();
watchParent();

/** A supervisor that is gone cannot be told anything. */
const tell = (message: FromCommand): void => void (process.connected && process.send?.(message, () => {}));
subscribe("child_process", (message) => {
  // Node's own channel: it tells of each process that is started, whoever starts it
  const { process: child } = message as { readonly process: ChildProcess };
  child.once("spawn", () => {
    const { pid } = child;
    if (pid === undefined) return;
    tell({ kind: "started", pid });
    child.once("exit", () => tell({ kind: "ended", pid }));
  });
});
subscribe(LOCK_CHANNEL, (message) => tell(message as LockEvent));
subscribe(KEPT_CHANNEL, () => tell({ kind: "kept" }));

process.exitCode = await runProcess(process.argv.slice(2), {
  signal: stop.signal,
  onResumption: (command) => tell({ kind: "resumption", command }),
  onLimit: (limit) => tell({ kind: "limit", ...limit }),
  onSaid: (code) => tell({ kind: "said", code }),
});
