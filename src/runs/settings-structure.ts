/** What is trained and how, as JSON: in the records of runs and of experiments. */
import { z } from "zod";
import type { LabelTransform } from "../data/index.ts";
import { ArchitectureStructure, type GateChoice } from "../network/index.ts";
import { LOSSES, type Recipe } from "../train/index.ts";

const Decay = z.number().min(0);
const Adam = { learningRate: z.number().positive(), beta1: z.number(), beta2: z.number(), epsilon: z.number() };
const Optimizer = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("sgd"),
    learningRate: z.number().positive(),
    momentum: z.number(),
    nesterov: z.boolean().optional(),
    weightDecay: Decay.optional(),
  }),
  z.strictObject({ kind: z.literal("adam"), ...Adam, weightDecay: Decay.optional() }),
  z.strictObject({ kind: z.literal("adamw"), ...Adam, weightDecay: Decay }),
  z.strictObject({
    kind: z.literal("rmsprop"),
    learningRate: z.number().positive(),
    rho: z.number(),
    epsilon: z.number(),
    weightDecay: Decay.optional(),
  }),
]);

const Biases = z.literal("random").optional();

/** The fields of an experiment's settings, which a plan has too. */
export const SettingsStructure = {
  architecture: ArchitectureStructure,
  initializer: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("glorot-uniform"), biases: Biases }),
    z.strictObject({ kind: z.literal("he-uniform"), biases: Biases }),
    z.strictObject({ kind: z.literal("fan-in-uniform"), biases: Biases }),
    z.strictObject({ kind: z.literal("bernoulli"), sigma: z.number(), biases: Biases }),
  ]),
  optimizer: Optimizer,
  loss: z.enum(LOSSES),
  batch: z.int().min(1),
};

/** Of a plan, and of an experiment on files of one's own. */
export const OrderStructure = z.enum(["shuffled", "shuffled-in-blocks", "given"]);
export const NormalizationStructure = z.strictObject({
  factor: z.array(z.number()).min(1),
  shift: z.array(z.number()).min(1),
});

const Gating = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("hard") }),
  z.strictObject({ kind: z.literal("soft"), beta: z.number(), epsilon: z.number() }),
]);

/** Sources of gates, layer by layer. */
export const GatesStructure: z.ZodType<readonly GateChoice[]> = z
  .array(
    z.strictObject({
      layer: z.union([z.int().min(1), z.literal("all")]),
      from: z.union([
        z.enum(["own", "random", "initial", "learnt"]),
        z.strictObject({ network: z.string(), architecture: ArchitectureStructure.optional() }),
      ]),
      trains: z.boolean(),
      features: z.enum(["relu", "linear", "shallow"]).optional(),
      gating: Gating.optional(),
    }),
  )
  .readonly();

export const DrawnLabelsStructure = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("shuffle"), seed: z.int().min(0) }),
  z.strictObject({ kind: z.literal("noise"), share: z.number().min(0).max(1), seed: z.int().min(0) }),
  z.strictObject({ kind: z.literal("replace"), seed: z.int().min(0) }),
]);
export const LabelsStructure: z.ZodType<LabelTransform> = z.union([
  DrawnLabelsStructure,
  z.strictObject({ kind: z.literal("given"), file: z.string(), digest: z.string() }),
]);

export const VariantStructure = z.strictObject({
  beta: z.number().positive().optional(),
  valueInput: z.enum(["example", "ones"]).optional(),
  gateOrder: z.array(z.int().min(1)).readonly().optional(),
});

const Warmup = z.number().min(0);
/** What a plan adds to a training. */
export const RecipeStructure: z.ZodType<Recipe> = z.strictObject({
  schedule: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("constant"), warmup: Warmup }),
      z.strictObject({
        kind: z.literal("step"),
        warmup: Warmup,
        milestones: z.array(z.int().min(1)).readonly(),
        gamma: z.number().positive(),
      }),
      z.strictObject({ kind: z.literal("cosine"), warmup: Warmup, epochs: z.int().min(1) }),
    ])
    .optional(),
  clipNorm: z.number().positive().optional(),
  labelSmoothing: z.number().positive().lt(1).optional(),
  classWeights: z.union([z.literal("balanced"), z.array(z.number().positive()).readonly()]).optional(),
  dropout: z.number().positive().lt(1).optional(),
  augment: z.strictObject({ crop: z.int().min(1).optional(), flip: z.boolean().optional() }).optional(),
  validation: z.number().positive().lt(1).optional(),
  earlyStopping: z.int().min(1).optional(),
});
