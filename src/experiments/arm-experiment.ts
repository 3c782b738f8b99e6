import type { DrawnLabels } from "../data/index.ts";
import { type GateChoice, type RegimeName, type RegimeVariant, regimeOf } from "../network/index.ts";
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
import { type ComparedRow, type ComparedRun, comparedRow } from "./summary.ts";

/** One row of a comparison: a regime as it stands or changed, or its gates at some stage of their learning. */
export interface Arm {
  /** Part of its run directories' names. */
  readonly name: string;
  readonly title: string;
  readonly regime: RegimeName;
  readonly variant?: RegimeVariant;
  /** In place of the profile's. */
  readonly epochs?: number;
  /** Where the gates come from, layer by layer, in place of the regime's. */
  readonly gates?: readonly GateChoice[];
  /** Gates from `learnt`: the arm whose network gives them; the first of regime `relu` that nothing changes unless told otherwise. */
  readonly learntFrom?: string;
  /** They are those of that network's best checkpoint up to this epoch, or of its last epoch; of all epochs unless told otherwise. */
  readonly learntUntil?: number | "last";
  /** How training labels are changed, by a seed to which that of the run is added. */
  readonly labels?: DrawnLabels;
  /** Figure of the full protocol. */
  readonly published?: PublishedFigure;
}

/** A short or a full run of a comparison of arms. */
export interface ArmProfile extends Profile {
  readonly arms: readonly Arm[];
}

/**
 * What the page of arms tells: of `stages` of learning (arms `stage0`, `stage1`, …, beside one of regime `relu`), of
 * `variants` of deep linear gates (arms `dlgn`, `dlgn-ones-permuted`), or which `arms` are ahead.
 */
export const ARM_STORIES = ["stages", "variants", "arms"] as const;
/** One of {@link ARM_STORIES}. */
export type ArmStory = (typeof ARM_STORIES)[number];

/** Compares more than the regimes, as data: variants of a regime, or stages of learning. */
export interface ArmExperiment extends TrainingSettings, ExperimentWords {
  readonly kind: "arms";
  /** `arms` unless told otherwise. */
  readonly story?: ArmStory;
  readonly profiles: Readonly<Record<ProfileName, ArmProfile>>;
}

/** What of a comparison of arms is run. */
export interface ArmOptions {
  readonly seeds?: number;
  /** In place of every arm's. */
  readonly epochs?: number;
}

/**
 * The trials of a comparison: every arm once with every seed, by seed. Arms with gates from `learnt` (`flnpf`) take them from
 * the arm that they name, or that of regime `relu`, which keeps its best checkpoint at the epochs that they ask for.
 */
export function trialsOfArms(
  experiment: ArmExperiment,
  profile: ArmProfile,
  options: ArmOptions = {},
): readonly Trial[] {
  optionsIn(options);
  const settings = settingsOf(experiment, profile);
  const { arms } = profile;
  const seeds = Array.from({ length: options.seeds ?? profile.runs }, (_, seed) => seed);
  const usual = arms.find((arm) => arm.regime === "relu" && arm.variant === undefined && arm.labels === undefined);
  const learnerOf = (arm: Arm): Arm | undefined => {
    if (!regimeOf(arm).gates.some(({ from }) => from === "learnt")) return undefined;
    return arm.learntFrom === undefined ? usual : arms.find(({ name }) => name === arm.learntFrom);
  };
  const keptOf = (learner: Arm): readonly number[] =>
    arms.flatMap((arm) => (typeof arm.learntUntil === "number" && learnerOf(arm) === learner ? [arm.learntUntil] : []));
  return seeds.flatMap((seed) =>
    arms.map((arm): Trial => {
      const { name, regime, variant, gates, learntUntil, labels } = arm;
      const epochs = options.epochs ?? arm.epochs ?? profile.epochs;
      const learner = learnerOf(arm);
      return {
        id: armTrial(name, seed),
        arm: name,
        plan: {
          ...settings,
          ...{ regime, epochs, seed },
          ...(variant === undefined ? {} : { variant }),
          ...(gates === undefined ? {} : { gates }),
        },
        learntFrom:
          learner === undefined
            ? undefined
            : learntUntil === "last"
              ? { trial: armTrial(learner.name, seed), until: undefined, at: learntUntil }
              : { trial: armTrial(learner.name, seed), until: learntUntil },
        keepBestUntil: keptOf(arm),
        ...(labels === undefined ? {} : { labels: { ...labels, seed: labels.seed + seed } }),
      };
    }),
  );
}

const armTrial = (arm: string, seed: number): string => `${arm}-seed${seed}`;

/** A row of a comparison of arms, whose name stands as `regime`. */
export type ArmSummary = ComparedRow;

/** Rows of the arms with at least one complete run, in the order of the protocol. */
export const summarizeArms = (arms: readonly Arm[], results: readonly ComparedRun[]): readonly ArmSummary[] =>
  arms.flatMap(({ name, title, published }) =>
    comparedRow({ regime: name, title, published: published ?? null }, results),
  );
