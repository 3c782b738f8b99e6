import { resolve } from "node:path";
import { planExperiment } from "../sweeps/node/index.ts";
import { planHost } from "./actions/sweep-plan.ts";
import type { CliContext } from "./context.ts";
import { dataScratch } from "./data-scratch.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { printPlan } from "./planned-sweep.ts";
import { onFiles, type ReproduceRequest } from "./reproduce-experiment.ts";

/** `reproduce --plan`: the trials of an experiment, for `sweep run`. */
export async function planOfExperiment(asked: ReproduceRequest, context: CliContext): Promise<ExitCode> {
  await using scratch = await dataScratch(asked.data?.data, asked.places.cacheDir);
  const { experiment, profile, options, device, directory, places } = await onFiles(asked, scratch, context);
  const dataDir = places.dataDir === null ? null : resolve(places.dataDir);
  const { environment, cacheDir, command } = context;
  const host = planHost({ ...(dataDir === null ? {} : { dataDir }), environment, cacheDir }, context);
  const plan = { experiment, profile, options, device };
  printPlan(context, await planExperiment(plan, { directory, command, dataDir }, host));
  return EXIT.done;
}
