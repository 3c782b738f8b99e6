/** The commands, in the order of `--help`. Loaded before anything else: what is none of them is answered at once. */
export const COMMAND_NAMES = [
  "demo",
  "train",
  "reproduce",
  "dissect",
  "evaluate",
  "inspect",
  "gates",
  "npk",
  "ntk",
  "neighbors",
  "influence",
  "kernel-fit",
  "paths",
  "flow",
  "subnetwork",
  "monitor",
  "studio",
  "report",
  "export",
  "data",
] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];
