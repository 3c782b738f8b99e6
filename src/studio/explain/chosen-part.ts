import type { ModelChoice } from "./topics.ts";

export const NO_CHOICE: ModelChoice = { output: "", input: "", set: "" };

/** What is taken of a model as options of a command. */
export function choiceOptions({ output, input, set }: ModelChoice): readonly string[] {
  const settings = set.split(/[\s,]+/).filter((one) => one !== "");
  return [
    ...(output === "" ? [] : ["--model-output", output]),
    ...(input === "" ? [] : ["--model-input", input]),
    ...settings.flatMap((one) => ["--set", one]),
  ];
}
