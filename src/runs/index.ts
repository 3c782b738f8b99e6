export { type Machine, type RunRecord, type RunResult, readRunRecord } from "./run-record.ts";
