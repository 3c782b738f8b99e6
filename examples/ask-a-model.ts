/** Asks a model in ONNX what an output is made of, and which images come through the same paths. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { float32, randomStream, sizeOf, writeNpy } from "gatewise";
import { constant, convolution, graph, input, matMul, relu, reshape, writeModel } from "gatewise/graph";
import { loadDataset, openModel, readArray, writeWhole } from "gatewise/node";

// what stands in for a model and inputs of one's own: an untrained network of two convolutions, and embedded digits
const folder = await mkdtemp(join(tmpdir(), "ask-a-model-"));
const digits = await loadDataset("digits", { environment: process.env, cacheDir: "" });
const labels = digits.test.labels.data.subarray(0, 100);
const pixels = Float32Array.from(digits.test.inputs.data.subarray(0, 100 * 28 * 28), (byte) => byte / 255);
await writeWhole(join(folder, "images.npy"), writeNpy(float32([100, 1, 28, 28], pixels)));

const weights = (name: string, shape: readonly number[], fanIn: number) =>
  constant(
    float32(
      shape,
      randomStream(0, name)
        .uniform(sizeOf(shape), -1, 1)
        .map((value) => value * Math.sqrt(6 / fanIn)),
    ),
  );
const x = input("images", "float32", ["batch", 1, 28, 28]);
const first = relu(convolution(x, weights("first", [8, 1, 3, 3], 9), { strides: [2, 2] }));
const second = relu(convolution(first, weights("second", [16, 8, 3, 3], 72), { strides: [2, 2] }));
const logits = matMul(reshape(second, ["batch", 576]), weights("logits", [576, 10], 576));
await writeWhole(join(folder, "cnn.onnx"), writeModel(graph({ logits })).bytes);

await using model = await openModel(join(folder, "cnn.onnx"));
const images = await readArray(join(folder, "images.npy"));
await rm(folder, { recursive: true }); // both are read

const { logit, activePaths, effectivePaths, top } = model.paths(images.example(3), { output: 7, top: 3 });
console.log(
  `output 7 is ${logit.toFixed(3)}, the sum of ${activePaths} active paths; ${effectivePaths.toFixed(0)} matter`,
);
for (const { contribution, units } of top) console.log(contribution.toFixed(4), "through", JSON.stringify(units));

const kernel = await model.pathKernel(images, { normalize: "trace" });
console.log("path kernel", kernel.shape, "by", kernel.by);

const near = await model.neighbors(images, 3, { top: 5 });
console.log(`a ${labels[3]} shares most paths with`, near.map(({ example }) => labels[example]).join(", "));
