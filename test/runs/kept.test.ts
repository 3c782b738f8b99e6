/** When a trial tells that something stands which a later start goes on from: a scheduler starts it again for that alone. */
import { expect, it } from "vitest";
import type { TrialProgress } from "../../src/runs/index.ts";
import { runTrialWith } from "../../src/runs/run-trial.ts";
import type { TrialRequest } from "../../src/runs/trial-request.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tinyJob } from "../support/tiny-trials.ts";
import { TRIAL_HOST } from "../support/trials-here.ts";

/** One start of a trial, and whether it told so; stopped before its first step, or after an epoch. */
async function told(request: TrialRequest, after: number | "start"): Promise<boolean> {
  const stop = new AbortController();
  if (after === "start") stop.abort();
  let isTold = false;
  await runTrialWith(TRIAL_HOST, request, {
    signal: stop.signal,
    report: (progress: TrialProgress) => {
      if (progress.kind === "epoch" && progress.metrics.epoch === after) stop.abort();
    },
    onKept: () => {
      isTold = true;
    },
    clock: () => 0,
    now: () => "2026-01-01T00:00:00.000Z",
  });
  return isTold;
}

it("is told where something was written, or found, but not for ever where no start gets further", async () => {
  await using folder = await temporaryFolder();
  const request: TrialRequest = { ...tinyJob(folder.path, "relu", 0, 9).request, kernels: false };
  expect(await told(request, "start")).toBe(false);
  expect(await told(request, 2)).toBe(true);
  expect([await told(request, "start"), await told(request, "start"), await told(request, "start")]).toEqual([
    true,
    true,
    false,
  ]);
  expect(await told(request, 3)).toBe(true);
  expect(await told(request, "start")).toBe(true);
});
