/** What our network gives, and what ONNX Runtime itself makes of the same model. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { openNodeEngine } from "../../../src/engine/node/index.ts";
import { type DenseArray, float32, graph, input, sizeOf } from "../../../src/graph/index.ts";
import { forwardNodes, type GatedNetwork, inputShapeOf } from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";

/** The logits of our network for a batch of examples, computed by the engine. */
export async function ourLogits(network: GatedNetwork, x: DenseArray<"float32">): Promise<readonly number[]> {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const batch = input("x", "float32", ["batch", ...inputShapeOf(network)]);
  const logits = forwardNodes(network, batch).get(network.output);
  if (logits === undefined) throw new Error("no logits");
  await using program = await engine.compile(graph({ logits }));
  const { fetched } = await program.run({ x });
  return [...(fetched.logits?.data ?? [])].map(Number);
}

/** What ONNX Runtime gives for the model itself, one example at a time; its first output unless another is named. */
export async function ortLogits(
  bytes: Uint8Array,
  shape: readonly number[],
  x: DenseArray<"float32">,
  output?: string,
): Promise<readonly number[]> {
  const session = await InferenceSession.create(bytes, {
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
    executionProviders: ["cpu"],
  });
  const [inputName = "", outputName = ""] = [session.inputNames[0], output ?? session.outputNames[0]];
  const size = sizeOf(shape);
  const results: number[] = [];
  for (let i = 0; i * size < x.data.length; i++) {
    const one = new Tensor("float32", x.data.slice(i * size, (i + 1) * size), [...shape]);
    const result = (await session.run({ [inputName]: one }, [outputName]))[outputName];
    if (!(result?.data instanceof Float32Array)) throw new Error("no float32 output");
    results.push(...result.data);
  }
  await session.release();
  return results;
}

/** Examples `[count, …shape]`, standard normal. */
export const examples = (count: number, shape: readonly number[]): DenseArray<"float32"> =>
  float32([count, ...shape], randomStream(9, "examples").normal(count * sizeOf(shape)));

/** What ONNX Runtime gives for one output of a model, fed as it is written. */
export async function ortRun(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, DenseArray>>,
  output?: string,
): Promise<readonly number[]> {
  const session = await InferenceSession.create(bytes, {
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
    executionProviders: ["cpu"],
  });
  const tensors = Object.entries(feeds).map(
    ([name, { dtype, shape, data }]) => [name, new Tensor(dtype, data, [...shape])] as const,
  );
  const name = output ?? session.outputNames[0] ?? "";
  const result = (await session.run(Object.fromEntries(tensors), [name]))[name];
  await session.release();
  return Array.from(result?.data ?? [], Number);
}
