import { expect, it } from "vitest";
import { type DenseArray, float32, input, type Tensor } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { type Optimizer, optimizer } from "../../src/train/index.ts";
import { slotNames, stepScalars, update } from "../../src/train/optimizers.ts";
import { expectClose } from "../support/expect-close.ts";
import { runGraph } from "../support/run-graph.ts";

const STEP = 7;
const drawn = (name: string): Float64Array => randomStream(5, name).uniform(105, name === "second-moment" ? 0 : -1, 1);

/** Parameters of a shape and their averages after one step. */
async function updated(config: Optimizer, shape: readonly number[]): Promise<Readonly<Record<string, DenseArray>>> {
  const tensor = (name: string): Tensor<"float32"> => input(name, "float32", shape);
  const scalar = (name: string): Tensor<"float32"> => input(name, "float32", []);
  const slots = slotNames(config);
  const next = update(
    config,
    tensor("parameter"),
    tensor("gradient"),
    Object.fromEntries(slots.map((name) => [name, tensor(name)])),
    { rate: scalar("rate"), scale: scalar("scale"), epsilon: scalar("epsilon"), keep: scalar("keep") },
  );
  const arrays = ["parameter", "gradient", ...slots].map((name) => [name, float32(shape, drawn(name))] as const);
  const scalars = Object.entries(stepScalars(config, STEP, 1)).map(
    ([name, one]) => [name, float32([], [one])] as const,
  );
  const results = Object.entries({ parameter: next.parameter, ...next.slots });
  return runGraph(
    Object.fromEntries(results.map(([name, result]) => [`next:${name}`, result])),
    Object.fromEntries([...arrays, ...scalars]),
  );
}

it.each(["adam", "adamw", "rmsprop"] as const)(
  "%s moves parameters that are held as a row as it moves them in their own shape",
  async (kind) => {
    const config = optimizer(kind, 1e-2);
    const [row, own] = [await updated(config, [1, 105]), await updated(config, [3, 5, 7])];
    for (const name of ["parameter", ...slotNames(config)]) {
      const of = (arrays: typeof row): Float64Array => Float64Array.from(arrays[`next:${name}`]?.data ?? [], Number);
      expect(of(own)).toHaveLength(105);
      // a product and a sum are rounded together on some processors
      expectClose(of(row), of(own), { relative: 1e-6, absolute: 1e-7 });
    }
  },
);
