export {
  type Capabilities,
  DEVICES,
  type Device,
  type Engine,
  type EngineOptions,
  type Feed,
  type Feeds,
  type OpenEngine,
  type Program,
  type ResidentArray,
  type RunResult,
} from "./engine.ts";
