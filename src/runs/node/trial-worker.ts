/** Entry of a worker process: runs the one trial that its parent sends, reports, and ends. */
import { packError } from "../../errors.ts";
import { watchParent } from "./parent-watch.ts";
import { runTrial } from "./run-trial.ts";
import { type FromTrialWorker, STOP_SIGNALS, type ToTrialWorker } from "./trial-messages.ts";

const stop = new AbortController();
// a parent that is gone cannot be told anything: without a callback, the error would end in a stack on the terminal
const send = (message: FromTrialWorker, sent = () => {}): void => void process.send?.(message, sent);
/** Says the last word, and ends once it is on its way. */
const end = (message: FromTrialWorker): void => send(message, () => process.connected && process.disconnect());

// Ctrl-C reaches the whole process group, signals of a scheduler all of a job: the parent decides and sends "stop"
for (const name of STOP_SIGNALS) process.on(name, () => {});
// the parent is gone: nobody would see the result, and a resumed run must find the directory free
process.on("disconnect", () => process.exit(1));
watchParent();

process.on("message", async (message: ToTrialWorker) => {
  if (message.kind === "stop") {
    stop.abort();
    return;
  }
  try {
    const outcome = await runTrial(message.request, {
      signal: stop.signal,
      report: (progress) => send({ kind: "progress", progress }),
      notice: (text) => send({ kind: "notice", text }),
      onKept: () => send({ kind: "kept" }),
      clock: () => performance.now(),
      now: () => new Date().toISOString(),
    });
    end({ kind: "outcome", outcome });
  } catch (thrown) {
    end({ kind: "error", error: packError(thrown) });
  }
});
