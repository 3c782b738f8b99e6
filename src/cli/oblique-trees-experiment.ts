import { join } from "node:path";
import { z } from "zod";
import { readSafetensors, writeSafetensors } from "../data/index.ts";
import { lockDirectory, makeFolder, readIfThere, writeWhole } from "../data/node/index.ts";
import { openWorkerEngine } from "../engine/node/index.ts";
import { GatewiseError } from "../errors.ts";
import {
  drawTree,
  type ObliqueCheckpoint,
  type ObliqueNetwork,
  type ObliqueRow,
  type ObliqueRun,
  obliqueRows,
  obliqueTrees,
  type ProfileName,
  type TreeData,
  watchGates,
} from "../experiments/index.ts";
import type { Parameters } from "../network/index.ts";
import type { CliContext } from "./context.ts";
import type { CommandDevice } from "./device-option.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { formatTable, printResult } from "./output.ts";
import { withCount } from "./progress.ts";
import { shown } from "./shown.ts";

export interface ObliqueRequest {
  readonly profile: ProfileName;
  readonly seeds: number | undefined;
  readonly epochs: number | undefined;
  readonly directory: string;
  /** Where both networks train. */
  readonly device: CommandDevice;
  readonly resume: boolean;
}

/** Of each of the two engines: matrices of this size do not gain from a second. */
const THREADS = 1;

/** Trains both networks side by side, one seed after the other; each run has a file that `--resume` goes on with. */
export async function reproduceObliqueTrees(request: ObliqueRequest, context: CliContext): Promise<ExitCode> {
  const { profile, directory } = request;
  const own = obliqueTrees.profiles[profile];
  const length = { epochs: request.epochs ?? own.epochs, runs: request.seeds ?? own.runs };
  await makeFolder(directory);
  await using _lock = await lockDirectory(directory);
  const runs = await withCount(context, obliqueTrees.name, "epochs", (onProgress) =>
    runAll(request, length, context, onProgress),
  );
  const rows = obliqueRows(obliqueTrees.networks, runs);
  // loaded now, not at the start: figures bring Vega, which takes longer than most commands
  const { obliquePage } = await import("../report/index.ts");
  const { writeExperimentPage } = await import("./figure-files.ts");
  const page = obliquePage({ profileName: profile, ...length, runs });
  const report = await writeExperimentPage(directory, page, obliqueTrees.networks.length * THREADS, context);
  const result = { experiment: obliqueTrees.name, profile, rows, report };
  await writeWhole(join(directory, "oblique-trees.json"), `${JSON.stringify(result, undefined, 2)}\n`);
  printResult(context, result, () => [tableOf(rows), "", `report  ${shown(report)}`].join("\n"));
  return EXIT.done;
}

interface Length {
  readonly epochs: number;
  /** Of each network. */
  readonly runs: number;
}

async function runAll(
  { directory, device, resume }: ObliqueRequest,
  { epochs, runs }: Length,
  context: CliContext,
  onProgress: (done: number, of: number) => void,
): Promise<readonly ObliqueRun[]> {
  const data = drawTree(obliqueTrees.task);
  const done = new Map<string, number>();
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  const { networks } = obliqueTrees;
  // two engines of WebGPU that run side by side in one process crash it (ONNX Runtime 1.30)
  const lanes = (device === "cpu" ? networks.map((network) => [network]) : [networks]).map(async (own) => {
    const finished: ObliqueRun[] = [];
    for (const network of own) {
      for (let seed = 0; seed < runs; seed++) {
        const file = join(directory, `${network.regime}-seed${seed}.json`);
        const trial = { network, seed, epochs, file, device, resume };
        const run = await runOne(trial, data, signal, (epoch) => {
          done.set(file, epoch);
          const sum = [...done.values()].reduce((total, one) => total + one, 0);
          onProgress(sum, networks.length * runs * epochs);
        });
        finished.push(run);
      }
    }
    return finished;
  });
  // one network that fails ends the other: the process would wait for it
  for (const lane of lanes) lane.catch((reason: unknown) => failed.abort(reason));
  await Promise.allSettled(lanes);
  return (await Promise.all(lanes)).flat();
}

interface RunRequest {
  readonly network: ObliqueNetwork;
  readonly seed: number;
  readonly epochs: number;
  readonly file: string;
  readonly device: CommandDevice;
  readonly resume: boolean;
}

async function runOne(
  { network, seed, epochs, file, device, resume }: RunRequest,
  data: TreeData,
  signal: AbortSignal,
  onEpoch: (epoch: number) => void,
): Promise<ObliqueRun> {
  let last = await keptRun(file, { regime: network.regime, seed, epochs }, resume);
  onEpoch(last?.epoch ?? 0);
  if (last?.epoch !== epochs) {
    await using engine = await openWorkerEngine(device, { threads: THREADS });
    const trial = { network, seed, epochs, resume: last };
    for await (const checkpoint of watchGates(obliqueTrees, data, trial, { engine, signal })) {
      last = checkpoint;
      await writeWhole(file, runText(checkpoint));
      onEpoch(checkpoint.epoch);
    }
  }
  if (last === undefined) throw new Error("unreachable: a run without a checkpoint");
  const { tensors: _, ...run } = last;
  return run;
}

const Accuracy = z.number().min(0).max(100);
const RunFile = z.strictObject({
  regime: z.enum(["dlgn", "dlgn-sf"]),
  seed: z.int().min(0),
  epoch: z.int().min(0),
  bestEpoch: z.int().min(0),
  validationAccuracy: Accuracy,
  testAccuracy: Accuracy,
  seen: z.array(z.strictObject({ epoch: z.int().min(0), cosines: z.array(z.number().min(0).max(1.001)) })),
  /** A safetensors file in base64. */
  tensors: z.base64(),
});

const runText = ({ tensors, ...run }: ObliqueCheckpoint): string =>
  `${JSON.stringify({ ...run, tensors: Buffer.from(writeSafetensors(tensors, {})).toString("base64") })}\n`;

/** What an earlier command left of a run, if it was asked to be gone on with. */
async function keptRun(
  file: string,
  { regime, seed, epochs }: { readonly regime: string; readonly seed: number; readonly epochs: number },
  resume: boolean,
): Promise<ObliqueCheckpoint | undefined> {
  const text = (await readIfThere(file))?.toString();
  if (text === undefined) return undefined;
  const parsed = RunFile.safeParse(jsonOf(text));
  const isSame = parsed.success && parsed.data.regime === regime && parsed.data.seed === seed;
  if (resume && isSame && parsed.data.epoch <= epochs) {
    const { tensors, ...run } = parsed.data;
    return { ...run, tensors: float32Of(tensors, file) };
  }
  throw new GatewiseError({
    received: `${file}, ${isSame ? `a run up to epoch ${parsed.data.epoch}` : "which is no run of this experiment"}`,
    expected: resume ? `a run up to epoch ${epochs} at most` : "a folder without it",
    next: resume ? "choose another --out, or more --epochs" : "add --resume to go on with it, or choose another --out",
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function float32Of(base64: string, file: string): Parameters {
  const { tensors } = readSafetensors(Buffer.from(base64, "base64"), file);
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) => (tensor.dtype === "float32" ? [[name, tensor] as const] : [])),
  );
}

/** Results beside the published figures. */
function tableOf(rows: readonly ObliqueRow[]): string {
  const right = { align: "right" } as const;
  return formatTable(
    [
      { title: "network" },
      { title: "test accuracy %", ...right },
      { title: "runs", ...right },
      { title: "paper", ...right },
      { title: "independent", ...right },
      { title: "difference", ...right },
    ],
    rows.map(({ regime, mean, std, runs, published: { paper, independent } }) => [
      obliqueTrees.networks.find((one) => one.regime === regime)?.title ?? regime,
      `${mean.toFixed(2)} ± ${std.toFixed(2)}`,
      String(runs.length),
      paper.toFixed(2),
      independent.toFixed(1),
      `${mean - independent < 0 ? "" : "+"}${(mean - independent).toFixed(2)}`,
    ]),
  );
}
