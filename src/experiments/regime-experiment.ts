import type { RegimeName } from "../network/index.ts";
import { optionsIn } from "../options.ts";
import {
  type ExperimentWords,
  type Profile,
  type ProfileName,
  type PublishedFigure,
  settingsOf,
  type TrainingSettings,
  type Trial,
} from "./protocol.ts";

/** Compares the regimes, as data (theory 6.1): every one with every seed. */
export interface RegimeExperiment extends TrainingSettings, ExperimentWords {
  readonly kind: "regimes";
  readonly regimes: readonly RegimeName[];
  readonly profiles: Readonly<Record<ProfileName, Profile>>;
  /** Figures of the full protocol. */
  readonly published: Readonly<Partial<Record<RegimeName, PublishedFigure>>>;
}

/** What a user may change of an experiment. */
export interface TrialOptions {
  readonly regimes?: readonly RegimeName[];
  readonly seeds?: number;
  readonly epochs?: number;
}

/**
 * The trials of an experiment: every regime once with every seed, one after the other by seed. A `flnpf` trial takes its
 * gates from the `relu` trial of the same seed, which comes first, and is added if it was not asked for.
 */
export function trialsOf(experiment: RegimeExperiment, profile: Profile, options: TrialOptions = {}): readonly Trial[] {
  optionsIn(options);
  const asked = options.regimes ?? experiment.regimes;
  const regimes = new Set(asked.includes("flnpf") ? ["relu" as const, ...asked] : asked);
  const settings = settingsOf(experiment, profile);
  const seeds = Array.from({ length: options.seeds ?? profile.runs }, (_, seed) => seed);
  const epochs = options.epochs ?? profile.epochs;
  return seeds.flatMap((seed) =>
    Array.from(
      regimes,
      (regime): Trial => ({
        id: trialId(regime, seed),
        arm: regime,
        plan: { ...settings, regime, epochs, seed },
        learntFrom: regime === "flnpf" ? { trial: trialId("relu", seed), until: undefined } : undefined,
        keepBestUntil: [],
      }),
    ),
  );
}

const trialId = (regime: RegimeName, seed: number): string => `${regime}-seed${seed}`;
