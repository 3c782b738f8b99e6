import { shellWord } from "../figure/shell-word.ts";
import type { Explain } from "./explain.ts";

export type Computed = "flow" | "compare" | "paths" | "gates" | "neighbors" | "npk";

/** The command that computes what a view shows, by the names of the files that are open. */
export function commandOf(explain: Explain, what: Computed): string | undefined {
  const [model, input, flow] = [explain.model.value, explain.input.value, explain.flow.value];
  if (model === undefined || input === undefined || flow === undefined) return undefined;
  const { example, file } = input;
  const one = ["--inputs", file, ...(example === undefined || example === 0 ? [] : ["--example", String(example)])];
  const output = ["--output", String(flow.output)];
  const difference = [...output, ...(flow.against === undefined ? [] : ["--against", String(flow.against)])];
  const list = explain.examples.value?.file ?? file;
  const options = {
    flow: [...one, ...difference],
    compare: [...one, ...difference, "--reference", referenceWord(explain, file)],
    paths: [...one, ...output, "--top", "10"],
    gates: ["--inputs", file],
    neighbors: ["--train", list, "--inputs", file, "--top", "8"],
    npk: ["--inputs", list, "--out", "K.npy"],
  } as const satisfies Record<Computed, readonly string[]>;
  const command = what === "compare" ? "flow" : what;
  return ["npx", "gatewise", command, "--model", model.name, ...options[what]].map(shellWord).join(" ");
}

/** An example of the same file by its index, of another by the file. */
function referenceWord(explain: Explain, file: string): string {
  const reference = explain.reference.value;
  if (reference === undefined) return "R.npy";
  return reference.example !== undefined && reference.file === file ? String(reference.example) : reference.file;
}
