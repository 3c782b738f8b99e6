import type { DefineCommand } from "../command.ts";
import { withModelOptions } from "../model-option.ts";
import { THREADS_OPTION, TIME_LIMIT_ALONE_OPTION } from "../options.ts";

export const influenceCommand: DefineCommand = (program, act) => {
  const command = withModelOptions(program.command("influence"))
    .summary("training examples that helped an input and that hurt it, and labels that look wrong")
    .description(
      "What each training example does to the loss of an input, by the ridge regression of the path kernel: a score above 0 lowers it. Beside it the control, the same by the cosine of the inputs, which knows nothing of the network.",
    )
    .requiredOption("--train <file>", ".npy of the training examples, float32 or float64, [n, …input shape]")
    .requiredOption("--labels <file>", ".npy of their labels: classes, or real values of a network of one output")
    .option("--inputs <file>", ".npy of the inputs to explain, [m, …input shape]")
    .option("--query <i>", "one of them, counted from 0 (default: all)")
    .option("--query-labels <file>", "what they should give (default: the predicted class stands for it)")
    .option("--label-noise", "examples of --train whose labels look wrong, the worst first")
    .option("--top <k>", "examples on each side, and labels that look wrong", "10")
    .option("--ridge <x>", "added to the kernel's diagonal of 1", "3")
    .option("--features <r>", "estimate the kernel by as many random path features (default: the exact one)")
    .option(
      "--scratch <folder>",
      "where the kernel of more than 10,000 examples is kept meanwhile (default: the system's)",
    )
    .option("--svg <file>", "a picture of the examples of the query, of several the first")
    .option(...THREADS_OPTION)
    .option(...TIME_LIMIT_ALONE_OPTION)
    .addHelpText(
      "after",
      "\nReal values are taken to be learnt by the squared error; without --query-labels a score is then what an example adds to the prediction.\n\nExamples:\n  $ gatewise influence --model runs/fc-digits-relu-seed0 --train X.npy --labels y.npy --inputs T.npy --query 3\n  $ gatewise influence --model runs/fc-digits-relu-seed0 --train X.npy --labels y.npy --label-noise --top 50",
    );
  act(command, async () => (await import("../actions/influence.ts")).influence);
};
