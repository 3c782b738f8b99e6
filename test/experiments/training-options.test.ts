import { describe, expect, it } from "vitest";
import {
  fcMnistAdam,
  fcMnistSgd,
  gateTraining,
  gconvCifar10Adam,
  gconvCifar10Sgd,
  type RegimeExperiment,
  readTrainingOptions,
  trainingName,
  trainingOf,
  trialsOf,
  vconvCifar10Adam,
  vconvCifar10Sgd,
} from "../../src/experiments/index.ts";
import { hasOwnGates, placeLayers, regimeOf } from "../../src/network/index.ts";
import { errorOf } from "../support/error-of.ts";

describe("options of a training", () => {
  it.each([
    ["fc", "mnist", "adam", fcMnistAdam],
    ["fc", "mnist", "sgd", fcMnistSgd],
    ["vconv", "cifar10", "adam", vconvCifar10Adam],
    ["vconv", "cifar10", "sgd", vconvCifar10Sgd],
    ["gconv", "cifar10", "adam", gconvCifar10Adam],
    ["gconv", "cifar10", "sgd", gconvCifar10Sgd],
  ] as const)(
    "leave open what the papers say: %s on %s by %s",
    (arch, data, optimizer, experiment: RegimeExperiment) => {
      const { full } = experiment.profiles;
      const { plan } = trainingOf({ arch, data, optimizer, regime: "dlnpf", seed: 1, epochs: full.epochs });
      const published = trialsOf(experiment, full).find(({ id }) => id === "dlnpf-seed1");
      expect(plan).toEqual(published?.plan);
    },
  );

  it("are the same from a command line's words and from JSON", () => {
    const words = {
      width: "32",
      lr: "3e-4",
      gateOrder: "2,1",
      seed: "7",
      biases: "random",
      regime: "dlgn",
      depth: "3",
      testLimit: "500",
    };
    const json = {
      width: 32,
      lr: 3e-4,
      gateOrder: [2, 1],
      seed: 7,
      biases: "random",
      regime: "dlgn",
      depth: 3,
      testLimit: 500,
    };
    const training = trainingOf(readTrainingOptions(words));
    expect(training).toEqual(trainingOf(readTrainingOptions(json)));
    expect(training.plan.optimizer).toMatchObject({ kind: "adam", learningRate: 3e-4 });
    expect(training.plan.initializer).toEqual({ kind: "glorot-uniform", biases: "random" });
    expect(training.plan.variant).toEqual({ gateOrder: [2, 1] });
    expect(training.data).toEqual({ name: "digits", limit: null, testLimit: 500 });
    expect(trainingName(training)).toBe("fc-digits-dlgn-seed7");
  });

  it("take an architecture as JSON, with the name of its file", () => {
    const text = '{"layers": [{"kind": "flatten"}, {"kind": "dense", "units": 10, "gated": false}]}';
    const training = trainingOf(readTrainingOptions({ arch: { file: "nets/flat.json", text } }));
    expect(trainingName(training)).toBe("flat-digits-relu-seed0");
    expect(placeLayers(training.plan.architecture)).toHaveLength(2);
    expect(errorOf(() => trainingOf(readTrainingOptions({ arch: "nets/flat.json" })))).toEqual({
      message: 'architecture "nets/flat.json", whose text is not there: expected its text beside its name',
      hint: "read the file, and give { file, text }",
    });
  });

  const known = [
    "arch, regime, data, optimizer, lr, batch, epochs, limit, testLimit, width, depth, valueInput, gateOrder, beta, biases, seed,",
    "from, init, gates, keep, watchGates, kernels, labelsTransform, examples, device, threads, keys, labels, testData, testLabels, label, drop, header, layout, color, targets, testShare, splitSeed, scale, mean, std, standardize, momentum, nesterov, weightDecay, schedule, warmup, milestones, gamma, clipNorm,",
    "labelSmoothing, classWeights, dropout, augment, validation, earlyStopping",
  ].join(" ");
  it.each([
    [{ testlimit: 5 }, `option "testlimit" of a training: expected one of ${known}`, 'did you mean "testLimit"?'],
    [{ toString: 1 }, `option "toString" of a training: expected one of ${known}`, "choose one of them"],
    [
      { regime: "dlnfp" },
      'regime "dlnfp": expected relu, frnpf-ii, frnpf-di, flnpf, dlnpf, dlgn or dlgn-sf',
      'did you mean "dlnpf"?',
    ],
    [
      { arch: 3 },
      "architecture 3: expected fc, vconv, gconv, c4gap, resnet8, vgg16 or the path of a .json file, an .onnx file or a run",
      "choose one of them",
    ],
    [{ width: true }, "width true: expected a whole number of at least 1", "give another width"],
    [{ gateOrder: [1, 0] }, "gateOrder 0: expected a whole number of at least 1", "give another gateOrder"],
    [
      { from: "" },
      'from "": expected the path of a run or of an .onnx file, or a run at an epoch: RUN@last, RUN@12',
      "give another from",
    ],
  ])("that are none are refused: %j", (written, message, hint) => {
    expect(errorOf(() => readTrainingOptions(written))).toEqual({ message, hint });
  });

  it("name options as whoever wrote them does", () => {
    const flag = (option: string): string => `--${option}`;
    expect(errorOf(() => trainingOf({ arch: "gconv", depth: 3 }, flag))).toEqual({
      message: "--depth 3 with --arch gconv: expected a depth only with fc",
      hint: "leave --depth out",
    });
    expect(errorOf(() => trainingOf({ arch: "gconv", depth: 3 }))).toEqual({
      message: "depth 3 with arch gconv: expected a depth only with fc",
      hint: "leave depth out",
    });
  });
});

describe("the training that gives the gates", () => {
  it("is needed by flnpf without a run to take them from, and by nobody else", () => {
    expect(gateTraining(trainingOf({ regime: "flnpf", from: { path: "runs/relu" } }))).toBeUndefined();
    expect(gateTraining(trainingOf({ regime: "dlnpf" }))).toBeUndefined();
    expect(gateTraining(trainingOf({ regime: "flnpf" }))?.plan.regime).toBe("relu");
  });

  it("is one for all that is done with the gates, and can be trained", () => {
    const plain = gateTraining(trainingOf({ regime: "flnpf", seed: 3 }));
    const changed = gateTraining(trainingOf({ regime: "flnpf", seed: 3, valueInput: "ones" }));
    expect(changed).toEqual(plain);
    expect(changed && hasOwnGates(regimeOf(changed.plan))).toBe(true);
  });
});
