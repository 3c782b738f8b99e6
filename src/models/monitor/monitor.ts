/**
 * Watches what a network is given, by its gates (theory 8): examples that it knows, how like them clean inputs are, and how often
 * each gate is open for those. Plain data, made once and kept in a file.
 */
import type { Inputs, PackedGates } from "../../gates/index.ts";
import type { Asking } from "../progress.ts";
import type { StoredInputs } from "./stored-inputs.ts";

/** Examples that inputs are compared with, those of a class one behind the other. */
export interface MonitorReferences {
  /** `[n]`, rising: the class that the network gives each of them. */
  readonly classes: Int32Array;
  /** `[n]`: their places in the array that the monitor was fitted on. */
  readonly examples: Int32Array;
  readonly gates: PackedGates;
  readonly inputs: StoredInputs;
}

/** Of clean inputs, how familiar each is by one score: rising, the least familiar first. */
export interface HeldOutScores {
  /** The log path kernel to the nearest reference; −∞ where the class has none. */
  readonly gates: Float64Array;
  /** Minus the odds against the predicted class, `1 − 1/p`. */
  readonly softmax: Float64Array;
  /** The cosine to the nearest reference by pixels. */
  readonly pixels: Float64Array;
  /** The larger of the two quantiles of unfamiliarity, by gates and by softmax: rising. */
  readonly larger: Float64Array;
}

/** How often each gate is open for clean inputs. */
export interface GateRates {
  readonly examples: number;
  /** Of each layer `[units]`: for how many of the examples. */
  readonly open: readonly Int32Array[];
}

/** A network's known inputs and what is usual for it. */
export interface Monitor {
  /** Digest of the network that it belongs to. */
  readonly network: string;
  readonly outputs: number;
  readonly references: MonitorReferences;
  readonly heldOut: HeldOutScores;
  readonly rates: GateRates;
  /** What whoever made it wrote down: texts by name. */
  readonly notes: Readonly<Record<string, string>>;
}

/** How a monitor is fitted. */
export interface MonitorOptions extends Asking {
  /** Examples kept of each class that the network gives, chosen to cover the others; 50 unless told otherwise. */
  readonly references?: number | undefined;
  /**
   * Examples of `inputs`, spread over their file, that are held out to tell what is usual: 1,000, or a fifth of fewer than 5,000,
   * unless told otherwise. Not beside `clean`.
   */
  readonly heldOut?: number | undefined;
  /** `[m, …inputShape]`: clean inputs that the network was not trained on, to tell what is usual. */
  readonly clean?: Inputs | undefined;
  /** Texts that stay with the monitor. */
  readonly notes?: Readonly<Record<string, string>> | undefined;
}
