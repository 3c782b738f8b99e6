/** Runs cases in a process of its own, so that one that does not end can be ended. */
import { openSync, writeSync } from "node:fs";
import { bytesOfCase, runCase } from "./cases.ts";
import type { Figures, Work } from "./watch.ts";

const { works, place }: { readonly works: readonly Work[]; readonly place: string } = JSON.parse(process.argv[2] ?? "");
const file = openSync(place, "w");

for (const work of works) process.send?.(await run(work));
process.disconnect();

async function run({ format, seed, from, cases, until }: Work): Promise<Figures> {
  const figures = {
    cases: 0,
    accepted: 0,
    refused: 0,
    slowest: { index: from, seconds: 0 },
    largest: { index: from, megabytes: 0 },
  };
  const failures: { index: number; failure: string }[] = [];
  // the first case compiles what later ones only run
  await runCase(format, bytesOfCase(format, seed, from));
  for (let index = from; index < from + cases && Date.now() < until; index++) {
    // at once, so that it can be read when this process is no more
    writeSync(file, String(index).padEnd(16), 0);
    const { accepted, seconds, megabytes, failure } = await runCase(format, bytesOfCase(format, seed, index));
    figures.cases += 1;
    if (accepted) figures.accepted += 1;
    else figures.refused += 1;
    if (seconds > figures.slowest.seconds) figures.slowest = { index, seconds };
    if (megabytes > figures.largest.megabytes) figures.largest = { index, megabytes };
    if (failure !== undefined) failures.push({ index, failure });
  }
  return { format, ...figures, failures };
}
