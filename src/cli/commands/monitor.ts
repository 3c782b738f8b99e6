import type { DefineCommand } from "../command.ts";
import { withModelChoice, withModelOptions } from "../model-option.ts";
import { THREADS_OPTION, TIME_LIMIT_ALONE_OPTION } from "../options.ts";

export const monitorCommand: DefineCommand = (program, act) => {
  const monitor = program
    .command("monitor")
    .summary("inputs that a network does not know, and answers that are likely wrong")
    .description(
      "Compares the gates of inputs with those of examples that the network knows, of the class that it gives them, and says how unusual that is among clean inputs.",
    );
  const fit = withModelOptions(monitor.command("fit"))
    .summary("a monitor of a network, from inputs that it knows")
    .description(
      "Keeps a few examples of each class that the network gives, chosen to cover the inputs, and the scores of clean inputs held out, in one small file.",
    )
    .requiredOption(
      "--inputs <file>",
      ".npy, float32 or float64, [n, …input shape]: those that the network was trained on",
    )
    .requiredOption("--out <file>", "the monitor, a safetensors file")
    .option("--references <n>", "examples kept of each class", "50")
    .option("--clean <file>", "inputs that the network was not trained on, to tell what is usual")
    .option(
      "--held-out <n>",
      "without --clean: so many of --inputs tell it (default: 1000, a fifth of fewer than 5000)",
    )
    .option(...THREADS_OPTION)
    .option(...TIME_LIMIT_ALONE_OPTION)
    .addHelpText(
      "after",
      "\nExample:\n  $ gatewise monitor fit --model runs/fc-digits-relu-seed0 --inputs x.npy --clean validation.npy --out digits.monitor",
    );
  act(fit, async () => (await import("../actions/monitor-fit.ts")).fit);

  const score = withModelChoice(
    monitor
      .command("score")
      .summary("how unusual inputs are, which raise an alarm, and what has drifted")
      .description(
        "For each input quantiles of unfamiliarity among the clean inputs of the monitor: by gates, by softmax, and by pixels as a control; an alarm where the larger of the first two is above a threshold that clean inputs pass as often as --level says. Of all inputs together: the share of alarms, and the gates that are open more or less often than they were.",
      )
      .requiredOption("--monitor <file>", "what `monitor fit` has written")
      .requiredOption("--inputs <file>", ".npy, float32 or float64, [n, …input shape]")
      .option("--model <model>", "run directory or .onnx file (default: the one that the monitor was fitted on)"),
  )
    .option("--level <q>", "share of clean inputs that raise no alarm", "0.95")
    .option("--top <k>", "inputs that are listed, the largest alarms first", "10")
    .option(...THREADS_OPTION)
    .option(...TIME_LIMIT_ALONE_OPTION)
    .addHelpText(
      "after",
      "\nExample:\n  $ gatewise monitor score --monitor digits.monitor --inputs today.npy --level 0.99",
    );
  act(score, async () => (await import("../actions/monitor.ts")).score);
};
