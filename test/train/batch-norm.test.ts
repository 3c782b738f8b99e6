/** Networks that train by batch normalization; that they train as PyTorch's do: torch-trajectories.test.ts. */
import { beforeAll, describe, expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float32 } from "../../src/graph/index.ts";
import { Model } from "../../src/models/index.ts";
import {
  byName,
  foldBatchNorm,
  gatedNetwork,
  initialParameters,
  type Layer,
  networkFromOnnx,
  parameterSpecs,
  type RegimeName,
  regimeOf,
  resnet8,
  trialParameterSpecs,
  vgg16,
} from "../../src/network/index.ts";
import { evaluate, evaluationGraph, type TrainingPlan, trainedModel, trainedNetwork } from "../../src/train/index.ts";
import { errorOf, rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { type TrainedEpoch, tinyData, tinyPlan, trainAll } from "../support/tiny-training.ts";

const convolution = (gated: boolean): Layer => ({
  ...{ kind: "convolution", channels: 3, kernel: 3, stride: 1, padding: "same" },
  ...{ bias: false, gated, batchNorm: true },
});
const SHAPE = [1, 4, 5];
const planOf = (regime: RegimeName, changes: Partial<TrainingPlan> = {}): TrainingPlan =>
  tinyPlan({
    regime,
    architecture: {
      inputShape: SHAPE,
      layers: [
        convolution(true),
        { kind: "residual", body: [convolution(false)], shortcut: [] },
        { kind: "gate" },
        { kind: "flatten" },
        { kind: "dense", units: 5, bias: true, gated: true, batchNorm: true },
        { kind: "dense", units: 3, bias: true, gated: false },
      ],
    },
    ...changes,
  });
const DATA = tinyData(45, 20, SHAPE);

describe.each(["relu", "dlnpf", "flnpf", "frnpf-di", "dlgn"] as const)("%s", (regime) => {
  const plan = planOf(regime);
  let epochs: readonly TrainedEpoch[];
  beforeAll(async () => {
    epochs = await trainAll(plan, DATA);
  });

  it("learns, and the checkpoint predicts with the bits of its metrics", async () => {
    const last = epochs.at(-1) ?? expect.fail("no epoch");
    expect(last.metrics.trainLoss).toBeLessThan(epochs[0]?.metrics.trainLoss ?? 0);
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const program = await engine.compile(evaluationGraph(plan)); // the engine disposes of it
    const { loss, accuracy } = await evaluate(program, DATA.test, last.checkpoint.parameters, { batch: 1000 });
    expect([loss, accuracy]).toEqual([last.metrics.testLoss, last.metrics.testAccuracy]);
  });

  it("is a network of weights and biases afterwards: paths, kernels and the exported model agree", async () => {
    const { parameters } = (epochs.at(-1) ?? expect.fail("no epoch")).checkpoint;
    const network = trainedNetwork(plan, parameters);
    expect(network.nodes.some(({ kind }) => kind === "scale")).toBe(false);
    await using model = new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) });
    const inputs = float32(
      [6, ...SHAPE],
      Float32Array.from(DATA.test.inputs.data.subarray(0, 120), (byte) => byte / 255),
    );
    const logits = await model.predict(inputs);
    for (let i = 0; i < 6; i++) {
      const paths = model.paths(float32(SHAPE, inputs.data.slice(20 * i, 20 * i + 20)));
      expectClose(paths.sum, logits.data[3 * i + paths.output] ?? Number.NaN, { relative: 1e-4, absolute: 1e-5 });
    }
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const exported = trainedModel(plan, parameters);
    const program = await engine.load(exported); // the engine disposes of it
    const { fetched } = await program.run({ input: inputs });
    expectClose(fetched.logits ?? [], logits, { relative: 1e-6, absolute: 1e-6 });
    const kernel = await model.pathKernel(inputs);
    expect(kernel.data.every(Number.isFinite)).toBe(true);
    if (regime !== "relu") return;
    await using read = new Model(networkFromOnnx(exported.bytes), {
      openEngine: () => openNodeEngine("cpu", { threads: 1 }),
    });
    expectClose(await read.pathKernel(inputs), kernel, { relative: 1e-12 });
    expect(await read.gates(inputs)).toEqual(await model.gates(inputs));
  });

  it("goes on from any epoch with the same bits", async () => {
    const rest = await trainAll(plan, DATA, { resume: epochs[0]?.checkpoint ?? expect.fail("no epoch") });
    expect(rest.at(-1)).toEqual(epochs.at(-1));
  });
});

it("features that do not train have no normalization of their own, those that do have", () => {
  const names = (regime: RegimeName) => {
    const { architecture, ...choice } = planOf(regime);
    const specs = trialParameterSpecs(architecture, regimeOf(choice));
    return specs
      .filter(({ network }) => network === "feature")
      .map(({ name, trains }) => `${name}${trains ? "" : "*"}`);
  };
  const norm = (layer: number) => ["scale", "shift", "mean*", "variance*"].map((kind) => `feature.${layer}.${kind}`);
  expect(names("frnpf-ii")).toEqual([1, 2, 3].flatMap((l) => [`feature.${l}.weight*`, `feature.${l}.bias*`]));
  expect(names("dlnpf")).toEqual([1, 2, 3].flatMap((l) => [`feature.${l}.weight`, ...norm(l)]));
});

it("gates of a network that is given decide as it does where they are fixed, and keep its normalization where they train", async () => {
  const plan = planOf("relu");
  const { value } = (await trainAll(plan, DATA)).at(-1)?.checkpoint.parameters ?? expect.fail("no epoch");
  const from = { network: "sha256:0", architecture: plan.architecture };
  const start = (trains: boolean) =>
    initialParameters({ ...plan, regime: "by-layer", gates: [{ layer: "all", from, trains }] }, undefined, {
      [from.network]: value,
    });
  const { parameters } = foldBatchNorm(plan.architecture, { value });
  const [first, second] = [parameters.value[1], parameters.value[2]];
  expect(start(false).feature).toEqual({ 1: first, 2: second, 3: parameters.value[3] });
  expect(start(true).feature?.[2]).toEqual(value[2]);
});

it("statistics are neither decayed nor averaged by the optimizer, and folded networks are told from others", async () => {
  const [epoch] = await trainAll(planOf("relu", { epochs: 1 }), DATA);
  const { parameters, averages } = epoch?.checkpoint ?? expect.fail("no epoch");
  expect(Object.keys(byName(averages["first-moment"] ?? { value: {} }))).not.toContain("value.1.mean");
  expect(Object.keys(byName(parameters))).toContain("value.1.variance");
  const plan = planOf("relu");
  expect(errorOf(() => gatedNetwork(plan.architecture, regimeOf(plan), parameters))).toEqual({
    message:
      "an architecture with batch normalization, whose running statistics are beside its weights: expected a network of weights and biases",
    hint: "fold it first: foldBatchNorm(architecture, parameters)",
  });
  const folded = foldBatchNorm(plan.architecture, parameters);
  expect(gatedNetwork(folded.architecture, regimeOf(plan), folded.parameters)).toEqual(
    trainedNetwork(plan, parameters),
  );
});

it("a step of one value a channel is refused before anything is trained", async () => {
  expect(await rejectionOf(trainAll(planOf("relu"), tinyData(41, 20, SHAPE)))).toEqual({
    message:
      "a step of 1 example (41 in batches of 8) for the batch normalization dense3.norm: expected at least two values a channel, for a variance",
    hint: "choose another batch size, or another number of examples",
  });
});

describe("architectures by name", () => {
  const trained = (architecture: Parameters<typeof parameterSpecs>[0]): number =>
    parameterSpecs(architecture)
      .filter(({ kind }) => kind !== "mean" && kind !== "variance")
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const cifar10 = { inputShape: [3, 32, 32], outputs: 10 };

  it("VGG-16 has the numbers that are told of it", () => {
    // 14,728,266 of PyTorch implementations for CIFAR-10, of which 4,224 are biases in front of normalizations
    expect(trained(vgg16({ ...cifar10, width: 64 }))).toBe(14_728_266 - 4_224);
  });

  it("ResNet-8 has those of its layers", () => {
    const weights = 9 * (3 * 16 + 2 * 16 ** 2 + 16 * 32 + 32 ** 2 + 32 * 64 + 64 ** 2) + 16 * 32 + 32 * 64;
    const norms = 2 * (3 * 16 + 3 * 32 + 3 * 64);
    expect(trained(resnet8({ ...cifar10, width: 16 }))).toBe(weights + norms + 650);
  });

  it("maxima of VGG-16 end where the maps cannot be halved", () => {
    const pools = (inputShape: readonly number[]) =>
      vgg16({ inputShape, width: 4, outputs: 10 }).layers.filter(({ kind }) => kind === "max-pool").length;
    expect([pools([3, 32, 32]), pools([1, 28, 28])]).toEqual([5, 2]);
  });

  it("start as the identity: scale 1, shift 0, statistics 0 and 1", () => {
    const plan = { ...planOf("relu"), architecture: resnet8({ ...cifar10, width: 2 }) };
    const { scale, shift, mean, variance } = initialParameters(plan).value[1] ?? expect.fail("no layer");
    expect([scale, shift, mean, variance].map((one) => Array.from(one?.data ?? []))).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
  });
});
