/**
 * Monitors of unfamiliar inputs: what `fitMonitor` and `watchInputs` of a model of `gatewise` give, and their file.
 * @module gatewise/monitor
 */
export {
  type Drift,
  type GateRates,
  type HeldOutScores,
  type Monitor,
  type MonitorOptions,
  type MonitorReferences,
  type MovedGate,
  readMonitor,
  type ShareInterval,
  type StoredInputs,
  type WatchedInput,
  type WatchedInputs,
  type WatchOptions,
  writeMonitor,
} from "./models/index.ts";
