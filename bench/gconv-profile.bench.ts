/**
 * Where the time of a GCONV training step goes, by ONNX Runtime's own profile of its nodes:
 * `npx tsx bench/gconv-profile.bench.ts --regime flnpf --threads 2`. Profiling itself costs some microseconds a node.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import * as runtime from "onnxruntime-node";
import { z } from "zod";
import { capabilitiesOf } from "../src/engine/device-capabilities.ts";
import { ortEngine } from "../src/engine/ort-engine.ts";
import { REGIMES, type RegimeName } from "../src/network/index.ts";
import { gconvTraining } from "./gconv-work.ts";

const { values: options } = parseArgs({
  options: {
    regime: { type: "string", default: "flnpf" },
    optimizer: { type: "string", default: "sgd" },
    threads: { type: "string", default: "1" },
    steps: { type: "string", default: "8" },
  },
});
const regime = options.regime in REGIMES ? (options.regime as RegimeName) : "flnpf";
const kind = options.optimizer === "adam" ? "adam" : "sgd";

const Shapes = z.array(z.record(z.string(), z.array(z.number())));
const Event = z.object({
  name: z.string(),
  dur: z.number(),
  args: z.object({ op_name: z.string(), input_type_shape: Shapes }),
});

/** What a node of a training step is for. */
function purposeOf(op: string, shapes: readonly (readonly number[])[]): string {
  const [first = []] = shapes;
  if (op.endsWith("MatMul") || op === "Gemm") {
    if (first.length === 3) return "batched products";
    // transforms have 36 or 16 rows and 36 or 9 columns
    return [36, 16].includes(first[0] ?? 0) && first.length === 2 ? "transforms" : "dense layers";
  }
  if (op === "Slice" || op === "Concat") return "borders of tiles";
  if (["Add", "Sub", "Mul", "Cast", "Greater", "Relu", "Sigmoid"].includes(op)) return "element by element";
  return "all else";
}

const folder = await mkdtemp(join(tmpdir(), "gatewise-profile-"));
try {
  const session: runtime.InferenceSession.SessionOptions = {
    executionProviders: ["cpu"],
    intraOpNumThreads: Number(options.threads),
    interOpNumThreads: 1,
    enableProfiling: true,
    profileFilePrefix: join(folder, "nodes"),
    extra: { session: { set_denormal_as_zero: "1" } },
  };
  const engine = ortEngine(runtime, { device: "cpu", capabilities: capabilitiesOf("cpu"), ownMemory: false, session });
  const { events } = gconvTraining(engine, { regime, kind, rate: 1e-4, batch: 32, narrow: 1 });
  let steps = 0;
  for await (const event of events) {
    if (event.kind === "steps") steps += 1;
    if (steps === Number(options.steps)) break;
  }
  await engine[Symbol.asyncDispose]();
  const sums = new Map<string, number>();
  for (const file of await readdir(folder)) {
    const all: unknown[] = JSON.parse(await readFile(join(folder, file), "utf8"));
    for (const one of all) {
      const { success, data } = Event.safeParse(one);
      // the loop counts what is in it again
      if (!success || !data.name.endsWith("_kernel_time") || data.args.op_name === "Scan") continue;
      const shapes = data.args.input_type_shape.flatMap((shape) => Object.values(shape));
      const purpose = purposeOf(data.args.op_name, shapes);
      sums.set(purpose, (sums.get(purpose) ?? 0) + data.dur);
    }
  }
  const total = [...sums.values()].reduce((sum, one) => sum + one, 0);
  const table = new Table({ head: ["what", "% of node time"], style: { head: [], border: [] } });
  for (const [purpose, sum] of [...sums].sort(([, a], [, b]) => b - a)) {
    table.push([purpose, ((100 * sum) / total).toFixed(0)]);
  }
  process.stdout.write(`GCONV, ${regime}, ${kind}, ${options.threads} thread(s)\n${table.toString()}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
