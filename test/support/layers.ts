import type { Layer } from "../../src/network/index.ts";

/** A gated 3×3 convolution with a bias that keeps the size of its maps. */
export const convolution = (channels: number): Layer => ({
  kind: "convolution",
  channels,
  kernel: 3,
  stride: 1,
  padding: "same",
  bias: true,
  gated: true,
});
