/** Random path features of any number of inputs into a file, so many rows at a time as the engine runs. */
import { createHash } from "node:crypto";
import type { WriteGuard } from "../../data/node/index.ts";
import { examplesAtOnce, type InputBlocks, type Inputs } from "../../gates/index.ts";
import { bytesOf, sizeOf } from "../../graph/index.ts";
import { featuresTogether, type KernelTile, pathFeatureRows } from "../../kernels/index.ts";
import { type KernelFile, writeKernelFile } from "../../kernels/node/index.ts";
import { checkCount, type GatedNetwork } from "../../network/index.ts";
import { optionsIn } from "../../options.ts";
import type { Model } from "../model.ts";
import { type Asking, counter } from "../progress.ts";
import { kernelDigest, wholeNetwork } from "./kernel-digest.ts";
import type { KERNEL_DTYPES } from "./kernel-dtypes.ts";
import { checkPart } from "./single-kernel.ts";
import { tilesToSkip } from "./write-neural-path-kernel.ts";

/** Which features, and the file that they are written to. */
export interface PathFeatureFileOptions extends Asking {
  /** Their number, `R`. */
  readonly features: number;
  /** Names the draws; 0 unless told otherwise. The same seed gives the same features to other inputs. */
  readonly seed?: number | undefined;
  /** Path of the file, and its lock where the caller holds it. */
  readonly out: { readonly path: string; readonly lock?: WriteGuard };
  /** Element type of the file; float64 unless told otherwise. */
  readonly dtype?: (typeof KERNEL_DTYPES)[number] | undefined;
  /** Go on with an interrupted file. */
  readonly resume?: boolean | undefined;
}

/**
 * Writes random path features (theory 3.15), `[n, R]`: inner products over `R` estimate the path kernel.
 * @param inputs `[n, …inputShape]`, in memory or read as they are needed
 * @throws GatewiseError if the inputs do not have the network's shape, or an unfinished file is there that was not asked for
 */
export async function writePathFeatures(
  model: Model,
  inputs: Inputs | InputBlocks,
  options: PathFeatureFileOptions,
): Promise<{ readonly shape: readonly [number, number] }> {
  const { features, seed = 0, out, dtype = "float64", resume = false, ...asking } = optionsIn(options);
  checkCount("number of features", features);
  const { network } = model;
  const together = featuresTogether(network, features);
  const [examples = 0] = inputs.shape;
  const file: KernelFile = {
    ...out,
    dtype,
    shape: [examples, features],
    symmetric: false,
    digest: await digestOf({ features, seed, together, dtype }, network, inputs),
  };
  const skip = await tilesToSkip(file, resume);
  const batch = examplesAtOnce(network);
  const of = Math.ceil(examples / batch);
  const rows = { from: skip * batch, to: examples };
  const asked = { seed, together, signal: asking.signal };
  const made = pathFeatureRows(network, await model.engine(), inputs, features, asked, rows);
  const onProgress = counter(asking, "features", "blocks of inputs");
  await writeKernelFile(file, featureTiles(made, features, dtype, skip, of), ({ done }) => onProgress(done, of));
  return { shape: [examples, features] };
}

/** Numbers of a block that is read for the digest. */
const DIGEST_NUMBERS = 2 ** 24;

async function digestOf(told: object, network: GatedNetwork, inputs: Inputs | InputBlocks): Promise<string> {
  if (!("read" in inputs)) return kernelDigest(told, [inputs], wholeNetwork(network));
  const { shape } = inputs;
  const [examples = 0, ...exampleShape] = shape;
  const together = Math.max(1, Math.floor(DIGEST_NUMBERS / sizeOf(exampleShape)));
  const hash = createHash("sha256");
  for (let from = 0; from < examples; from += together) {
    hash.update(bytesOf(await inputs.read(from, Math.min(from + together, examples))));
  }
  return kernelDigest({ ...told, shape, inputs: hash.digest("hex") }, [], wholeNetwork(network));
}

async function* featureTiles(
  made: ReturnType<typeof pathFeatureRows>,
  features: number,
  dtype: "float32" | "float64",
  skip: number,
  of: number,
): AsyncGenerator<KernelTile> {
  let done = skip;
  for await (const { from, to, values } of made) {
    const numbers = dtype === "float32" ? new Float32Array(values) : values;
    checkPart(numbers);
    done += 1;
    yield { rows: { from, to }, columns: { from: 0, to: features }, values: numbers, done, made: done, of };
  }
}
