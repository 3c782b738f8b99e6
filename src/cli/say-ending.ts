import { GatewiseError } from "../errors.ts";
import { type CliContext, commandLine } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { endInterrupted } from "./interruption.ts";
import { printError } from "./output.ts";
import { watchOutput } from "./output-streams.ts";
import { STOP_REASONS, STOP_SIGNALS, type StopReason } from "./supervision.ts";
import { TimeIsUp } from "./time-limit.ts";

/** How the process of a command ended that could not say so itself. */
export interface Ending {
  readonly args: readonly string[];
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it was asked to end. */
  readonly stopped: StopReason | undefined;
  /** What goes on with it, if it had told. */
  readonly resumption: string | undefined;
}

/** Says what became of a command whose process was ended, and gives the exit code. */
export function sayEnding({ args, code, signal, stopped, resumption }: Ending): ExitCode {
  const [json, command] = [args.includes("--json"), commandLine(args)];
  const { stdout, stderr } = process;
  watchOutput({ stdout, stderr });
  // Ctrl-C reaches the whole process group: a process that was just starting knows no better than to end
  const own = STOP_SIGNALS.find((name) => name === signal);
  const reason = stopped ?? (own === undefined ? undefined : STOP_REASONS[own]);
  if (reason !== undefined) {
    const context: Pick<CliContext, "stdout" | "stderr" | "json" | "signal"> = {
      ...{ stdout, stderr, json },
      signal: AbortSignal.abort(reason.timeIsUp === undefined ? reason.code : new TimeIsUp(reason.timeIsUp)),
    };
    return endInterrupted(context, resumption ?? command);
  }
  printError(
    { stdout, stderr, json },
    new GatewiseError({
      code: "worker-ended",
      received: `${command}, whose process ended: ${signal ?? `exit code ${code}`}`,
      expected: "a process that runs to its end",
      next: "if memory was short, give it fewer inputs or threads, or a machine with more",
    }),
  );
  return EXIT.failed;
}
