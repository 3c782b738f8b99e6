import { compileInParts, type Engine } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import { checkInputs, type Inputs } from "../../gates/index.ts";
import { type DenseArray, eachNumber, float64, zeros } from "../../graph/index.ts";
import {
  type GatedNetwork,
  inputShapeOf,
  type NetworkParameter,
  networkParameters,
  outputCount,
} from "../../network/index.ts";
import { optionsIn } from "../../options.ts";
import { checkKernelNumbers } from "../kernel-numbers.ts";
import { type PathPass, type PathWeights, pathPassGraph, pathWeights, weightsName } from "./path-trace-pass.ts";
import { unknownWeights } from "./unknown-weights.ts";

/** Which paths the trace of the path kernel sums (theory 4.6). */
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
 *
 * Parameters are those of the file: constants of the graph are factors of a path's value, and the trace is not over them.
 * Of a parameter that several layers use it is the trace as if each use were a parameter of its own: a path through two
 * uses would add twice the product of its derivatives by both, which is left out. Slopes of PRelu belong to gates, not to
 * a path's value.
 * @throws GatewiseError if there is no such output, the inputs do not fit, weights are computed in a way that is not
 * followed, or numbers leave float64
 */
export async function pathKernelTrace(
  network: GatedNetwork,
  engine: Engine,
  options: PathTraceOptions = {},
): Promise<number> {
  optionsIn(options);
  const { slopes } = await runPathPass(network, engine, { ...passOf(options), power: 2 }, options.inputs);
  const trace = slopes.reduce((sum, { slope }) => slope.data.reduce((part, one) => part + one, sum), 0);
  checkKernelNumbers(Float64Array.of(trace), "a path kernel's trace", "scale the weights");
  return trace;
}

export const passOf = ({ output, inputs }: PathTraceOptions): Pick<PathPass, "output" | "scope"> => ({
  output,
  scope: inputs === undefined ? "all-paths" : "active-paths",
});

/** `∂R / ∂|θ|^q` for a parameter, of its shape, its uses counted as if each were a parameter of its own. */
export interface PathSlope {
  readonly parameter: NetworkParameter;
  readonly slope: DenseArray<"float64">;
}

/** `R` and its slopes, summed over the examples, by the parameters that paths come through as weights or biases. */
export async function runPathPass(
  network: GatedNetwork,
  engine: Engine,
  pass: PathPass,
  inputs?: Inputs,
): Promise<{ readonly sum: number; readonly slopes: readonly PathSlope[] }> {
  checkPass(network, pass, inputs);
  const weights = pathWeights(network);
  const parameters = onPaths(network, weights);
  const feeds = Object.fromEntries(
    weights.map((one) => [
      weightsName(one),
      float64(
        one.values.shape,
        eachNumber(new Float64Array(one.values.data.length), one.values.data, (value) => Math.abs(value) ** pass.power),
      ),
    ]),
  );
  const graph = pathPassGraph(network, pass);
  await using program = await compileInParts(engine, graph);
  const x = inputs === undefined ? zeros("float64", [1, ...inputShapeOf(network)]) : float64(inputs.shape, inputs.data);
  const { fetched } = await program.run({ ...feeds, x });
  const float = (name: string): DenseArray<"float64"> => {
    const array = fetched[name];
    if (array?.dtype !== "float64") throw new Error(`unreachable: ${name} of ${array?.dtype}`);
    return array;
  };
  const slopes = parameters.map(({ parameter, uses }): PathSlope => {
    const slope = zeros("float64", parameter.values.shape);
    for (const name of new Set(uses.map(weightsName))) {
      const own = uses.filter((use) => weightsName(use) === name);
      for (const [i, one] of float(`gradient.${name}`).data.entries()) {
        // a weight may be made of a number in several ways, which are added up before the power
        for (const [place, factor] of factorsByPlace(own, i))
          slope.data[place]! += one * Math.abs(factor) ** pass.power;
      }
    }
    return { parameter, slope };
  });
  return { sum: float("sum").data[0] ?? Number.NaN, slopes };
}

interface WeightUse {
  readonly position: number;
  readonly kind: "weight" | "bias";
  readonly places: Int32Array | undefined;
  readonly factors: number | Float64Array;
}

/** By which numbers of a parameter element `i` of an array is multiplied, and with what factors. */
function factorsByPlace(uses: readonly WeightUse[], i: number): ReadonlyMap<number, number> {
  const byPlace = new Map<number, number>();
  for (const { factors, places } of uses) {
    const place = places?.[i] ?? i;
    const factor = typeof factors === "number" ? factors : factors[i]!;
    if (place >= 0) byPlace.set(place, (byPlace.get(place) ?? 0) + factor);
  }
  return byPlace;
}

/** The parameters that weights and biases on paths are made of; slopes of gates are no part of a path's value. */
function onPaths(
  network: GatedNetwork,
  weights: readonly PathWeights[],
): readonly { readonly parameter: NetworkParameter; readonly uses: readonly WeightUse[] }[] {
  const names = new Set(weights.map(weightsName));
  return networkParameters(network).flatMap((parameter) => {
    const uses = parameter.uses.flatMap(({ position, kind, places, factors }): readonly WeightUse[] => {
      if (kind === "slopes" || !names.has(weightsName({ position, kind }))) return [];
      if (factors === undefined) throw unknownWeights(network, parameter, position);
      return [{ position, kind, places, factors }];
    });
    return uses.length === 0 ? [] : [{ parameter, uses }];
  });
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
