import type { FlowAnswer, InputExamples, Model } from "../../models/index.ts";
import { parseWhole } from "../../parse-value.ts";
import { readArray } from "../../runs/node/index.ts";
import { type ModelRequest, openModelWithInputs, readModelOptions } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { exampleOf } from "../example-of.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { claimFlowFiles, writeFlowFiles } from "../flow-files.ts";
import { flowText } from "../flow-text.ts";
import type { ModelOptions } from "../model-option.ts";
import { printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";

interface FlowOptions extends ModelOptions {
  readonly inputs: string;
  readonly example: string;
  readonly output?: string;
  readonly against?: string;
  readonly reference?: string;
  readonly svg?: string;
  readonly out?: string;
}

/** The example that a difference is to. */
type Reference =
  | { readonly kind: "example"; readonly index: number }
  | { readonly kind: "nearest"; readonly wanted: number }
  | { readonly kind: "file"; readonly file: string };

interface FlowRequest {
  readonly chosen: ModelRequest;
  readonly inputs: string;
  readonly example: number;
  readonly output: number | undefined;
  readonly against: number | undefined;
  readonly reference: Reference | undefined;
  readonly svg: string | undefined;
  readonly out: string | undefined;
}

export const flow = inStages(
  (_, options: FlowOptions): FlowRequest => ({
    chosen: readModelOptions(options),
    inputs: options.inputs,
    example: parseWhole("--example", options.example, 0),
    output: options.output === undefined ? undefined : parseWhole("--output", options.output, 0),
    against: options.against === undefined ? undefined : parseWhole("--against", options.against, 0),
    reference: options.reference === undefined ? undefined : readReference(options.reference),
    svg: options.svg,
    out: options.out,
  }),
  runFlow,
);

function readReference(text: string): Reference {
  const nearest = /^nearest:(.*)$/.exec(text);
  if (nearest !== null) return { kind: "nearest", wanted: parseWhole("class", nearest[1] ?? "", 0) };
  return /^-?\d+$/.test(text)
    ? { kind: "example", index: parseWhole("--reference", text, 0) }
    : { kind: "file", file: text };
}

async function runFlow(request: FlowRequest, context: CliContext): Promise<ExitCode> {
  const { model, inputs, files } = await openModelWithInputs(context, request.chosen, request.inputs);
  await using _ = model;
  const read = request.reference?.kind === "file" ? { "--reference": request.reference.file } : {};
  await using results = await claimFlowFiles(request, { "--inputs": request.inputs, ...read }, files);
  const { output, against } = request;
  const example = exampleOf("--example", inputs, request.example, request.inputs);
  const found = await referenceOf(request, model, inputs, context);
  const answer = await model.flow(example, { output, against, reference: found?.example });
  const words = { example: `example ${request.example}`, reference: found?.words };
  const result = flowJson(answer);
  const written = await writeFlowFiles(results, { answer, example, reference: found, title: words.example, result });
  printResult(context, result, () =>
    [flowText(answer, { ...words, shape: model.inputShape }), ...written.map((line) => shown(line))].join("\n\n"),
  );
  return EXIT.done;
}

/** The reference and what it is called. */
async function referenceOf(
  { reference, example, inputs: file }: FlowRequest,
  model: Model,
  inputs: InputExamples,
  context: CliContext,
): Promise<{ readonly example: InputExamples; readonly words: string; readonly title: string } | undefined> {
  switch (reference?.kind) {
    case undefined:
      return undefined;
    case "example":
      return {
        example: exampleOf("--reference", inputs, reference.index, file),
        words: `example ${reference.index}`,
        title: `example ${reference.index}`,
      };
    case "file":
      return { example: await readArray(reference.file), words: reference.file, title: "reference" };
    case "nearest": {
      const index = await withStages(context, (onProgress) =>
        model.nearestOfClass(inputs, example, reference.wanted, { onProgress, signal: context.signal }),
      );
      const words = `example ${index}, the most similar one that the network gives class ${reference.wanted}`;
      return { example: inputs.example(index), words, title: `example ${index}` };
    }
  }
}

/** Arrays of numbers in C order. */
function flowJson({ output, against, value, mass, start, conservationError, layers, ...answer }: FlowAnswer): unknown {
  const { inputFlow, residualProfile, reference } = answer;
  return {
    ...{ output, against, value, mass, start, conservationError },
    layers: layers.map((layer) => ({
      layer: layer.layer,
      units: layer.flow.length,
      flow: Array.from(layer.flow),
    })),
    inputFlow: Array.from(inputFlow),
    residualProfile,
    ...(reference === undefined
      ? {}
      : {
          reference: {
            ...reference,
            keptByInput: Array.from(reference.keptByInput),
            gainedByInput: Array.from(reference.gainedByInput),
            lostByInput: Array.from(reference.lostByInput),
          },
        }),
  };
}
