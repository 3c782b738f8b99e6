import { GatewiseError } from "../../errors.ts";
import type { GatedNetwork } from "../../network/index.ts";
import { bestOf, readRecord, type Store } from "../../runs/index.ts";
import { trainedNetwork } from "../../train/index.ts";
import type { GivenFile } from "./topics.ts";

/** The network of a run, at its best checkpoint. */
export async function runNetwork(files: readonly GivenFile[], folder: string): Promise<GatedNetwork> {
  const store = storeOf(files, folder);
  const { plan } = await readRecord(store);
  const { parameters } = await bestOf(store);
  return trainedNetwork(plan, parameters);
}

/** Files that a user has opened, as a place of runs that is only read. */
function storeOf(files: readonly GivenFile[], folder: string): Store {
  const refuse = (): never => {
    throw new Error("unreachable: files that a user has opened are read only");
  };
  return {
    nameOf: (file = "") => folder + file,
    list: async () => files.flatMap(({ name }) => (name.startsWith(folder) ? [name.slice(folder.length)] : [])),
    read: async (file, atMost = Number.POSITIVE_INFINITY) => {
      const found = files.find(({ name }) => name === folder + file);
      if (found === undefined) return undefined;
      if (found.bytes.byteLength > atMost) {
        throw new GatewiseError({
          code: "too-large",
          received: `${found.name} of ${found.bytes.byteLength} bytes`,
          expected: `at most ${atMost}`,
          next: "open a run that gatewise wrote",
        });
      }
      return new Uint8Array(found.bytes);
    },
    at: (name) => storeOf(files, `${folder}${name}/`),
    write: refuse,
    append: refuse,
    remove: refuse,
    lock: refuse,
  };
}
