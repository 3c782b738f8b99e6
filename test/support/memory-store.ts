import { GatewiseError } from "../../src/errors.ts";
import type { Store } from "../../src/runs/index.ts";

/** Files in memory: a store that has nothing of a disk. */
export function memoryStore(
  name: string,
  files: Map<string, Uint8Array> = new Map(),
  held: Set<string> = new Set(),
): Store {
  const nameOf = (file?: string): string => (file === undefined ? name : `${name}/${file}`);
  const bytesOf = (content: Uint8Array | string): Uint8Array =>
    typeof content === "string" ? new TextEncoder().encode(content) : content.slice();
  return {
    nameOf,
    list: async () => {
      const inside = [...files.keys()].flatMap((path) =>
        path.startsWith(`${name}/`) ? [path.slice(name.length + 1).split("/")[0] ?? ""] : [],
      );
      return [...new Set(inside)];
    },
    read: async (file, atMost = Number.POSITIVE_INFINITY) => {
      const bytes = files.get(nameOf(file));
      if (bytes !== undefined && bytes.length > atMost) {
        throw new GatewiseError({
          received: `${nameOf(file)}: ${bytes.length} bytes`,
          expected: `at most ${atMost}`,
          next: "it is damaged or another file than it was taken for: restore it, or give another",
        });
      }
      return bytes?.slice();
    },
    write: async (file, content) => void files.set(nameOf(file), bytesOf(content)),
    append: async (file, text) => {
      const [before, more] = [files.get(nameOf(file)) ?? new Uint8Array(), bytesOf(text)];
      const whole = new Uint8Array(before.length + more.length);
      whole.set(before);
      whole.set(more, before.length);
      files.set(nameOf(file), whole);
    },
    remove: async (file) => void files.delete(nameOf(file)),
    at: (place) => memoryStore(nameOf(place), files, held),
    lock: async () => {
      if (held.has(name)) {
        throw new GatewiseError({ received: `${name}, in use`, expected: "a place of one's own", next: "wait" });
      }
      held.add(name);
      return { [Symbol.asyncDispose]: async () => void held.delete(name) };
    },
  };
}
