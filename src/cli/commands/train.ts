import { USUAL_TRAINING } from "../../experiments/index.ts";
import { REGIME_NAMES } from "../../network/index.ts";
import { OPTIMIZER_KINDS, SCHEDULE_KINDS } from "../../train/index.ts";
import type { DefineCommand } from "../command.ts";
import { DATA_CHOICES, withFileOptions, withNormalizationOptions } from "../data-options.ts";
import { withModelPart } from "../model-option.ts";
import { DEVICE_OPTION, TIME_LIMIT_OPTION } from "../options.ts";

export const trainCommand: DefineCommand = (program, act) => {
  const command = program
    .command("train")
    .summary("train one network in one regime")
    .description("Trains one network in one regime into a run directory.")
    .option(
      "--arch <name>",
      `fc, vconv, gconv, c4gap, resnet8, vgg16, the JSON file of an architecture, or an .onnx file whose layers are trained anew (default: that of the network of --from, --init or --gates, else ${USUAL_TRAINING.arch})`,
    )
    .option("--regime <name>", `${REGIME_NAMES.join(", ")} (default: ${USUAL_TRAINING.regime})`)
    .option("--data <data>", DATA_CHOICES, USUAL_TRAINING.data)
    .option("--data-dir <dir>", "where the data set is looked for first")
    .option("--optimizer <name>", OPTIMIZER_KINDS.join(", "), USUAL_TRAINING.optimizer)
    .option(
      "--lr <x>",
      "learning rate (default: that of the architecture's experiment, adam 1e-4 for fc, 3e-4 for convolutions, 1e-3 for resnet8 and vgg16)",
    )
    .option("--momentum <x>", "of sgd, for instance 0.9")
    .option("--nesterov", "Nesterov's momentum")
    .option("--weight-decay <x>", "L2 by the gradient; adamw: decoupled from it (default: adamw 0.01, others none)")
    .option("--schedule <name>", `how the learning rate moves: ${SCHEDULE_KINDS.join(", ")} (default: constant)`)
    .option("--warmup <epochs>", "epochs in which the learning rate rises from zero")
    .option(
      "--milestones <a,b,…>",
      "schedule step: epochs after which the rate is lowered (default: half and three quarters of all)",
    )
    .option("--gamma <x>", "schedule step: what the rate is multiplied by (default: 0.1)")
    .option("--clip-norm <x>", "largest norm of all gradients together")
    .option("--label-smoothing <x>", "share of each target that goes to all classes alike, for instance 0.1")
    .option("--class-weights <list>", "balanced, or a number for each class: what its examples count in the loss")
    .option("--dropout <share>", "hidden units that each step leaves out, of maps whole channels, for instance 0.2")
    .option("--augment <list>", "crop (padded by 4, crop:2 by 2) and flip the training images at random: crop,flip")
    .option(
      "--validation <share>",
      "share of the training examples held out; the best epoch is then that of least loss on them",
    )
    .option(
      "--early-stopping <epochs>",
      "end after so many epochs without a smaller validation loss (with --validation 0.1 unless told otherwise)",
    )
    .option("--batch <n>", "examples a step", String(USUAL_TRAINING.batch))
    .option("--epochs <n>", "passes over the training set", String(USUAL_TRAINING.epochs))
    .option("--limit <n>", "the first n training examples only")
    .option("--test-limit <n>", "the first n test examples only")
    .option(
      "--width <n>",
      "units of a hidden layer (default: fc 128), channels of the first (vconv, gconv, vgg16 64, c4gap 128, resnet8 16)",
    )
    .option("--depth <n>", "weight layers of fc (default: 6)")
    .option("--value-input <what>", "what the value network reads: example or ones")
    .option("--gate-order <a,b,…>", "the gates' layers, from 1, in the order in which the value network meets them")
    .option("--beta <x>", "steepness of soft gates (default: 4)")
    .option(
      "--biases <what>",
      "what biases begin as: zero or random (without any, the first layer's gates all flip on planes through the origin)",
      "zero",
    )
    .option("--seed <n>", "decides weights and order", String(USUAL_TRAINING.seed))
    .option(...DEVICE_OPTION)
    .option(
      "--from <network>",
      "flnpf: the .onnx file or run whose gates are taken (default: one is trained first); frnpf-di: whose weights gates and values begin as; RUN@last and RUN@12 are a run at an epoch",
    )
    .option("--init <network>", "the .onnx file or run whose weights the value network starts from")
    .option(
      "--gates <layers=source...>",
      "where the gates of each layer come from, in place of a regime: own, random, initial, learnt, an .onnx file or a run; :trained behind one that trains along (1,2=model.onnx 3-5=random)",
    )
    .option("--keep <a,b,…>", "epochs after which the network is kept, for RUN@EPOCH")
    .option("--examples <file>", ".npy of numbers of training examples, from 0: only those are trained on")
    .option("--watch-gates", "tell with each epoch which gates flipped in it: metrics, report, gates --training RUN")
    .option(
      "--no-kernels",
      "do not measure the kernel of the gates while it trains: fewer files, for sweeps of short runs",
    )
    .option(
      "--labels-transform <how>",
      "training labels changed: shuffle:SEED, noise:SHARE:SEED, replace:SEED or replace:FILE.npy",
    )
    .option("--out <dir>", "run directory (default: runs/ARCH-DATA-REGIME-seedN)")
    .option("--resume", "go on with the run that the directory holds")
    .option(...TIME_LIMIT_OPTION)
    .option("--threads <n>", "threads of the engine; bit-equal results are promised for 1", "1")
    .addHelpText("after", "\nExample:\n  $ gatewise train --regime dlnpf --data digits --epochs 20");
  withModelPart(withNormalizationOptions(withFileOptions(command)));
  act(command, async () => (await import("../actions/train.ts")).train);
};
