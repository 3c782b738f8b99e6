/** What `flow` writes: a picture, or a folder with all that it found. */
import { join } from "node:path";
import { writeNpy } from "../data/index.ts";
import { makeFolder, writeGuarded } from "../data/node/index.ts";
import { float64 } from "../graph/index.ts";
import type { FlowAnswer, InputExamples } from "../models/index.ts";
import { inputShapeOf } from "../network/index.ts";
import { claimResult, type ResultFile, type Sources } from "../runs/node/index.ts";

/** Files of a folder, by what they hold; those of a reference where there is one. */
const NAMES = {
  json: "flow.json",
  light: "flow.svg",
  dark: "flow-dark.svg",
  inputFlow: "input-flow.npy",
  keptByInput: "kept.npy",
  gainedByInput: "gained.npy",
  lostByInput: "lost.npy",
} as const;
const OF_REFERENCE = ["keptByInput", "gainedByInput", "lostByInput"] as const;

/** The places of results, kept from other commands until they go out of scope. */
export interface FlowFiles extends AsyncDisposable {
  readonly svg: ResultFile | undefined;
  readonly folder: { readonly path: string; readonly files: ReadonlyMap<string, ResultFile> } | undefined;
}

/** @throws GatewiseError if a file would replace one that is read, or cannot be made */
export async function claimFlowFiles(
  {
    svg,
    out,
    reference,
  }: { readonly svg: string | undefined; readonly out: string | undefined; readonly reference: unknown },
  sources: Sources,
  model: readonly string[],
): Promise<FlowFiles> {
  const claimed: ResultFile[] = [];
  const release = async (): Promise<void> => {
    for (const file of claimed.reverse()) await file[Symbol.asyncDispose]();
  };
  try {
    const picture = await claimResult(svg, sources, model);
    if (picture !== undefined) claimed.push(picture);
    const files = new Map<string, ResultFile>();
    if (out !== undefined) await makeFolder(out);
    const left: readonly string[] = reference === undefined ? OF_REFERENCE.map((which) => NAMES[which]) : [];
    for (const name of out === undefined ? [] : Object.values(NAMES).filter((one) => !left.includes(one))) {
      const file = await claimResult(join(out ?? "", name), sources, model);
      claimed.push(file);
      files.set(name, file);
    }
    const folder = out === undefined ? undefined : { path: out, files };
    return { svg: picture, folder, [Symbol.asyncDispose]: release };
  } catch (thrown) {
    await release();
    throw thrown;
  }
}

export interface FoundFlow {
  readonly answer: FlowAnswer;
  readonly example: InputExamples;
  readonly reference: { readonly example: InputExamples; readonly title: string } | undefined;
  readonly title: string;
  /** As JSON has it. */
  readonly result: unknown;
}

/** @returns a line for each place that was written */
export async function writeFlowFiles({ svg, folder }: FlowFiles, found: FoundFlow): Promise<readonly string[]> {
  if (svg === undefined && folder === undefined) return [];
  const { answer, example, reference, title, result } = found;
  // only here: the report room brings Vega, which takes a second to load
  const { flowSvg, recolored } = await import("../report/index.ts");
  const split = answer.reference;
  const light = flowSvg({
    flow: answer,
    input: example.data,
    reference: split && reference && { split, input: reference.example.data, title: reference.title },
    title,
  });
  if (svg !== undefined) await writeGuarded(svg, svg.path, light);
  if (folder !== undefined) {
    const shape = inputShapeOf(answer.passes.graph.network);
    const contents: Readonly<Record<string, string | Uint8Array>> = {
      [NAMES.json]: `${JSON.stringify(result)}\n`,
      [NAMES.light]: light,
      [NAMES.dark]: recolored(light, "dark"),
      [NAMES.inputFlow]: writeNpy(float64(shape, answer.inputFlow)),
      ...(split === undefined
        ? {}
        : Object.fromEntries(OF_REFERENCE.map((which) => [NAMES[which], writeNpy(float64(shape, split[which]))]))),
    };
    for (const [name, file] of folder.files) await writeGuarded(file, file.path, contents[name] ?? "");
  }
  return [
    ...(svg === undefined ? [] : [`flow drawn in ${svg.path}`]),
    ...(folder === undefined ? [] : [`${[...folder.files.keys()].join(", ")} in ${folder.path}`]),
  ];
}
