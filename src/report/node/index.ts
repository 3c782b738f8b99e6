export { writeDissectionReport } from "./write-dissection-report.ts";
export { reportFile, type WriteReportOptions, writeReport } from "./write-report.ts";
