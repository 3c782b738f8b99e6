import { type CliContext, commandLine } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { printError } from "./output.ts";
import { watchOutput } from "./output-streams.ts";
import { runCommandLine } from "./program.ts";

/** Runs the command line in this process, on its streams. */
export async function runProcess(
  args: readonly string[],
  told: Pick<CliContext, "signal" | "onResumption" | "onLimit" | "onSaid">,
): Promise<ExitCode> {
  const { stdout, stderr } = process;
  const command = commandLine(args);
  const output = watchOutput({ stdout, stderr });
  const open = async (json: boolean): Promise<CliContext> => {
    const { defaultCacheDir } = await import("./cache-folder.ts");
    return { stdout, stderr, environment: process.env, cacheDir: defaultCacheDir(), command, json, ...told };
  };
  const code = await runCommandLine(args, { stdout, stderr, command, open });
  const failure = await output.failure();
  if (failure === undefined) return code;
  printError({ stdout, stderr, json: false }, failure);
  return code === EXIT.done ? EXIT.failed : code;
}
