/** What a changed model answers: by ONNX Runtime, from the file as it is, and by the network that was read from it. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { sizeOf } from "../../src/graph/index.ts";
import { type GatedNetwork, inputShapeOf, outputCount } from "../../src/network/index.ts";
import { activate } from "../../src/paths/index.ts";
import { randomStream } from "../../src/random.ts";

/** Outputs of the file that have as many numbers as the network has logits; undefined where the engine takes it not. */
async function outputsOf(
  bytes: Uint8Array,
  external: ReadonlyMap<string, Uint8Array>,
  example: Float32Array,
  logits: number,
): Promise<readonly (readonly number[])[] | undefined> {
  try {
    const session = await InferenceSession.create(bytes, {
      executionProviders: ["cpu"],
      graphOptimizationLevel: "disabled",
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
      externalData: [...external].map(([path, data]) => ({ path, data })),
    });
    try {
      const [port, ...others] = session.inputMetadata;
      if (port === undefined || others.length > 0 || !port.isTensor || port.type !== "float32") return undefined;
      const [batch, ...shape] = port.shape.map((size) => (typeof size === "number" && size > 0 ? size : 1));
      if (batch === undefined || sizeOf(shape) !== example.length) return undefined;
      const rows = new Float32Array(batch * example.length);
      for (let row = 0; row < batch; row++) rows.set(example, row * example.length);
      const results = await session.run({ [port.name]: new Tensor("float32", rows, [batch, ...shape]) });
      return Object.values(results).flatMap(({ type, data, dims }) =>
        data instanceof Float32Array && type === "float32" && sizeOf(dims) === batch * logits
          ? [[...data.subarray(0, logits)]]
          : [],
      );
    } finally {
      await session.release();
    }
  } catch {
    return undefined;
  }
}

/** What may stand behind logits and is left out when a file is read. */
const ENDS: readonly ((logits: readonly number[]) => readonly number[])[] = [
  (logits) => logits,
  (logits) => {
    const most = Math.max(...logits);
    const sum = logits.reduce((total, one) => total + Math.exp(one - most), 0);
    return logits.map((one) => Math.exp(one - most) / sum);
  },
  (logits) => {
    const most = Math.max(...logits);
    const log = most + Math.log(logits.reduce((total, one) => total + Math.exp(one - most), 0));
    return logits.map((one) => one - log);
  },
  (logits) => logits.map((one) => 1 / (1 + Math.exp(-one))),
];

/**
 * Compares what both answer to one example, where the engine takes the file and the answer is within float32's means.
 * @throws Error where the answers differ
 */
export async function compareLogits(
  bytes: Uint8Array,
  external: ReadonlyMap<string, Uint8Array>,
  network: GatedNetwork,
): Promise<void> {
  const example = Float32Array.from(randomStream(0, "example").uniform(sizeOf(inputShapeOf(network)), -1, 1));
  const found = await outputsOf(bytes, external, example, outputCount(network));
  if (found === undefined || found.length === 0) return;
  const logits = [...activate(network, example).logits];
  if (!logits.every((one) => Math.abs(one) < LARGEST)) return;
  if (found.some((output) => ENDS.some((end) => areClose(end(logits), output)))) return;
  const outputs = found.map((one) => one.join(", ")).join(" or ");
  throw new Error(`wrong logits: ${logits.join(", ")}; by ONNX Runtime ${outputs}`);
}

/** Beyond it products of a mutated weight leave float32. */
const LARGEST = 1e15;

/** Float32 against float64, a few layers deep. */
function areClose(logits: readonly number[], output: readonly number[]): boolean {
  const scale = Math.max(1e-3, ...output.map(Math.abs));
  return logits.every((one, i) => Math.abs(one - (output[i] ?? Number.NaN)) <= 1e-3 * scale);
}
