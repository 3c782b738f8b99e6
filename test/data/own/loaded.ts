import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadOwn } from "../../../src/data/node/own/load-own.ts";
import type { OwnData } from "../../../src/data/own/own-data.ts";
import { rejectionOf } from "../../support/error-of.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

type Content = string | Uint8Array;

/** Files in a folder of their own, and what is made of one of them, or of the folder. */
export async function loaded(
  files: Readonly<Record<string, Content>>,
  options: Partial<OwnData> & { readonly of?: string } = {},
) {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, "d", name);
  await mkdir(at(""));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(at(name), ".."), { recursive: true });
    await writeFile(at(name), content);
  }
  const { of = "", ...rest } = options;
  const path = at(of).replace(/\/$/, "");
  const own = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [
      name,
      /^(labels|testData|testLabels)$/.test(name) ? at(String(value)) : value,
    ]),
  );
  try {
    const data = await loadOwn({ path, ...own });
    const rows = async (set: typeof data.train) => [...(await set.readBlock(0, set.size)).data];
    return { ...data, inputs: await rows(data.train), tests: await rows(data.test) };
  } catch (thrown) {
    if (thrown instanceof Error) thrown.message = thrown.message.replaceAll(`${folder.path}/`, "");
    throw thrown;
  }
}

/** What it is refused with. */
export const refused = (...call: Parameters<typeof loaded>) => rejectionOf(loaded(...call));
