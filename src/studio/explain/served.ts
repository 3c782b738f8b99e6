import { GatewiseError } from "../../errors.ts";
import type { GivenFile } from "./topics.ts";

/** Reads the files that `gatewise studio` was given; undefined where the page was opened without. */
export function servedFiles(document: Document): (() => Promise<readonly GivenFile[]>) | undefined {
  const text = document.querySelector<HTMLMetaElement>('meta[name="gatewise-files"]')?.content;
  if (text === undefined) return undefined;
  // what the command has put there, on this machine
  const files: readonly { readonly name: string; readonly address: string }[] = JSON.parse(text);
  return () =>
    Promise.all(
      files.map(async ({ name, address }) => {
        const response = await fetch(address).catch(() => undefined);
        if (response?.ok !== true) {
          throw new GatewiseError({
            code: "file-not-found",
            received: `${name}, which is not to be had from gatewise studio`,
            expected: "the command still running, and the file still there",
            next: "start it again, or open the file with Open model",
          });
        }
        return { name, bytes: await response.arrayBuffer() };
      }),
    );
}
