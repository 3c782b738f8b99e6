import type { Engine } from "../engine/index.ts";
import type { Inputs } from "../gates/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import type { OpenRanker } from "./neighbor-rows.ts";
import type { KernelTileMakers } from "./neural-path-kernel.ts";
import type { Asking } from "./progress.ts";
import type { KernelInFile } from "./similarity.ts";

/** How a network reads numbers as the files of its data have them: it normalizes them itself. */
export interface RawInputs {
  /** Axes of images in arrays of those files, which go in with channels first. */
  readonly layout?: "chw" | "hwc" | undefined;
}

/** Where a network comes from, and whether it normalizes its inputs itself. */
export type ModelSource =
  | {
      readonly kind: "run";
      readonly regime: string;
      readonly raw?: RawInputs;
      /** It learnt real values, no classes. */
      readonly isRegression?: boolean;
    }
  | { readonly kind: "onnx"; readonly raw?: RawInputs }
  | { readonly kind: "network" };

/** Writes the path kernel of inputs into a file that is gone once it is released. */
export type MakeKernelInFile = (
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  folder: string | undefined,
  asking: Asking,
) => Promise<KernelInFile>;

/** What a model works with: an engine, and threads for kernels. */
export interface ModelOptions {
  /** Opens the engine, at the first question that needs one. */
  readonly openEngine: () => Promise<Engine>;
  /** `network` unless told otherwise. */
  readonly source?: ModelSource;
  /**
   * Makes the tiles of kernels, in threads of its own; this thread unless given.
   * @internal
   */
  readonly tileMakers?: KernelTileMakers;
  /**
   * Ranks neighbors of many inputs, in threads of its own; this thread unless given.
   * @internal
   */
  readonly openRanker?: OpenRanker;
  /**
   * Makes kernels that no memory holds, in files of a folder; all are held unless given.
   * @internal
   */
  readonly kernelInFile?: MakeKernelInFile;
}

/** What a description is to tell of costs. */
export interface DescribeOptions {
  /** Number of inputs that costs are told of; 1,000 unless told otherwise. */
  readonly examples?: number | undefined;
  /**
   * Milliseconds from any fixed point, `performance.now`: the path kernel of a few random inputs is timed by it. Told from
   * the network's shapes unless given.
   */
  readonly clock?: (() => number) | undefined;
}
