export { gateGraph, gateOutputs, packGates } from "./extraction.ts";
export { type PackedGates, type PackedLayer, packLayer, popcount } from "./packed-gates.ts";
export { flippedShares, gateStatistics, type LayerStatistics } from "./statistics.ts";
