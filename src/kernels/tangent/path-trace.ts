import type { Engine } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import { checkInputs, type Inputs } from "../../gates/index.ts";
import { type DenseArray, float64, zeros } from "../../graph/index.ts";
import { type GatedNetwork, inputShapeOf, outputCount } from "../../network/index.ts";
import { type PathParameter, type PathPass, parameterName, pathParameters, pathPassGraph } from "./path-trace-pass.ts";

export interface PathTraceOptions {
  /** The logit at which paths end; all of them unless told otherwise. */
  readonly output?: number;
  /**
   * Only paths that are active for these examples, each times its squared input: `Σ_x Σ_p φ_x(p)² · …` instead of
   * `Σ_p …` (theory 4.6). `[n, ...inputShape]`.
   */
  readonly inputs?: Inputs;
}

/**
 * Trace of the path kernel, `Tr Π = Σ_j ∂R / ∂(θ_j²)` with `R = Σ_p v_p²`: how fast gradient descent can move the
 * network's paths (theory 4.6). One pass through squared weights and its reverse; no path is enumerated. Max-pooling
 * counts as the sum over its window unless inputs tell what it selects. Beside inputs, of each example `x` the trace of
 * `Π` weighted by `φ_x(p)²`, summed over the examples.
 * @throws GatewiseError if there is no such output, or the inputs do not fit
 */
export async function pathKernelTrace(
  network: GatedNetwork,
  engine: Engine,
  options: PathTraceOptions = {},
): Promise<number> {
  const { slopes } = await runPathPass(network, engine, { ...passOf(options), power: 2 }, options.inputs);
  return slopes.reduce((sum, { slope }) => slope.data.reduce((part, one) => part + one, sum), 0);
}

export const passOf = ({ output, inputs }: PathTraceOptions): Pick<PathPass, "output" | "scope"> => ({
  output,
  scope: inputs === undefined ? "all-paths" : "active-paths",
});

/** `∂R / ∂|θ|^q` for a weight or bias, of its shape. */
export interface PathSlope extends PathParameter {
  readonly slope: DenseArray<"float64">;
}

/** `R` and its slopes, summed over the examples. */
export async function runPathPass(
  network: GatedNetwork,
  engine: Engine,
  pass: PathPass,
  inputs?: Inputs,
): Promise<{ readonly sum: number; readonly slopes: readonly PathSlope[] }> {
  checkPass(network, pass, inputs);
  const parameters = pathParameters(network);
  const feeds = Object.fromEntries(
    parameters.map((parameter) => [
      parameterName(parameter),
      float64(
        parameter.values.shape,
        Float64Array.from(parameter.values.data, (one) => Math.abs(one) ** pass.power),
      ),
    ]),
  );
  const graph = pathPassGraph(network, pass);
  await using program = await engine.compile(graph);
  const x = inputs === undefined ? zeros("float64", [1, ...inputShapeOf(network)]) : float64(inputs.shape, inputs.data);
  const { fetched } = await program.run({ ...feeds, x });
  const float = (name: string): DenseArray<"float64"> => {
    const array = fetched[name];
    if (array?.dtype !== "float64") throw new Error(`unreachable: ${name} of ${array?.dtype}`);
    return array;
  };
  return {
    sum: float("sum").data[0] ?? Number.NaN,
    slopes: parameters.map((parameter) => ({ ...parameter, slope: float(`gradient.${parameterName(parameter)}`) })),
  };
}

function checkPass(network: GatedNetwork, { output }: PathPass, inputs: Inputs | undefined): void {
  if (inputs !== undefined) checkInputs(network, inputs);
  const outputs = outputCount(network);
  if (output === undefined || (Number.isInteger(output) && output >= 0 && output < outputs)) return;
  throw new GatewiseError({
    received: `output ${output}`,
    expected: outputs === 1 ? "0: the network has one output" : `a whole number from 0 to ${outputs - 1}`,
    next: "choose one of the network's outputs",
  });
}
