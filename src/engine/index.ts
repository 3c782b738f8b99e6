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
  type ProgramResult,
  type ResidentArray,
} from "./engine.ts";
export { compileInParts } from "./in-parts.ts";
