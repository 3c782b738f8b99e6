import type { InputNormalization } from "../data/index.ts";
import type { Asking } from "./progress.ts";

/** How examples go into a network that is measured. */
export interface EvaluatingOptions extends Asking {
  /** Of inputs, before the network reads them. */
  readonly normalization?: InputNormalization | undefined;
}
