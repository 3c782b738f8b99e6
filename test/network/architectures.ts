import { type Architecture, fullyConnected, type Layer } from "../../src/network/index.ts";
import { convolution } from "../support/layers.ts";

const dense = (units: number, gated = true): Layer => ({ kind: "dense", units, bias: true, gated });

const maps: readonly Layer[] = [64, 64, 128, 128].map(convolution);
const head: readonly Layer[] = [dense(256), dense(256), dense(10, false)];

/** The architectures of theory 6.2. */
export const FC = fullyConnected({ inputShape: [28, 28], depth: 6, width: 128, outputs: 10 });
export const VCONV: Architecture = { inputShape: [3, 32, 32], layers: [...maps, { kind: "flatten" }, ...head] };
export const GCONV: Architecture = {
  inputShape: [3, 32, 32],
  layers: [...maps, { kind: "global-average-pool" }, ...head],
};
/** Of the duality papers (theory 5.8). */
export const C4GAP: Architecture = {
  inputShape: [3, 32, 32],
  layers: [...[128, 128, 128, 128].map(convolution), { kind: "global-average-pool" }, dense(10, false)],
};
