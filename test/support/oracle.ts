import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { type DenseArray, denseArray } from "../../src/graph/index.ts";
import {
  type Architecture,
  byName,
  type Layer,
  type ParametersByLayer,
  type RegimeName,
  type TrialParameters,
} from "../../src/network/index.ts";
import type { Numbers } from "./expect-close.ts";

/** Part of the repository: a clone without anything beside it checks the numbers too. */
const GOLDEN = resolve("test", "golden");

const Tensor: z.ZodType<Numbers> = z.lazy(() => z.union([z.number(), z.array(Tensor)]));
const OracleLayer = z.object({ kind: z.enum(["dense", "conv"]), weight: Tensor, bias: z.array(z.number()).nullable() });
const Kernel = z.array(z.array(z.number()));
/** Sums over all paths of the first example to a logit, and the largest of them. */
const FirstPaths = z.object({
  logit: z.int(),
  sum_of_all_paths: z.number(),
  absolute_mass: z.number(),
  paths_with_nonzero_contribution: z.int(),
  top: z.array(
    z.object({
      contribution: z.number(),
      units: z.array(z.int()),
      starts_at_bias_of_layer: z.int().nullable(),
    }),
  ),
});
const OracleFile = z.object({
  name: z.string(),
  gate: z.string(),
  pool: z.enum(["flatten", "gap"]).nullable(),
  x: Tensor,
  labels: z.array(z.int()),
  value_net: z.array(OracleLayer),
  feature_net: z.array(OracleLayer).nullable(),
  logits: Tensor,
  gates: z.array(Tensor),
  loss: z.number(),
  gradients: z.array(Tensor),
  optimisers: z.record(
    z.enum(["sgd", "adam", "rmsprop"]),
    z.object({ lr: z.number(), steps: z.int(), losses: z.array(z.number()), params: z.array(Tensor) }),
  ),
  // kernels over the inputs, `[n, n]`; those of the tangents are of logit 0
  npk: Kernel.optional(),
  ntk_value: Kernel.optional(),
  ntk_feature: Kernel.optional(),
  paths_of_first_example: FirstPaths.optional(),
});

/** A golden case: a network, its inputs and what PyTorch made of them in float64. */
export interface Oracle extends z.infer<typeof OracleFile> {
  readonly architecture: Architecture;
  readonly regime: RegimeName;
  /** Parameters before training. */
  readonly records: TrialParameters;
  /** The same by name: `value.1.weight`. */
  readonly parameters: ReturnType<typeof byName<DenseArray<"float32">>>;
  /** Names of the trained parameters, in the order of `gradients`. */
  readonly trained: readonly string[];
}

/** All golden cases whose name starts with `prefix`; an empty answer would skip a test without a word. */
export function oracles(prefix: string): readonly Oracle[] {
  const files = readdirSync(GOLDEN).filter((file) => file.startsWith(prefix) && file.endsWith(".json"));
  if (files.length === 0) throw new Error(`no golden values ${prefix}*.json in ${GOLDEN}`);
  return files.map((file) => complete(OracleFile.parse(JSON.parse(readFileSync(join(GOLDEN, file), "utf8")))));
}

/** The layers of a golden case as records. */
export const layersOfFile = <P>(layers: Oracle["value_net"], arrayOf: (numbers: Numbers) => P): ParametersByLayer<P> =>
  Object.fromEntries(
    layers.map(({ weight, bias }, i) => [
      i + 1,
      bias === null ? { weight: arrayOf(weight) } : { weight: arrayOf(weight), bias: arrayOf(bias) },
    ]),
  );

function complete(file: z.infer<typeof OracleFile>): Oracle {
  const soft = file.gate !== "hard";
  const regime = file.feature_net === null ? "relu" : soft ? "dlnpf" : "frnpf-ii";
  const records: TrialParameters = {
    value: layersOfFile(file.value_net, array),
    ...(file.feature_net === null ? {} : { feature: layersOfFile(file.feature_net, array) }),
  };
  const parameters = byName(records);
  const trained = Object.keys(parameters).filter((name) => name.startsWith("value.") || regime === "dlnpf");
  return { ...file, regime, architecture: architectureOf(file), records, parameters, trained };
}

function architectureOf({ value_net, pool, x }: z.infer<typeof OracleFile>): Architecture {
  const layers = value_net.flatMap(({ kind, weight, bias }, i): readonly Layer[] => {
    const [first = 0, second = 0, kernel = 0] = shapeOf(weight);
    const common = { bias: bias !== null, gated: i < value_net.length - 1 };
    if (kind === "conv")
      return [{ kind: "convolution", channels: first, kernel, stride: 1, padding: "same", ...common }];
    const afterMaps = value_net[i - 1]?.kind === "conv";
    const toVector: Layer = pool === "gap" ? { kind: "global-average-pool" } : { kind: "flatten" };
    return [...(afterMaps ? [toVector] : []), { kind: "dense", units: second, ...common }];
  });
  return { inputShape: shapeOf(x).slice(1), layers };
}

export function shapeOf(numbers: Numbers): readonly number[] {
  return Array.isArray(numbers) ? [numbers.length, ...shapeOf(numbers[0])] : [];
}

/** Nested lists as a float32 array. */
export const array = (numbers: Numbers) => {
  const flat = Array.isArray(numbers) ? numbers.flat(10).map(Number) : [Number(numbers)];
  return denseArray("float32", shapeOf(numbers), Float32Array.from(flat));
};
