import { type Dataset, firstExamples } from "../../data/index.ts";
import { loadDataset } from "../../data/node/index.ts";
import { openNodeEngine } from "../../engine/node/index.ts";
import type { TrialOutcome } from "../executor.ts";
import { runTrialWith, type TrialContext, type TrialHost } from "../run-trial.ts";
import type { DataSelection, TrialRequest } from "../trial-request.ts";
import { folderStore } from "./folder-store.ts";
import { readGivenNetwork } from "./given-network.ts";
import { describeMachine } from "./machine.ts";
import { gatewiseVersion } from "./version.ts";

/** The data set, cut to the selection. */
export async function selectData(
  selection: DataSelection,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Dataset> {
  const { name, dataDir, cacheDir, limit, testLimit } = selection;
  const data = await loadDataset(name, { ...(dataDir === null ? {} : { dataDir }), environment, cacheDir });
  return {
    ...data,
    train: firstExamples(data.train, limit ?? undefined),
    test: firstExamples(data.test, testLimit ?? undefined),
  };
}

const HOST: TrialHost = {
  store: folderStore,
  loadData: (selection) => selectData(selection, process.env),
  openEngine: openNodeEngine,
  givenNetwork: ({ path, at }, shape) => readGivenNetwork({ path, ...(at === null ? {} : { at }) }, shape),
  describe: () => ({ machine: describeMachine(), gatewise: gatewiseVersion() }),
};

/** Runs one trial in this process and writes its run directory; see `runTrialWith`. */
export const runTrial = (request: TrialRequest, context: TrialContext): Promise<TrialOutcome> =>
  runTrialWith(HOST, request, context);
