/** `gates --training`: which gates flipped in each epoch of a watched run, and when its layers settled. */
import { GatewiseError } from "../errors.ts";
import { readMetrics, readRun } from "../runs/node/index.ts";
import { type EpochMetrics, SETTLED_BELOW, settledEpochs } from "../train/index.ts";
import type { CliContext } from "./context.ts";
import { printResult } from "./output.ts";
import { shown } from "./shown.ts";
import { type Column, formatTable } from "./table.ts";

/** The run that is asked about. */
export interface TrainingRequest {
  readonly run: string;
}

/** @param others options of `gates` that say nothing of a training: what is given of them is refused */
export function readTraining(run: string, others: Readonly<Record<string, unknown>>): TrainingRequest {
  const given = Object.keys(others).find((name) => others[name] !== undefined);
  if (given === undefined) return { run };
  throw new GatewiseError({
    received: `--training with --${given}`,
    expected: "a run alone: its metrics say what its gates did",
    next: "leave one of them out",
  });
}

export async function tellTraining({ run }: TrainingRequest, context: CliContext): Promise<void> {
  // a path without a run says so
  await readRun(run);
  const metrics = await readMetrics(run);
  const layers = metrics[0]?.gates ?? [];
  if (layers.length === 0 || layers.some(({ flippedInEpoch }) => flippedInEpoch === undefined)) {
    throw new GatewiseError({
      received: `${run}, whose gates were not watched`,
      expected: "a run of a network with gates that was trained with --watch-gates",
      next: "train it anew with --watch-gates; how many units are dead after each epoch stands in its metrics.csv",
    });
  }
  const settled = settledEpochs(metrics).map((epoch, i) => ({ layer: layers[i]?.layer ?? i + 1, epoch }));
  const epochs = metrics.map(({ epoch, gates }) => ({
    epoch,
    layers: gates.map(({ layer, units, dead, flippedInEpoch, mostFlipped }) => ({
      ...{ layer, units, dead },
      ...{ flippedInEpoch: flippedInEpoch ?? null, mostFlipped: mostFlipped ?? [] },
    })),
  }));
  printResult(context, { run, epochs, settledBelow: SETTLED_BELOW, settled }, () => describe(metrics, settled));
}

const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? "?" : (100 * share).toFixed(2);

function describe(
  metrics: readonly EpochMetrics[],
  settled: readonly { readonly layer: number; readonly epoch: number | null }[],
): string {
  const right = (title: string): Column => ({ title, align: "right" });
  const last = metrics.at(-1);
  const told = metrics.filter(({ epoch }) => epoch === last?.epoch || Number.isInteger(Math.log2(epoch)));
  const rows = told.map(({ epoch, gates }) => [
    String(epoch),
    ...gates.map(({ flippedInEpoch, dead }) => `${percent(flippedInEpoch)} (${dead})`),
  ]);
  const most = (last?.gates ?? []).map(({ mostFlipped = [] }, i) => [
    String(settled[i]?.layer),
    settled[i]?.epoch === null ? "not yet" : `from epoch ${settled[i]?.epoch}`,
    mostFlipped.map(({ unit, share }) => `${unit} (${percent(share)})`).join(", ") || "none",
  ]);
  return [
    `gates that flipped in an epoch, % (units dead after it), by layer; epochs ${told.map(({ epoch }) => epoch).join(", ")} of ${last?.epoch}`,
    formatTable([right("epoch"), ...settled.map(({ layer }) => right(`layer ${layer}`))], rows),
    formatTable(
      [
        right("layer"),
        { title: `below ${100 * SETTLED_BELOW} % an epoch` },
        { title: "flipped most in the last epoch: unit (% of inputs)" },
      ],
      most.map((row) => row.map(shown)),
    ),
  ].join("\n\n");
}
