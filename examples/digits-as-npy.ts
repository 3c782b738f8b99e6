/** Writes the embedded digits as X.npy and y.npy, to try the commands with: inputs in [0, 1], and their labels. */
import { float32, int32, writeNpy } from "gatewise";
import { loadDataset, writeWhole } from "gatewise/node";

const { test, inputShape } = await loadDataset("digits", { environment: process.env, cacheDir: "" });
const { data, shape } = test.inputs;
await writeWhole(
  "X.npy",
  writeNpy(
    float32(
      shape,
      Float32Array.from(data, (byte) => byte / 255),
    ),
  ),
);
await writeWhole("y.npy", writeNpy(int32(test.labels.shape, test.labels.data)));
console.log(`X.npy and y.npy: ${shape[0]} digits of shape [${inputShape.join(", ")}]`);
