/** Licenses of the packages that are inside of what is built: they travel with it. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A file of a build, as Rolldown tells of it. */
interface Built {
  readonly type: string;
  readonly moduleIds?: readonly string[];
}

/** Folders of the packages whose modules are inside. */
export function packagesIn(output: readonly Built[]): ReadonlySet<string> {
  const ids = output.flatMap(({ type, moduleIds = [] }) => (type === "chunk" ? moduleIds : []));
  const folders = ids.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []);
  return new Set(folders);
}

/** Their names, versions and licenses, as one text. */
export async function licensesOf(folders: ReadonlySet<string>): Promise<string> {
  const texts = await Promise.all([...folders].sort().map(licenseOf));
  return texts.join("\n\n");
}

async function licenseOf(folder: string): Promise<string> {
  const about: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const word = (key: string): string => {
    const value = typeof about === "object" && about !== null && key in about ? Object(about)[key] : undefined;
    return typeof value === "string" ? value : "";
  };
  const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
  const text =
    file === undefined
      ? await readFile("scripts/licenses/onnxruntime.txt", "utf8")
      : await readFile(join(folder, file), "utf8");
  return `${word("name")} ${word("version")} (${word("license")})\n\n${text.trim()}`;
}
