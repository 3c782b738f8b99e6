import { z } from "zod";
import { COLORS, IMAGE_LAYOUTS, TARGET_KINDS } from "../data/index.ts";
import type { OwnFiles } from "../experiments/index.ts";

const Words = z.array(z.string());
const Layout = z.enum(IMAGE_LAYOUTS).optional();

/** Files of one's own as a run's record has them. */
export const OwnFilesStructure: z.ZodType<OwnFiles> = z.strictObject({
  options: z.strictObject({
    path: z.string(),
    keys: Words.optional(),
    labels: z.string().optional(),
    testData: z.string().optional(),
    testLabels: z.string().optional(),
    label: Words.optional(),
    drop: Words.optional(),
    header: z.boolean().optional(),
    layout: Layout,
    color: z.enum(COLORS).optional(),
    targets: z.enum(TARGET_KINDS).optional(),
    testShare: z.number().optional(),
    splitSeed: z.int().optional(),
  }),
  digest: z.string(),
  words: z.strictObject({ kind: z.enum(TARGET_KINDS), names: Words }),
  layout: Layout,
});
