/** What is trained and how, as JSON: in the records of runs and of experiments. */
import { z } from "zod";
import { ArchitectureStructure } from "../network/index.ts";
import { LOSSES } from "../train/index.ts";

const Optimizer = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("sgd"), learningRate: z.number().positive(), momentum: z.number() }),
  z.strictObject({
    kind: z.literal("adam"),
    learningRate: z.number().positive(),
    beta1: z.number(),
    beta2: z.number(),
    epsilon: z.number(),
  }),
  z.strictObject({
    kind: z.literal("rmsprop"),
    learningRate: z.number().positive(),
    rho: z.number(),
    epsilon: z.number(),
  }),
]);

/** The fields of an experiment's settings, which a plan has too. */
export const SettingsStructure = {
  architecture: ArchitectureStructure,
  initializer: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("glorot-uniform") }),
    z.strictObject({ kind: z.literal("he-uniform") }),
    z.strictObject({ kind: z.literal("fan-in-uniform") }),
    z.strictObject({ kind: z.literal("bernoulli"), sigma: z.number() }),
  ]),
  optimizer: Optimizer,
  loss: z.enum(LOSSES),
  batch: z.int().min(1),
};

export const VariantStructure = z.strictObject({
  beta: z.number().positive().optional(),
  valueInput: z.enum(["example", "ones"]).optional(),
  gateOrder: z.array(z.int().min(1)).readonly().optional(),
});
