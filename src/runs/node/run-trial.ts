import { openNodeEngine } from "../../engine/node/index.ts";
import type { TrialOutcome } from "../executor.ts";
import { runTrialWith, type TrialContext, type TrialHost } from "../run-trial.ts";
import type { TrialRequest } from "../trial-request.ts";
import { folderStore } from "./folder-store.ts";
import { readGivenNetwork } from "./given-network.ts";
import { describeMachine } from "./machine.ts";
import { selectedData } from "./selected-data.ts";
import { gatewiseVersion } from "./version.ts";

const HOST: TrialHost = {
  store: folderStore,
  loadData: (selection) => selectedData(selection, process.env),
  openEngine: openNodeEngine,
  givenNetwork: ({ path, at, part }, shape) => readGivenNetwork({ path, part, ...(at === null ? {} : { at }) }, shape),
  describe: () => ({ machine: describeMachine(), gatewise: gatewiseVersion() }),
};

/** Runs one trial in this process and writes its run directory; see `runTrialWith`. */
export const runTrial = (request: TrialRequest, context: TrialContext): Promise<TrialOutcome> =>
  runTrialWith(HOST, request, context);
