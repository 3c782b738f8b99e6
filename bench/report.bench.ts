/**
 * Time and memory of a report over many runs: one run of ten epochs with its kernels, copied under other names and seeds.
 * `npx tsx bench/report.bench.ts [--runs 1000,3000,10000] [--folder /tmp/many-runs]`: a line a number of runs, each in a
 * process of its own, with the bytes of the page and of its figures.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeReport } from "../src/report/node/index.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000,3000,10000" },
    folder: { type: "string" },
    // of the process of one line
    directories: { type: "string" },
    count: { type: "string" },
  },
});

const LINKED = ["metrics.jsonl", "kernels.jsonl", "kernel-start.npy", "kernel-last.npy"];
const RATES = [1e-4, 3e-4, 1e-3, 3e-3] as const;

/** Runs of four learning rates, as a sweep would leave them. */
function makeRuns(folder: string, count: number): void {
  const base = join(folder, "base");
  if (!existsSync(base)) {
    const options = ["--limit", "320", "--test-limit", "200", "--width", "16", "--epochs", "10", "--out", base];
    execFileSync(process.execPath, ["dist/main.js", "train", ...options], { stdio: "ignore" });
  }
  const record = JSON.parse(readFileSync(join(base, "run.json"), "utf8"));
  for (let seed = 0; seed < count; seed++) {
    const run = join(folder, "runs", `fc-digits-relu-seed${seed}`);
    if (existsSync(run)) continue;
    mkdirSync(run, { recursive: true });
    const learningRate = RATES[seed % RATES.length] ?? 1e-4;
    const plan = { ...record.plan, seed, optimizer: { ...record.plan.optimizer, learningRate } };
    const bestTestAccuracy = Math.min(100, record.result.bestTestAccuracy + ((seed * 37) % 100) / 10);
    writeFileSync(
      join(run, "run.json"),
      JSON.stringify({ ...record, plan, result: { ...record.result, bestTestAccuracy } }),
    );
    for (const name of LINKED) if (existsSync(join(base, name))) linkSync(join(base, name), join(run, name));
  }
}

/** The report of the first runs of a folder, in this process. */
async function report(folder: string, count: number): Promise<void> {
  const runs = Array.from({ length: count }, (_, seed) => join(folder, "runs", `fc-digits-relu-seed${seed}`));
  const out = join(folder, `report-${count}`, "report.html");
  const started = performance.now();
  await writeReport(runs, { out, command: "report", createdAt: new Date().toISOString() });
  const seconds = (performance.now() - started) / 1000;
  const figures = join(folder, `report-${count}`, "figures");
  const largest = Math.max(...readdirSync(figures).map((name) => statSync(join(figures, name)).size));
  const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} kB`;
  const { maxRSS, userCPUTime } = process.resourceUsage();
  console.log(
    [
      `${String(count).padStart(6)} runs`,
      `${seconds.toFixed(1)} s (${(userCPUTime / 1e6).toFixed(1)} s of the processor)`,
      `peak ${Math.round(maxRSS / 1024)} MB`,
      `page ${kilobytes(statSync(out).size)}, largest figure ${kilobytes(largest)}`,
    ].join("  "),
  );
}

if (values.directories !== undefined) await report(values.directories, Number(values.count));
else {
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), "gatewise-many-runs-"));
  mkdirSync(folder, { recursive: true });
  for (const count of values.runs.split(",").map(Number)) {
    makeRuns(folder, count);
    const args = [...process.execArgv, process.argv[1] ?? "", "--directories", folder, "--count", String(count)];
    execFileSync(process.execPath, args, { stdio: "inherit" });
  }
}
