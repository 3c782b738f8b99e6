/** The experiments by name, in the order of `EXPERIMENTS`: for whoever needs no more of them. */
export const EXPERIMENT_NAMES = [
  "fc-mnist-sgd",
  "fc-mnist-adam",
  "vconv-cifar10-sgd",
  "vconv-cifar10-adam",
  "gconv-cifar10-sgd",
  "gconv-cifar10-adam",
  "continuous-features",
  "c4gap-cifar10",
  "shuffled-labels",
  "learnt-layers",
  "binary-mnist",
  "ntk-trace",
  "kernel-machine",
  "oblique-trees",
  "theorem",
  "influence-mnist",
] as const;
