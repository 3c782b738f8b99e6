import type { Inputs } from "../gates/index.ts";
import type { DenseArray } from "../graph/index.ts";

/** What is drawn at one width: a value network of weights ±σ behind the gates of an independent feature network. */
export interface TheoremDraws {
  /** `[n, ...]`, as the network reads them. */
  readonly inputs: Inputs;
  /** Units, or channels, of every hidden layer. */
  readonly width: number;
  /** Weight layers, `d`. */
  readonly depth: number;
  readonly seeds: readonly number[];
}

/** The two kernels of one draw, `[n, n]`; `E[K^v] = d σ^(2(d−1)) H` over the values (theory 4.2). */
export interface TheoremDraw {
  /** `K^v`. */
  readonly tangent: DenseArray<"float64">;
  /** `H`. */
  readonly path: DenseArray<"float64">;
  readonly sigma: number;
}
