import type { DefineCommand } from "../command.ts";
import { TIME_LIMIT_ALONE_OPTION } from "../options.ts";

export const kernelFitCommand: DefineCommand = (program, act) => {
  const command = program
    .command("kernel-fit")
    .summary("kernel ridge regression with a kernel matrix, and how well it fits its labels")
    .description(
      "Fits one-against-all kernel ridge regression and measures the kernel: ν, alignment with the labels, effective rank.",
    )
    .option("--kernel <file>", ".npy, float32 or float64, symmetric [n, n]")
    .option("--features <file>", "in place of a kernel its features, .npy, [n, R], of any n: read by blocks")
    .requiredOption("--labels <file>", ".npy of whole numbers, [n]")
    .option("--test-kernel <file>", ".npy, [m, n]: a row a test example, a column a training example")
    .option("--test-features <file>", ".npy, [m, R], beside --features")
    .option("--test-labels <file>", ".npy of whole numbers, [m]")
    .option("--against <file>", ".npy, symmetric [n, n]: another kernel of the same examples, how alike the two are")
    .option("--ridge <x>", "ridge in units of trace/n, or cv: the best by leave-one-out", "cv")
    .option(...TIME_LIMIT_ALONE_OPTION)
    .option("--threads <n>", "with --features: threads (default: all cores of the job, or of the machine)")
    .addHelpText(
      "after",
      "\nUp to 10,000 examples are solved directly; more by conjugate gradients, without ν and smallest eigenvalue. With --features (npk --features-out) any number of examples is solved in the space of the features, and the ridge chosen by leaving out each of them.\n\nExamples:\n  $ gatewise kernel-fit --kernel train.npy --labels y.npy --test-kernel test.npy --test-labels z.npy\n  $ gatewise kernel-fit --features train.npy --labels y.npy --test-features test.npy --test-labels z.npy",
    );
  act(command, async () => (await import("../actions/kernel-fit.ts")).kernelFit);
};
