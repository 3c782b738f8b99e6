#!/usr/bin/env node
import { commandLine, defaultCacheDir } from "./context.ts";
import { interruption } from "./interruption.ts";
import { runCommandLine } from "./program.ts";

const args = process.argv.slice(2);
const signal = interruption();
// a reader that has gone away (`| head`) is no error of ours
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runCommandLine(args, (json) => ({
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  cacheDir: defaultCacheDir(),
  command: commandLine(args),
  json,
  signal,
}));
