import { setTimeout as sleep } from "node:timers/promises";
import { sweepStatus } from "../../sweeps/index.ts";
import { lookAtAll, readSweep, trialLooker } from "../../sweeps/node/index.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { interruptedCode } from "../interruption.ts";
import { printResult } from "../output.ts";
import { inStages } from "../stages.ts";
import { statusText } from "../sweep-status-text.ts";

interface StatusRequest {
  readonly directory: string;
  readonly watch: boolean;
}

export const status = inStages(
  (_, directory: string, { watch = false }: { readonly watch?: boolean }): StatusRequest => ({ directory, watch }),
  showStatus,
);

/** Often enough to see trials end, and nothing that a file system feels. */
const WATCH_MS = 5000;
const CLEAR = "\u001b[H\u001b[J";

async function showStatus({ directory, watch }: StatusRequest, context: CliContext): Promise<ExitCode> {
  const { stdout, json, signal } = context;
  const look = await trialLooker(directory, () => Date.now());
  let before = "";
  for (;;) {
    // read again: it may be planned anew meanwhile
    const { trials } = await readSweep(directory);
    const looks = await lookAtAll(trials, look);
    const found = sweepStatus(trials, looks);
    const isOver = found.done + found.failed === found.trials;
    const text = statusText(found, looks);
    // where it scrolls away, what has not changed is not said again
    if (text !== before || !watch) {
      if (watch && !json && "isTTY" in stdout && stdout.isTTY === true) stdout.write(CLEAR);
      printResult(context, { sweep: directory, ...found }, () => text);
    }
    before = text;
    if (!watch || isOver) return EXIT.done;
    await sleep(WATCH_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return interruptedCode(signal);
  }
}
