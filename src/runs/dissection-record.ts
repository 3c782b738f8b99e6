/** `dissect.json`: the answer of a dissection and how it was made, whole: its page can be written from this and its runs. */
import { z } from "zod";
import type { DissectionAnswer } from "../experiments/index.ts";
import { parseJson } from "./parse-json.ts";
import { readText, type Store } from "./store.ts";

/** The name of the file in the dissection's folder. */
export const DISSECTION_FILE = "dissect.json";

/** What is told of a dissection: its answer, and how it was made. */
export interface DissectionRecord extends DissectionAnswer {
  /** Of the file or run, with the digest of its weights. */
  readonly model: { readonly path: string; readonly digest: string };
  readonly data: string;
  readonly trainings: {
    readonly seeds: number;
    readonly epochs: number;
    readonly stopsEarly: boolean;
    readonly optimizer: string;
    readonly learningRate: number;
    readonly batch: number;
    readonly trainExamples: number;
    readonly testExamples: number;
    readonly measuredAfter: string;
  };
}

const Ends = z.object({ low: z.number(), high: z.number() });
const Scores = z.object({ mean: z.number(), std: z.number(), runs: z.array(z.number()).readonly() });
const RecordFile: z.ZodType<DissectionRecord> = z.object({
  model: z.object({ path: z.string(), digest: z.string() }),
  data: z.string(),
  trainings: z.object({
    seeds: z.number(),
    epochs: z.number(),
    stopsEarly: z.boolean(),
    optimizer: z.string(),
    learningRate: z.number(),
    batch: z.number(),
    trainExamples: z.number(),
    testExamples: z.number(),
    measuredAfter: z.string(),
  }),
  measure: z.enum(["accuracy", "R²"]),
  rows: z
    .array(
      Scores.extend({
        what: z.enum(["model", "gates", "random", "apart", "anew", "kernel of its gates", "kernel of random gates"]),
        title: z.string(),
        interval: Ends.nullable(),
        rmse: Scores.exactOptional(),
        best: Scores.exactOptional(),
      }),
    )
    .readonly(),
  kernelExamples: z.number(),
  gained: Ends.extend({ value: z.number() }),
  shareInGates: z.object({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() }).nullable(),
  answer: z.string(),
});

/**
 * The dissection in a place, once it has been answered; undefined if the place holds none.
 * @throws GatewiseError for a file that is not one
 */
export async function dissectionAt(store: Store): Promise<DissectionRecord | undefined> {
  const text = await readText(store, DISSECTION_FILE);
  return text === undefined ? undefined : parseJson(RecordFile, text, store.nameOf(DISSECTION_FILE));
}
