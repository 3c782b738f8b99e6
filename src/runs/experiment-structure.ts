/** Experiments as JSON: those of the papers, and those that a user defines in a program of their own. */
import { z } from "zod";
import { DATASET_NAMES } from "../data/index.ts";
import { GatewiseError } from "../errors.ts";
import {
  ARM_STORIES,
  COMPARED_WITH,
  type ComparedWith,
  type Experiment,
  type ExperimentKind,
  type ExperimentOf,
  MEASURES,
  PIXEL_MAPS,
  type PixelMapName,
  REMOVAL_ORDERS,
  type RemovalOrderName,
  UNFAMILIAR_SCORES,
  UNFAMILIAR_SETS,
  type UnfamiliarScore,
  type UnfamiliarSet,
} from "../experiments/index.ts";
import { REGIME_NAMES } from "../network/index.ts";
import { OwnFilesStructure } from "./own-files-structure.ts";
import {
  DrawnLabelsStructure,
  GatesStructure,
  NormalizationStructure,
  OrderStructure,
  RecipeStructure,
  SettingsStructure,
  VariantStructure,
} from "./settings-structure.ts";

const Count = z.int().min(1);
const Percent = z.number();
const Regime = z.enum(REGIME_NAMES);
const Figure = z.tuple([Percent, Percent]).readonly();

/** Part of file names, and of commands. */
const Name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "a name of lower-case letters, digits and hyphens");
/** `experiment.json` and `run.json` are records; an experiment's results are a JSON file of its name. */
const RESERVED: ReadonlySet<string> = new Set(["experiment", "run"]);

const Words = {
  name: Name.refine((name) => !RESERVED.has(name), "a name that no other file of the folder has"),
  title: z.string(),
  source: z.string(),
};
const profilesOf = <T extends z.ZodType>(profile: T) => z.strictObject({ quick: profile, full: profile });

const ProfileFields = {
  data: z.string(),
  own: OwnFilesStructure.exactOptional(),
  limit: Count.exactOptional(),
  testLimit: Count.exactOptional(),
  epochs: Count,
  runs: Count,
  instead: z
    .strictObject({
      architecture: SettingsStructure.architecture.exactOptional(),
      initializer: SettingsStructure.initializer.exactOptional(),
      optimizer: SettingsStructure.optimizer.exactOptional(),
      loss: SettingsStructure.loss.exactOptional(),
      batch: SettingsStructure.batch.exactOptional(),
      normalization: NormalizationStructure.exactOptional(),
      order: OrderStructure.exactOptional(),
    })
    .exactOptional(),
};
const Arm = z.strictObject({
  name: Name,
  title: z.string(),
  regime: z.enum([...REGIME_NAMES, "by-layer"]),
  variant: VariantStructure.exactOptional(),
  gates: GatesStructure.exactOptional(),
  epochs: Count.exactOptional(),
  learntFrom: Name.exactOptional(),
  learntUntil: z.union([Count, z.literal("last")]).exactOptional(),
  labels: DrawnLabelsStructure.exactOptional(),
  published: Figure.exactOptional(),
});
const Arms = z
  .array(Arm)
  .min(1)
  .readonly()
  .refine((arms) => new Set(arms.map(({ name }) => name)).size === arms.length, "arms of different names");
const Series = z.strictObject({
  title: z.string(),
  unit: z.string(),
  depth: z.int().min(2),
  inputs: z.enum(["digits", "noise"]),
  inputShape: z.array(Count).min(1).readonly(),
  examples: Count,
  fitFrom: z.number(),
  reference: z.array(z.tuple([Count, z.number()]).readonly()).readonly(),
});

const isRemovalOrder = (name: string): name is RemovalOrderName => name in REMOVAL_ORDERS;
const isComparedWith = (name: string): name is ComparedWith => name in COMPARED_WITH;
const isPixelMap = (name: string): name is PixelMapName => name in PIXEL_MAPS;
const isUnfamiliarSet = (name: string): name is UnfamiliarSet => name in UNFAMILIAR_SETS;
const isUnfamiliarScore = (name: string): name is UnfamiliarScore => name in UNFAMILIAR_SCORES;

const KINDS = {
  regimes: z.strictObject({
    kind: z.literal("regimes"),
    ...Words,
    ...SettingsStructure,
    regimes: z.array(Regime).min(1).readonly(),
    profiles: profilesOf(z.strictObject(ProfileFields)),
    published: z.partialRecord(Regime, Figure),
  }),
  arms: z.strictObject({
    kind: z.literal("arms"),
    ...Words,
    ...SettingsStructure,
    story: z.enum(ARM_STORIES).exactOptional(),
    profiles: profilesOf(z.strictObject({ ...ProfileFields, arms: Arms })),
  }),
  watched: z.strictObject({
    kind: z.literal("watched"),
    ...Words,
    ...SettingsStructure,
    measure: z.enum(MEASURES),
    regime: Regime,
    classes: z.array(z.int().min(0)).min(2).readonly().exactOptional(),
    profiles: profilesOf(
      z.strictObject({
        data: z.enum(DATASET_NAMES),
        epochs: Count,
        every: Count,
        runs: Count,
        examples: Count,
        limit: ProfileFields.limit,
        testLimit: ProfileFields.testLimit,
        features: Count.exactOptional(),
        instead: ProfileFields.instead,
      }),
    ),
  }),
  monitor: z.strictObject({
    kind: z.literal("monitor"),
    ...Words,
    ...SettingsStructure,
    step: z.number().positive(),
    neighbors: Count,
    references: Count,
    profiles: profilesOf(
      z.strictObject({
        data: z.enum(DATASET_NAMES),
        epochs: Count,
        runs: Count,
        clean: Count,
        testLimit: Count.exactOptional(),
      }),
    ),
    published: z.partialRecord(
      z.enum(Object.keys(UNFAMILIAR_SETS).filter(isUnfamiliarSet)),
      z.partialRecord(z.enum(Object.keys(UNFAMILIAR_SCORES).filter(isUnfamiliarScore)), Figure),
    ),
  }),
  trees: z.strictObject({
    kind: z.literal("trees"),
    ...Words,
    task: z.strictObject({
      seed: z.int().min(0),
      dimension: Count,
      levels: Count,
      train: Count,
      validation: Count,
      test: Count,
    }),
    networks: z
      .array(
        z.strictObject({
          regime: z.enum(["dlgn", "dlgn-sf"]),
          title: z.string(),
          architecture: SettingsStructure.architecture,
          variant: VariantStructure,
          published: z.strictObject({ paper: Percent, independent: Percent }),
        }),
      )
      .min(1)
      .readonly(),
    batch: Count,
    learningRate: z.number().positive(),
    every: Count,
    profiles: profilesOf(z.strictObject({ data: z.string(), epochs: Count, runs: Count })),
  }),
  theorem: z.strictObject({
    kind: z.literal("theorem"),
    ...Words,
    series: z.strictObject({ "fully-connected": Series, convolutional: Series }),
    profiles: profilesOf(
      z.strictObject({
        widths: z.array(Count).min(1).readonly(),
        draws: Count,
        channels: z.array(Count).min(1).readonly(),
        channelDraws: Count,
      }),
    ),
  }),
  explanation: z.strictObject({
    kind: z.literal("explanation"),
    ...Words,
    ...SettingsStructure,
    samples: Count,
    smoothing: z.number().min(0),
    step: z.number().positive(),
    noise: z.number().positive(),
    steps: Count,
    profiles: profilesOf(
      z.strictObject({
        data: z.enum(DATASET_NAMES),
        epochs: Count,
        runs: Count,
        images: Count,
        testLimit: Count.exactOptional(),
      }),
    ),
    published: z.strictObject({
      removal: z.partialRecord(
        z.enum(Object.keys(REMOVAL_ORDERS).filter(isRemovalOrder)),
        z.strictObject({ half: Figure, most: Figure }),
      ),
      kept: z.partialRecord(z.enum(Object.keys(COMPARED_WITH).filter(isComparedWith)), Figure),
      area: z.partialRecord(z.enum(Object.keys(PIXEL_MAPS).filter(isPixelMap)), Figure),
    }),
  }),
  influence: z.strictObject({
    kind: z.literal("influence"),
    ...Words,
    ...SettingsStructure,
    recipe: RecipeStructure,
    ridge: z.number().positive(),
    ridges: z.array(z.number().positive()).readonly(),
    before: z.strictObject({ scores: z.array(z.number()).readonly(), ceiling: z.number() }).exactOptional(),
    profiles: profilesOf(
      z.strictObject({
        data: z.enum(DATASET_NAMES),
        train: z.int().min(4),
        test: Count,
        halves: z.int().min(3),
        epochs: Count,
        runs: Count,
      }),
    ),
  }),
} as const satisfies { readonly [K in ExperimentKind]: z.ZodType<ExperimentOf<K>> };

export const ExperimentStructure: z.ZodType<Experiment> = z.discriminatedUnion("kind", [
  KINDS.regimes,
  KINDS.arms,
  KINDS.watched,
  KINDS.monitor,
  KINDS.trees,
  KINDS.theorem,
  KINDS.influence,
  KINDS.explanation,
]);

/**
 * Checks an experiment that a program has defined as its folder will be read.
 * @throws GatewiseError naming the first field that is wrong
 */
export function checkExperiment(experiment: Experiment): void {
  const result = ExperimentStructure.safeParse(JSON.parse(JSON.stringify(experiment)));
  const [issue] = result.error?.issues ?? [];
  if (issue === undefined) return;
  throw new GatewiseError({
    received: `experiment "${experiment.name}", ${issue.path.join(".") || "as a whole"}: ${issue.message}`,
    expected: "a definition that can be kept as JSON",
    next: "correct the field",
  });
}
