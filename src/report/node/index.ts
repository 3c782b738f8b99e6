export { reportFile, type WriteReportOptions, writeReport } from "./write-report.ts";
