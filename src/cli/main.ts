#!/usr/bin/env node
import { isAnsweredAtOnce } from "./answered-at-once.ts";

// each loads what it needs and no more: a bare start of Node is most of what an answer takes
const args = process.argv.slice(2);
if (isAnsweredAtOnce(args)) {
  const { runProcess } = await import("./run-process.ts");
  process.exitCode = await runProcess(args, { signal: new AbortController().signal });
} else {
  const { supervise } = await import("./supervisor.ts");
  process.exitCode = await supervise(args);
}
