/** Trials in this process: a test of what a command says of a training need not wait for a process to start. */
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { packError, unpackError } from "../../src/errors.ts";
import type { Executor } from "../../src/runs/index.ts";
import { readGivenNetwork } from "../../src/runs/node/given-network.ts";
import { describeMachine, folderStore, gatewiseVersion, selectedData } from "../../src/runs/node/index.ts";
import { failureOf, type RunJob, runTrialsBy } from "../../src/runs/node/pool.ts";
import { runTrialWith, type TrialHost } from "../../src/runs/run-trial.ts";

export const TRIAL_HOST: TrialHost = {
  store: folderStore,
  loadData: (selection) => selectedData(selection, process.env),
  // an engine that flushes denormals has all of its thread flush them: other tests are here, too
  openEngine: (device, options) => openNodeEngine(device, { ...options, denormals: "kept" }),
  givenNetwork: ({ path, at, part }, shape) => readGivenNetwork({ path, part, ...(at === null ? {} : { at }) }, shape),
  describe: () => ({ machine: describeMachine(), gatewise: gatewiseVersion() }),
};

const runHere =
  (host: TrialHost): RunJob =>
  async ({ id, request }, { signal, onEvent }) => {
    try {
      return await runTrialWith(host, request, {
        signal,
        report: (progress) => onEvent({ kind: "progress", id, progress }),
        notice: (text) => onEvent({ kind: "notice", id, text }),
        clock: () => performance.now(),
        now: () => new Date().toISOString(),
      });
    } catch (thrown) {
      // on the way from a process, an error is packed
      return failureOf(unpackError(packError(thrown)));
    }
  };

/** As `localPool`, without processes, on a host of one's own. */
export const trialsOn =
  (host: TrialHost) =>
  (workers: number): Executor => ({
    run: (jobs, watch) => runTrialsBy(runHere(host), jobs, { workers, ...watch }),
  });

/** As `localPool`, without processes. */
export const trialsHere = trialsOn(TRIAL_HOST);
