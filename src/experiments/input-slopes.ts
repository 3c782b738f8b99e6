/** Slopes of a sum over the examples of a batch with regard to their inputs, by the engine. */
import type { Engine, Feeds } from "../engine/index.ts";
import { type DenseArray, gradients, graph, input, reduceSum, type Tensor } from "../graph/index.ts";
import { forwardNodes, type GatedNetwork, inputShapeOf } from "../network/index.ts";

/** A compiled gradient; to be released. */
export interface InputSlopes extends AsyncDisposable {
  /**
   * @param inputs `[n, …inputShape]`
   * @param feeds what the sum is made of beside the outputs
   * @returns the slope at each element of the inputs, in their order
   */
  at(inputs: DenseArray<"float32">, feeds: Feeds): Promise<Float32Array>;
}

/** @param summed numbers of which the sum is taken, from the outputs `[batch, outputs]` */
export async function openInputSlopes(
  network: GatedNetwork,
  engine: Engine,
  summed: (outputs: Tensor<"float32">) => Tensor<"float32">,
): Promise<InputSlopes> {
  const x = input("x", "float32", ["batch", ...inputShapeOf(network)]);
  const y = forwardNodes(network, x).get(network.output);
  if (y === undefined) throw new Error("unreachable: a network without an output");
  const [slope] = gradients(reduceSum(summed(y)), [x]);
  if (slope === undefined) throw new Error("unreachable: no gradient");
  const program = await engine.compile(graph({ slope }));
  return {
    async at(inputs, feeds) {
      const { slope: slopes } = (await program.run({ ...feeds, x: inputs })).fetched;
      if (slopes?.dtype !== "float32") throw new Error("unreachable: no slopes");
      return slopes.data;
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
