/**
 * Makes the small network that the studio opens with, from a run on the embedded digits:
 *
 *   gatewise train --data digits --arch fc --width 24 --depth 4 --epochs 40 --lr 1e-3 --weight-decay 1e-3 --seed 1 --out RUN
 *   npx tsx scripts/start-network.ts RUN
 *
 * Weights are rounded to multiples of 1/128, which a gzipped file holds in a sixth of the bytes.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors } from "../src/data/index.ts";
import { add, constant, float32, graph, input, matMul, relu, reshape, writeModel } from "../src/graph/index.ts";

const STEP = 1 / 128;
const LAYERS = 4;

const [run = ""] = process.argv.slice(2);
const file = join(run, "best.safetensors");
const { tensors } = readSafetensors(await readFile(file), file);
const rounded = (name: string) => {
  const array = tensors[`value.${name}`];
  if (array?.dtype !== "float32") throw new Error(`${file}: no value.${name}`);
  return constant(
    float32(
      array.shape,
      array.data.map((value) => Math.round(value / STEP) * STEP),
    ),
  );
};
let at = reshape(input("digits", "float32", ["batch", 28, 28]), ["batch", 784]);
for (let layer = 1; layer <= LAYERS; layer++) {
  const q = add(matMul(at, rounded(`${layer}.weight`)), rounded(`${layer}.bias`));
  at = layer === LAYERS ? q : relu(q);
}
await writeFile("src/studio/data/start-network.onnx", writeModel(graph({ logits: at })).bytes);
