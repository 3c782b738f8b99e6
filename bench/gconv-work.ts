/** Training of GCONV on random images, for the benches that take its steps apart or time them. */
import type { Examples } from "../src/data/index.ts";
import type { Engine } from "../src/engine/index.ts";
import { denseArray } from "../src/graph/index.ts";
import { gconv, initialParameters, type RegimeName } from "../src/network/index.ts";
import { randomStream } from "../src/random.ts";
import { optimizer, type TrainingPlan, train } from "../src/train/index.ts";

/** So many random images that gates of all of them are no table: they are computed in every step. */
function randomImages(count: number): Examples {
  const stream = randomStream(0, "bench", count);
  const bytes = (length: number, below: number): Uint8Array => Uint8Array.from(stream.uniform(length, 0, below));
  return {
    inputs: denseArray("uint8", [count, 3, 32, 32], bytes(count * 3 * 32 * 32, 256)),
    labels: denseArray("uint8", [count], bytes(count, 10)),
  };
}

export interface GconvWork {
  readonly regime: RegimeName;
  readonly kind: "sgd" | "adam";
  readonly rate: number;
  readonly batch: number;
  /** All widths are divided by this. */
  readonly narrow: number;
}

/** A training without end. */
export function gconvTraining(
  engine: Engine,
  { regime, kind, rate, batch, narrow }: GconvWork,
): { readonly plan: TrainingPlan; readonly events: ReturnType<typeof train> } {
  const plan: TrainingPlan = {
    architecture: gconv({ inputShape: [3, 32, 32], width: 64 / narrow, outputs: 10 }),
    regime,
    initializer: { kind: "glorot-uniform" },
    optimizer: optimizer(kind, rate),
    loss: "softmax-cross-entropy",
    batch,
    epochs: Number.MAX_SAFE_INTEGER,
    seed: 0,
  };
  const { value: learnt } = initialParameters({ ...plan, regime: "relu" });
  const data = { train: randomImages(128 * batch), test: randomImages(8) };
  const clock = (): number => performance.now();
  return { plan, events: train(plan, data, initialParameters(plan, learnt), { engine, clock }) };
}
