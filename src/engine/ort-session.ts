import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { GatewiseError, messageOf } from "../errors.ts";

/** @throws GatewiseError for a failure inside the engine */
export async function runSession(
  session: InferenceSession,
  feeds: Readonly<Record<string, OrtTensor>>,
): Promise<InferenceSession.ReturnType> {
  try {
    return await session.run(feeds);
  } catch (thrown) {
    throw new GatewiseError({
      code: "engine-failed",
      received: `a failed run: ${messageOf(thrown)}`,
      expected: "a run to the end",
      next: "look at the node that the message names; with large batches, try a smaller one",
      cause: thrown,
    });
  }
}

/** One that could not be opened has nothing to release: who asked for it was told. */
export async function releaseSession(opening: Promise<InferenceSession>): Promise<void> {
  const session = await opening.catch(() => undefined);
  await session?.release();
}
