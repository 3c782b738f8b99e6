/**
 * Whether the values that decide gates are numbers. Large weights of many layers leave float32: differences of infinite
 * values are no numbers, a gate of them is shut, and its kernels look like answers.
 */
import { GatewiseError } from "../errors.ts";
import { add, type DenseArray, reduceSum, subtract, type Tensor } from "../graph/index.ts";

const OUTPUT = "finite";

/** An output of a graph, `[batch]`: 0 for an example whose values are finite, else not a number. */
export function finiteness(values: readonly Tensor<"float32">[]): Readonly<Record<string, Tensor<"float32">>> {
  const sums = values.map((q) => reduceSum(subtract(q, q), q.shape.map((_, axis) => axis).slice(1)));
  const [first, ...others] = sums;
  return first === undefined ? {} : { [OUTPUT]: others.reduce((sum, one) => add(sum, one), first) };
}

/**
 * @param fetched of a run of a graph with {@link finiteness}
 * @param from the first example of the run, for messages
 * @throws GatewiseError if a value of an example is not finite
 */
export function checkDecisions(fetched: Readonly<Record<string, DenseArray>>, from: number): void {
  const broken = fetched[OUTPUT]?.data.findIndex((sum) => sum !== 0) ?? -1;
  if (broken < 0) return;
  throw new GatewiseError({
    code: "numerical-failure",
    received: `pre-activations of input ${from + broken} beyond float32`,
    expected: "values of at most 3.4e38, as gates are decided by them",
    next: "scale the inputs or weights: gates without biases do not change with them",
  });
}
