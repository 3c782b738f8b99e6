/** `--model` and what chooses a network inside an ONNX file: the same options of every command that takes a model. */
import type { Command } from "commander";

/** As commander gives them. */
export interface ModelOptions {
  readonly model: string;
  readonly modelOutput?: string | undefined;
  readonly modelInput?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly inputShape?: string | undefined;
}

/** Adds the options to a command. */
export const withModelOptions = (command: Command): Command =>
  withModelChoice(command.requiredOption("--model <model>", "run directory or .onnx file"));

/** Adds those that choose a network inside an ONNX file, where a command has an option of its own for the model. */
export const withModelChoice = (command: Command): Command =>
  withModelPart(
    command.option(
      "--model-output <name>",
      "of an .onnx file with several outputs: name or number; or a tensor inside it",
    ),
  );

/** The same of commands that name files in ways of their own: `M.onnx#NAME` is an output. */
export const withModelPart = (command: Command): Command =>
  command
    .option("--model-input <name>", "of an .onnx file with several inputs: the one that the examples come through")
    .option("--set <name=value>", "another input, the same for every example: a number or a .npy file", gathered)
    .option("--input-shape <sizes>", "of one example, where an .onnx file leaves sizes open: 3,32,32");

const gathered = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
