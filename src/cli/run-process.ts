import { type CliContext, commandLine, defaultCacheDir } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";
import { runCommandLine } from "./program.ts";

/** Runs the command line in this process, on its streams. */
export function runProcess(
  args: readonly string[],
  told: Pick<CliContext, "signal" | "onResumption" | "onSaid">,
): Promise<ExitCode> {
  // a reader that has gone away (`| head`) is no error of ours
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return runCommandLine(args, (json) => ({
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    cacheDir: defaultCacheDir(),
    command: commandLine(args),
    json,
    ...told,
  }));
}
