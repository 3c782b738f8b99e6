/** Engines of threads of their own that make a tangent kernel together with the model's. */
import { totalmem } from "node:os";
import type { Engine } from "../../engine/index.ts";
import { openWorkerEngine } from "../../engine/node/index.ts";
import { GatewiseError } from "../../errors.ts";
import type { Inputs } from "../../gates/index.ts";
import { tangentKernelProducts } from "../../kernels/index.ts";
import { KeptPrograms } from "../kept-programs.ts";
import type { Model } from "../model.ts";
import type { TangentAnswer, TangentAnswerOptions } from "../tangent-kernels.ts";

/** Less work is done before more engines have started: about two seconds of one. */
const WORTH_THREADS = 4e10;

/**
 * `Model.tangentAnswer` by several engines where that takes less time; the same bits for any number of them.
 * @param threads engines, the model's own among them
 */
export async function tangentAnswerByThreads(
  model: Model,
  inputs: Inputs,
  { threads, ...options }: Omit<TangentAnswerOptions, "beside"> & { readonly threads: number },
): Promise<TangentAnswer> {
  const [examples = 0] = inputs.shape;
  const needed = await model.tangentBytes(examples, options.part);
  if (needed > totalmem()) {
    throw new GatewiseError({
      code: "too-large",
      received: `a tangent kernel of ${examples} inputs, which takes ${gigabytes(needed)} of memory`,
      expected: `at most the ${gigabytes(totalmem())} of this machine`,
      next: "write it to a file by tiles, with `out` and `threads`, or take fewer inputs",
    });
  }
  const isWorthIt = tangentKernelProducts(model.network, examples) > WORTH_THREADS;
  await using more = await openEngines(isWorthIt ? threads - 1 : 0);
  return await model.tangentAnswer(inputs, { ...options, beside: more.engines });
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

interface Engines extends AsyncDisposable {
  readonly engines: readonly Engine[];
}

/** So many engines of the processor, a thread each. */
export async function openEngines(count: number): Promise<Engines> {
  const opening = Array.from({ length: count }, async () => {
    return new KeptPrograms(await openWorkerEngine("cpu", { threads: 1 }));
  });
  const engines = (await Promise.allSettled(opening)).flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const release = async (): Promise<void> => {
    for (const engine of engines) await engine[Symbol.asyncDispose]();
  };
  if (engines.length < count) {
    await release();
    await Promise.all(opening);
  }
  return { engines, [Symbol.asyncDispose]: release };
}
