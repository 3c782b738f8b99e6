export { type ActiveNetwork, activate } from "./active-network.ts";
export { giniIndex, type LorenzPoint, lorenzCurve } from "./concentration.ts";
export { checkOutput, kBestPaths } from "./k-best-paths.ts";
export { type Path, type PathStart, type Unit, unitOf } from "./path.ts";
export { countActivePaths, countPaths, log2BigInt } from "./path-counts.ts";
export { type PathNorm, pathNorm } from "./path-norm.ts";
export { type PathStatistics, pathStatistics } from "./path-statistics.ts";
export { samplePaths } from "./sample-paths.ts";
