import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors } from "../../src/data/index.ts";
import { fullyConnected, type RegimeName } from "../../src/network/index.ts";
import type { TrialJob } from "../../src/runs/index.ts";
import { readMetrics } from "../../src/runs/node/index.ts";
import { optimizer } from "../../src/train/index.ts";

/** Everything of a run that must not depend on interruptions or workers. */
export async function contentOf(directory: string) {
  const metrics = (await readMetrics(directory)).map(({ seconds: _, ...rest }) => rest);
  const files = await Promise.all(["best", "last"].map((name) => readFile(join(directory, `${name}.safetensors`))));
  return { metrics, checkpoints: files.map((bytes) => readSafetensors(bytes)) };
}

/** A trial of milliseconds an epoch, in `folder`; `flnpf` takes its gates from the `relu` of the same seed. */
export function tinyJob(folder: string, regime: RegimeName, seed: number, epochs: number): TrialJob {
  const id = `${regime}-${seed}`;
  const learntFrom =
    regime === "flnpf" ? { label: `../relu-${seed}`, directory: join(folder, `relu-${seed}`), until: null } : null;
  return {
    id,
    after: learntFrom === null ? undefined : `relu-${seed}`,
    request: {
      directory: join(folder, id),
      plan: {
        architecture: fullyConnected({ inputShape: [28, 28], depth: 3, width: 8, outputs: 10 }),
        regime,
        initializer: { kind: "glorot-uniform" },
        optimizer: optimizer("adam", 1e-3),
        loss: "softmax-cross-entropy",
        batch: 32,
        epochs,
        seed,
      },
      data: { name: "digits", dataDir: null, cacheDir: "", limit: 320, testLimit: 100 },
      learntFrom,
      keepBestUntil: [],
      device: "cpu",
      threads: 1,
      command: "test",
      resume: true,
    },
  };
}
