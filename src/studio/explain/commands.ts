import { shellWord } from "../figure/shell-word.ts";
import { choiceOptions } from "./chosen-part.ts";
import { firstOf, SEARCHED } from "./examples.ts";
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
  const list = explain.examples.value;
  const searched = list === undefined ? file : firstOf(list, SEARCHED).file;
  const shown = list === undefined ? file : firstOf(list, explain.inKernel).file;
  // one of those that are searched comes out first, and the view leaves it out
  const query =
    example === undefined
      ? ["--inputs", file, "--top", "8"]
      : ["--inputs", list?.isOpened ? file : searched, "--query", String(example), "--top", "9"];
  const options = {
    flow: [...one, ...difference],
    compare: [...one, ...difference, "--reference", referenceWord(explain, file)],
    paths: [...one, ...output, "--top", "10"],
    gates: ["--inputs", file],
    neighbors: ["--train", searched, ...query, "--held-out", "0"],
    npk: ["--inputs", shown, "--out", "K.npy"],
  } as const satisfies Record<Computed, readonly string[]>;
  const command = what === "compare" ? "flow" : what;
  const words = ["npx", "gatewise", command, "--model", model.name, ...choiceOptions(model.choice), ...options[what]];
  const closed = explain.closed.value.length;
  const isOfAll = closed > 0 && what !== "neighbors" && what !== "npk";
  const note = isOfAll ? `  # with all units: the command closes none, the page has closed ${closed}` : "";
  return words.map(shellWord).join(" ") + note;
}

/** An example of the same file by its index, of another by the file. */
function referenceWord(explain: Explain, file: string): string {
  const reference = explain.reference.value;
  if (reference === undefined) return "R.npy";
  return reference.example !== undefined && reference.file === file ? String(reference.example) : reference.file;
}
