import {
  add,
  cast,
  constant,
  float64,
  greater,
  greaterOrEqual,
  multiply,
  sigmoid,
  type Tensor,
} from "../graph/index.ts";
import type { GateRule } from "../network/index.ts";

type Values = Tensor<"float64">;

/** What a pre-activation makes of the value that comes to its gate. */
export interface Gate {
  readonly gate: Values;
  /** Value of the path that starts at a saturated unit. */
  readonly start?: Values;
}

/**
 * The gate of a pre-activation, exactly by its rule: at a kink, where a minimum or maximum of graph ops would pass the
 * gradient to one of its two sides, it is open or shut as everywhere else (a dead unit without bias has `q = 0`).
 * @param q `[batch, ...shape]`
 */
export function gateOf(rule: GateRule, q: Values): Gate {
  const on = cast(greater(q, 0), "float64");
  switch (rule.kind) {
    case "hard":
      return { gate: on };
    case "soft":
      return { gate: multiply(sigmoid(multiply(q, rule.beta)), 1 + rule.epsilon) };
    case "leaky": {
      const { data } = rule.slopes;
      const slopes = constant(float64([data.length, ...q.shape.slice(2).map(() => 1)], data));
      return { gate: add(on, multiply(add(multiply(on, -1), 1), slopes)) };
    }
    case "clipped": {
      const saturated = cast(greaterOrEqual(q, rule.ceiling), "float64");
      return { gate: add(on, multiply(saturated, -1)), start: multiply(saturated, rule.ceiling) };
    }
  }
}

/** What a gate lets through; `raise` is applied to what is not `z`, for passes of powers. */
export function gated(z: Values, { gate, start }: Gate, raise = (values: Values): Values => values): Values {
  const passed = multiply(z, raise(gate));
  return start === undefined ? passed : add(passed, raise(start));
}
