/** A training as the run directory that the command would have written, in a zip file. */
import { zipSync } from "fflate";
import { trainingName } from "../../experiments/index.ts";
import { type Store, writeTraining } from "../../runs/index.ts";
import type { Lane } from "./lane.ts";
import { commandFor, type WrittenSettings } from "./settings.ts";
import type { FilePart, RunMachine } from "./topics.ts";

/** Put in by the build. */
declare const STUDIO_VERSIONS: { readonly gatewise: string; readonly onnxruntime: string };

/** @param learntFrom the training whose gates it takes, which lies in it as the command's does */
export async function runFile(
  settings: WrittenSettings,
  lane: Lane,
  learntFrom: Lane | undefined,
  machine: RunMachine,
): Promise<FilePart> {
  const files = new Map<string, Uint8Array>();
  const name = trainingName(lane.training);
  await writeLane(memoryStore(files, `${name}/`), settings, lane, learntFrom === undefined ? null : "relu", machine);
  if (learntFrom !== undefined) {
    await writeLane(memoryStore(files, `${name}/relu/`), settings, learntFrom, null, machine);
  }
  const bytes = zipSync(Object.fromEntries([...files].map(([file, content]) => [file, content])));
  return { name: `${name}.zip`, bytes: new Uint8Array(bytes) };
}

async function writeLane(
  run: Store,
  settings: WrittenSettings,
  { training, regime, metrics, best, last }: Lane,
  learntFrom: string | null,
  { processor, cores, startedAt, now }: RunMachine,
): Promise<void> {
  if (best === undefined || last === undefined) throw new Error("unreachable: a run before its first epoch");
  const { gatewise, onnxruntime } = STUDIO_VERSIONS;
  const { name, limit, testLimit } = training.data;
  await writeTraining(run, {
    metrics,
    best,
    last,
    record: {
      gatewise,
      plan: training.plan,
      data: {
        name,
        source: "embedded",
        trainExamples: limit ?? 0,
        testExamples: testLimit ?? 0,
        limit,
        testLimit,
      },
      learntFrom,
      device: "wasm",
      threads: 1,
      machine: { platform: "browser", processor, cores, memoryGiB: 0, node: "none", onnxruntime },
      command: commandFor(settings, regime),
      startedAt,
      finishedAt: now,
    },
  });
}

/** Files in memory, written by one who waits for nobody. */
function memoryStore(files: Map<string, Uint8Array>, folder: string): Store {
  const nameOf = (file = ""): string => folder + file;
  const put = (file: string, content: Uint8Array | string): void => {
    files.set(nameOf(file), typeof content === "string" ? new TextEncoder().encode(content) : content);
  };
  return {
    nameOf,
    list: async () =>
      [...files.keys()].filter((name) => name.startsWith(folder)).map((name) => name.slice(folder.length)),
    read: async (file) => files.get(nameOf(file)),
    write: async (file, content) => put(file, content),
    append: async (file, text) => put(file, new TextDecoder().decode(files.get(nameOf(file))) + text),
    remove: async (file) => void files.delete(nameOf(file)),
    at: (name) => memoryStore(files, `${folder}${name}/`),
    lock: async () => ({ [Symbol.asyncDispose]: async () => {} }),
  };
}
