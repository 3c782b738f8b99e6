import { dirname, relative } from "node:path";
import { writeGuarded } from "../../data/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import { type Monitor, writeMonitor } from "../../models/index.ts";
import { parseWhole } from "../../parse-value.ts";
import { claimResult, readInputs, workerCount } from "../../runs/node/index.ts";
import { type ModelRequest, openModelWithInputs, readModelOptions } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { ModelOptions } from "../model-option.ts";
import { note, printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

type Options = ModelOptions &
  Readonly<Record<"inputs" | "out" | "references", string>> &
  Readonly<Partial<Record<"clean" | "heldOut" | "threads", string>>>;

interface FitRequest {
  readonly request: ModelRequest;
  /** As they were typed, for whoever opens the model again. */
  readonly choice: Omit<ModelOptions, "model">;
  readonly inputs: string;
  readonly out: string;
  readonly references: number;
  readonly clean: string | undefined;
  readonly heldOut: number | undefined;
  readonly threads: number;
}

export const fit = inStages(({ context: { environment } }, options: Options): FitRequest => {
  const { inputs, out, references, clean, heldOut, threads, modelOutput, modelInput, inputShape, set } = options;
  if (clean !== undefined && heldOut !== undefined) {
    throw new GatewiseError({
      received: "--clean with --held-out",
      expected: "clean inputs of their own, or a number of --inputs that are held out",
      next: "leave one of them out",
    });
  }
  return {
    request: readModelOptions(options),
    choice: {
      ...(modelOutput === undefined ? {} : { modelOutput }),
      ...(modelInput === undefined ? {} : { modelInput }),
      ...(inputShape === undefined ? {} : { inputShape }),
      ...(set === undefined ? {} : { set }),
    },
    ...{ inputs, out, clean },
    references: parseWhole("--references", references, 1),
    heldOut: heldOut === undefined ? undefined : parseWhole("--held-out", heldOut, 1),
    threads: workerCount(threads === undefined ? undefined : parseWhole("--threads", threads, 1), environment),
  };
}, runFit);

async function runFit(asked: FitRequest, context: CliContext): Promise<ExitCode> {
  const { request, threads, references, heldOut } = asked;
  const { model, inputs, files } = await openModelWithInputs(context, request, asked.inputs, { threads });
  await using _ = model;
  const clean = asked.clean === undefined ? undefined : await readInputs(model, asked.clean);
  await using out = await claimResult(asked.out, { "--inputs": asked.inputs, "--clean": asked.clean }, files);
  // beside each other the two may be moved
  const notes = { model: relative(dirname(out.path), request.model) || ".", choice: JSON.stringify(asked.choice) };
  const monitor = await withStages(context, (onProgress) =>
    model.fitMonitor(inputs, { references, clean, heldOut, notes, signal: context.signal, onProgress }),
  );
  const bytes = writeMonitor(monitor);
  await writeGuarded(out, out.path, bytes);
  tellDoubts(monitor, asked, model.outputs, context);
  const classes = referencesByClass(monitor);
  const result = {
    ...{ monitor: asked.out, bytes: bytes.length, network: monitor.network, heldOut: monitor.rates.examples },
    references: classes,
    gates: monitor.references.gates.layers.reduce((sum, { units }) => sum + units, 0),
    finestLevel: finestLevel(monitor),
  };
  printResult(context, result, () =>
    [
      formatTable(
        [
          { title: "class", align: "right" },
          { title: "references", align: "right" },
        ],
        classes.map(({ label, references: count }) => [String(label), String(count)]),
      ),
      `\n${shown(asked.out)}: ${Math.ceil(bytes.length / 1000).toLocaleString("en-US")} KB, ${monitor.references.classes.length} references, what is usual from ${monitor.rates.examples} clean inputs`,
      `score inputs with it: gatewise monitor score --monitor ${shown(asked.out)} --inputs Z.npy`,
    ].join("\n"),
  );
  return EXIT.done;
}

const referencesByClass = ({ references: { classes }, outputs }: Monitor) =>
  Array.from({ length: Math.max(2, outputs) }, (_, label) => ({
    label,
    references: classes.filter((one) => one === label).length,
  }));

/** The highest level at which clean inputs are fine enough: three of them may lie above it. */
const finestLevel = ({ rates: { examples } }: Monitor): number => Math.max(0, 1 - 3 / (examples + 1));

/** Clean inputs below which quantiles are coarse. */
const FEW = 200;

function tellDoubts(monitor: Monitor, { clean }: FitRequest, outputs: number, context: CliContext): void {
  const { examples } = monitor.rates;
  if (clean === undefined) {
    note(
      context,
      "clean inputs are held out of --inputs: if the network was trained on them they are more familiar than new ones, and there will be more alarms than --level says; --clean V.npy tells what is usual of others",
    );
  }
  if (examples < FEW) {
    note(
      context,
      `${examples} clean inputs make quantiles in steps of ${(100 / (examples + 1)).toFixed(1)} %, and a highest level of ${finestLevel(monitor).toFixed(3)}: more of them are finer`,
    );
  }
  if (outputs === 1) {
    note(
      context,
      "one output: its sign is taken as the class; of a network that answers with a real value that means nothing",
    );
  }
  const empty = referencesByClass(monitor).filter(({ references }) => references === 0);
  if (empty.length === 0) return;
  const labels = empty.slice(0, 10).map(({ label }) => label);
  note(
    context,
    `no input is given class ${labels.join(", ")}${empty.length > 10 ? ", …" : ""}: whatever is given ${empty.length === 1 ? "it" : "one of them"} later counts as unfamiliar`,
  );
}
