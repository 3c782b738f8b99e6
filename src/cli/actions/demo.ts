import { fcMnistAdam } from "../../experiments/index.ts";
import { workerCount } from "../../runs/node/index.ts";
import { freeFolder } from "../free-folder.ts";
import { type ReproduceRequest, reproduceExperiment } from "../reproduce-experiment.ts";
import { inStages } from "../stages.ts";

/** `demo`: the quick profile of the paper's experiment on the embedded digits. */
export const demo = inStages(
  ({ context }, options: { readonly out?: string }): ReproduceRequest => ({
    experiment: fcMnistAdam,
    profile: "quick",
    options: {},
    directory: options.out ?? freeFolder("runs/demo"),
    places: { dataDir: null, cacheDir: context.cacheDir },
    device: "cpu",
    command: context.command,
    workers: workerCount(undefined, context.environment),
    resume: options.out !== undefined,
  }),
  reproduceExperiment,
);
