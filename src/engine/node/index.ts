export { nativeEnvironment } from "./native-environment.ts";
export { type NodeDevice, openNodeEngine } from "./node-engine.ts";
export { openWorkerEngine } from "./worker-engine.ts";
