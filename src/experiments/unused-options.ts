/** What may be said of an experiment and is of no use to its kind. */
import { GatewiseError } from "../errors.ts";
import type { Experiment, ExperimentKind, ExperimentOptions } from "./experiment.ts";
import type { TrainingDevice } from "./training-options.ts";

/** All that is said of an experiment beside its profile. */
export interface ExperimentSettings extends ExperimentOptions {
  /** Data in place of the experiment's. */
  readonly data?: unknown;
  /** Where the data set is looked for first. */
  readonly dataDir?: string | undefined;
  /** Trials side by side. */
  readonly workers?: number | undefined;
  readonly device?: TrainingDevice | undefined;
}

interface Unused {
  readonly options: readonly (keyof ExperimentSettings)[];
  readonly because: string;
}

/** Options that a kind of experiment does not use, and why. */
const UNUSED = {
  regimes: { options: [], because: "" },
  arms: { options: ["regimes"], because: "it compares what it names itself" },
  watched: { options: ["regimes", "workers", "data"], because: "it trains one network after the other" },
  monitor: { options: ["regimes", "workers", "data"], because: "it trains one network after the other" },
  explanation: { options: ["regimes", "workers", "data"], because: "it trains one network after the other" },
  trees: {
    options: ["regimes", "dataDir", "workers", "data"],
    because: "it draws its data and trains its two networks",
  },
  influence: { options: ["regimes", "workers", "data"], because: "it trains two networks at a time" },
  theorem: {
    options: ["regimes", "epochs", "dataDir", "workers", "data"],
    because: "it draws networks and trains none",
  },
} as const satisfies Record<ExperimentKind, Unused>;

/**
 * Refuses what an experiment has no use for: it is a mistake, not something to pass over.
 * @param nameOf how whoever says it knows an option: `--data-dir` on a command line
 * @throws GatewiseError for the first such option
 */
export function checkExperimentSettings(
  { name, kind }: Pick<Experiment, "name" | "kind">,
  settings: ExperimentSettings,
  nameOf: (option: keyof ExperimentSettings) => string = (option) => option,
): void {
  const { options, because }: Unused = UNUSED[kind];
  const given = options.find((option) => settings[option] !== undefined);
  if (given !== undefined) {
    throw new GatewiseError({
      received: `${nameOf(given)} with ${name}`,
      expected: `no such option: ${because}`,
      next: "leave it out",
    });
  }
  const { device = "cpu" } = settings;
  if (kind !== "theorem" || device === "cpu") return;
  throw new GatewiseError({
    received: `${nameOf("device")} ${device} with ${name}`,
    expected: "cpu: its kernels are made in float64, which other devices lack",
    next: `leave ${nameOf("device")} out`,
  });
}
