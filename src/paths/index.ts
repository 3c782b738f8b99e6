export { type ActiveNetwork, activate } from "./active-network.ts";
export type { Bundle, BundleStart, BundleWeight } from "./bundle.ts";
export { giniIndex, type LorenzPoint, lorenzCurve } from "./concentration.ts";
export { type FlippingLayer, flippingLayers } from "./flips/deciders.ts";
export { type Flip, flipsAlong } from "./flips/flips-along.ts";
export { type LayerDistances, nearestFlips } from "./flips/nearest-flips.ts";
export { type LinePiece, type PlaneRegions, type PlaneSection, planeRegions } from "./flips/plane-regions.ts";
export { type EdgeFlow, largestEdges, weightFlow } from "./flow/edge-flow.ts";
export type { FlowTarget } from "./flow/functional.ts";
export { type LayerEdges, layerEdges } from "./flow/layer-edges.ts";
export { type FlowPasses, identityFlow } from "./flow/passes.ts";
export { type LayerFlow, layerFlow, type PathFlow, pathFlow } from "./flow/path-flow.ts";
export { type GateSplit, type ReferenceSplit, referenceSplit } from "./flow/reference-split.ts";
export { Heap } from "./heap.ts";
export { kBestPaths } from "./k-best-paths.ts";
export { type BundleOptions, type LargestBundles, largestBundles } from "./largest-bundles.ts";
export { neighborsBySharedPaths } from "./neighbors.ts";
export { openGatePairs, readOpenGates } from "./open-gate-pairs.ts";
export { type OpenGates, openGates } from "./open-gates.ts";
export { type Path, type PathStart, type Unit, unitOf } from "./path.ts";
export { countActivePaths, countPaths, log2BigInt } from "./path-counts.ts";
export type { PathGraph } from "./path-graph.ts";
export { type PathNorm, pathNorm } from "./path-norm.ts";
export { beyondFloat64, type NodeTotals } from "./path-pass.ts";
export { type PathStatistics, pathStatistics } from "./path-statistics.ts";
export {
  activeUnits,
  type Closed,
  type ClosingPlan,
  closingPlan,
  decisionIn,
  layerOf,
  nothingClosed,
} from "./removal/closing.ts";
export {
  activationOrder,
  type ChosenUnit,
  flowOrder,
  type RemovalOrder,
  randomOrder,
  removal,
} from "./removal/removal.ts";
export { decisionOfOnly, type SufficientSet, sufficientSet } from "./removal/sufficient.ts";
export type { PulledEdges } from "./reverse-pass.ts";
export { samplePaths } from "./sample-paths.ts";
export { log2SharedPaths } from "./shared-path-counts.ts";
