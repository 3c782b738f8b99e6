#!/usr/bin/env node
import { isAnsweredAtOnce, supervise } from "./supervisor.ts";

const args = process.argv.slice(2);
if (isAnsweredAtOnce(args)) {
  const { runProcess } = await import("./run-process.ts");
  process.exitCode = await runProcess(args, { signal: new AbortController().signal });
} else {
  process.exitCode = await supervise(args);
}
