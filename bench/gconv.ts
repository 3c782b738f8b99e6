import type { Architecture, Layer } from "../src/network/index.ts";

const convolution = (channels: number): Layer => ({
  kind: "convolution",
  channels,
  kernel: 3,
  stride: 1,
  padding: "same",
  bias: true,
  gated: true,
});
const dense = (units: number, gated: boolean): Layer => ({ kind: "dense", units, bias: true, gated });

/** GCONV of theory 6, on CIFAR-10. */
export const GCONV: Architecture = {
  inputShape: [3, 32, 32],
  layers: [
    ...[64, 64, 128, 128].map(convolution),
    { kind: "global-average-pool" },
    dense(256, true),
    dense(256, true),
    dense(10, false),
  ],
};
