import { GatewiseError } from "../errors.ts";
import { EXPERIMENTS, type Experiment } from "../experiments/index.ts";

/** The experiment of a name that stands in a file. */
export function experimentNamed(name: string): Experiment {
  const found = EXPERIMENTS.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new GatewiseError({
    received: `experiment "${name}"`,
    expected: EXPERIMENTS.map((one) => one.name).join(" or "),
    next: "use the version of gatewise that made these runs",
  });
}
