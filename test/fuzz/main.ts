/** `npm run fuzz -- [--seconds N | --cases N] [--seed S] [--format NAME] [--from I]` */
import { parseArgs } from "node:util";
import { FORMATS, type FormatName } from "./formats.ts";
import { fuzz, reproduction } from "./watch.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    cases: { type: "string" },
    seed: { type: "string", default: "0" },
    format: { type: "string" },
    from: { type: "string", default: "0" },
  },
});
const isFormat = (name: string): name is FormatName => Object.hasOwn(FORMATS, name);
const names = Object.keys(FORMATS).filter(isFormat);
const chosen = values.format === undefined ? names : values.format.split(",").filter(isFormat);
const [seed, from] = [Number(values.seed), Number(values.from)];
const each = {
  seconds: values.cases === undefined ? Number(values.seconds ?? 60) / chosen.length : Number(values.seconds ?? 1e9),
  cases: values.cases === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(Number(values.cases) / chosen.length),
};
if (chosen.length === 0 || ![seed, from, each.seconds, each.cases].every((value) => value >= 0)) {
  console.error(`usage: npm run fuzz -- [--seconds N | --cases N] [--seed S] [--format ${names.join(",")}] [--from I]`);
  process.exit(2);
}
console.log("format             cases   accepted    refused  slowest s  largest MB  failures");
let failed = 0;
const start = Date.now();
const works = chosen.map((format, i) => ({
  format,
  seed,
  from,
  cases: each.cases,
  until: start + 1000 * (i + 1) * each.seconds,
}));
for await (const figures of fuzz(works)) {
  const { format, cases, accepted, refused, slowest, largest, failures } = figures;
  const columns = [cases, accepted, refused].map((count) => String(count).padStart(11)).join("");
  const costs = `${slowest.seconds.toFixed(2).padStart(11)}${largest.megabytes.toFixed(0).padStart(12)}`;
  console.log(
    `${format.padEnd(13)}${columns}${costs}${String(failures.length).padStart(10)}   slowest: case ${slowest.index}`,
  );
  for (const { index, failure } of failures.slice(0, 10)) {
    console.log(`  ${reproduction(format, seed, index)}\n    ${failure.split("\n").slice(0, 6).join("\n    ")}`);
  }
  failed += failures.length;
}
process.exit(failed === 0 ? 0 : 1);
