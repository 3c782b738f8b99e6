export { type ClassOverlap, classOverlaps } from "./class-overlap.ts";
export { decidingNodes, decisionGraph } from "./deciding-nodes.ts";
export { examplesAtOnce } from "./examples-at-once.ts";
export { gateGraph, gateOutputs, packGates } from "./extraction.ts";
export { checkDecisions } from "./finite-decisions.ts";
export { type GateRows, gateBytes, gateRows, gatesOfBytes, sliceGates } from "./gate-rows.ts";
export { type DecidedBlock, readGatesAndOutputs } from "./gates-and-outputs.ts";
export { checkInputs, type InputBlocks, type Inputs, inputRows, readRows } from "./inputs.ts";
export {
  type LayerTensor,
  layerTensors,
  readLayerValues,
  type ValueBlock,
  type ValueKind,
  type ValueReading,
} from "./layer-values.ts";
export { checkQuery, type Neighbor, nearer, nearestFirst, neighborOf, type PairTelling } from "./neighbor.ts";
export { readNetworkGates } from "./network-gates.ts";
export { joinGates, type PackedGates, type PackedLayer, packLayer, popcount } from "./packed-gates.ts";
export type { ReadingOptions } from "./reading-options.ts";
export { flippedShares, gateStatistics, type LayerStatistics, mostFlipped } from "./statistics.ts";
export { classesOf, type GateSummary, type GateSummaryOptions, type LayerSummary, summarizeGates } from "./summary.ts";
export { constantUnits, type LayerUnits, unseenRateBound } from "./unit-states.ts";
