import { type CliContext, commandLine, defaultCacheDir } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { printError } from "./output.ts";
import { watchOutput } from "./output-streams.ts";
import { runCommandLine } from "./program.ts";

/** Runs the command line in this process, on its streams. */
export async function runProcess(
  args: readonly string[],
  told: Pick<CliContext, "signal" | "onResumption" | "onSaid">,
): Promise<ExitCode> {
  const { stdout, stderr } = process;
  const output = watchOutput({ stdout, stderr });
  const code = await runCommandLine(args, (json) => ({
    stdout,
    stderr,
    environment: process.env,
    cacheDir: defaultCacheDir(),
    command: commandLine(args),
    json,
    ...told,
  }));
  const failure = await output.failure();
  if (failure === undefined) return code;
  printError({ stdout, stderr, json: false }, failure);
  return code === EXIT.done ? EXIT.failed : code;
}
