import type { RegimeName, RegimeVariant } from "../network/index.ts";
import {
  type Experiment,
  type Profile,
  type ProfileName,
  type PublishedFigure,
  settingsOf,
  type TrainingSettings,
  type Trial,
} from "./experiment.ts";
import { meanAndDeviation } from "./summary.ts";

/** One row of a comparison: a regime as it stands or changed, or its gates at some stage of their learning. */
export interface Arm {
  /** Part of its run directories' names. */
  readonly name: string;
  readonly title: string;
  readonly regime: RegimeName;
  readonly variant?: RegimeVariant;
  /** In place of the profile's. */
  readonly epochs?: number;
  /** `flnpf`: the gates are those of the ReLU network's best checkpoint up to this epoch; of all epochs unless told otherwise. */
  readonly learntUntil?: number;
  /** Figure of the full protocol. */
  readonly published?: PublishedFigure;
}

export interface ComparisonProfile extends Profile {
  readonly arms: readonly Arm[];
}

/** A protocol that compares more than the regimes: variants of a regime, or stages of learning. */
export interface Comparison extends TrainingSettings {
  readonly name: string;
  readonly title: string;
  readonly profiles: Readonly<Record<ProfileName, ComparisonProfile>>;
  /** Where the protocol and its figures stand. */
  readonly source: string;
}

export const isComparison = (protocol: Experiment | Comparison): protocol is Comparison => !("regimes" in protocol);

export interface ComparisonOptions {
  readonly seeds?: number;
  /** In place of every arm's. */
  readonly epochs?: number;
}

/**
 * The trials of a comparison: every arm once with every seed, by seed. The `flnpf` arms take their gates from the arm of
 * regime `relu`, which keeps its best checkpoint at the epochs that they ask for.
 */
export function trialsOfComparison(
  comparison: Comparison,
  profile: ComparisonProfile,
  options: ComparisonOptions = {},
): readonly Trial[] {
  const settings = settingsOf(comparison, profile);
  const { arms } = profile;
  const seeds = Array.from({ length: options.seeds ?? profile.runs }, (_, seed) => seed);
  const learner = arms.find(({ regime, variant }) => regime === "relu" && variant === undefined);
  const keepBestUntil = arms.flatMap(({ learntUntil }) => (learntUntil === undefined ? [] : [learntUntil]));
  return seeds.flatMap((seed) =>
    arms.map((arm): Trial => {
      const { name, regime, variant, learntUntil } = arm;
      const epochs = options.epochs ?? arm.epochs ?? profile.epochs;
      return {
        id: armTrial(name, seed),
        arm: name,
        plan: {
          ...settings,
          ...{ regime, epochs, seed },
          ...(variant === undefined ? {} : { variant }),
        },
        learntFrom:
          regime === "flnpf" && learner !== undefined
            ? { trial: armTrial(learner.name, seed), until: learntUntil }
            : undefined,
        keepBestUntil: arm === learner ? keepBestUntil : [],
      };
    }),
  );
}

const armTrial = (arm: string, seed: number): string => `${arm}-seed${seed}`;

/** A row of a comparison's table; accuracies in percent. */
export interface ArmSummary {
  /** The arm's name. */
  readonly regime: string;
  readonly title: string;
  readonly mean: number;
  readonly std: number;
  readonly published: PublishedFigure | null;
  readonly runs: readonly number[];
}

/** Rows of the arms with at least one finished run, in the order of the protocol. */
export function summarizeArms(
  arms: readonly Arm[],
  results: readonly { readonly arm: string; readonly bestTestAccuracy: number }[],
): readonly ArmSummary[] {
  return arms.flatMap(({ name, title, published }) => {
    const runs = results.filter(({ arm }) => arm === name).map(({ bestTestAccuracy }) => bestTestAccuracy);
    if (runs.length === 0) return [];
    return [{ regime: name, title, ...meanAndDeviation(runs), published: published ?? null, runs }];
  });
}
