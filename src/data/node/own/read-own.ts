/** Which form files of one's own have, and what they hold. */
import type { Dirent, Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { GatewiseError } from "../../../errors.ts";
import { FOREIGN_NAMES, foreignFormat } from "../../foreign-format.ts";
import type { OwnData, RawData } from "../../own/own-data.ts";
import { fileError } from "../file-error.ts";
import { firstBytes } from "../read-file.ts";
import type { Scratch } from "../scratch-folder.ts";
import { readNpyFiles, readNpyFolder, readNpz } from "./read-arrays.ts";
import { holdsImages, readImageFolders } from "./read-images.ts";
import { readTables } from "./read-table.ts";

const FORMS =
  ".npz, .npy with `labels`, .csv or .tsv; or a folder of .npy files, of train.csv and test.csv, or of images in a folder for each class";

/**
 * Reads files of one's own.
 * @param scratch a folder for what is unpacked and is more than memory should hold
 * @throws GatewiseError for a path that is not there, files of another form, or options of another form than theirs
 */
export async function readOwn(data: OwnData, scratch?: Scratch): Promise<RawData> {
  const { path } = data;
  const stats = await statsOf(path);
  if (stats.isDirectory()) return await readFolder(data, scratch);
  const start = await firstBytes(path);
  const format = foreignFormat(start);
  if (format === "npz" || (format === "zip" && path.endsWith(".npz"))) {
    checkOptions(data, "arrays", ["keys", "layout"]);
    return await readNpz(data, scratch);
  }
  if (format === "npy") {
    checkOptions(data, "an array", ["labels", "testData", "testLabels", "layout"]);
    return await readNpyFiles(data);
  }
  if (format === undefined && /\.(csv|tsv|txt|data|dat)(\.gz)?$/i.test(path)) {
    checkOptions(data, "a table", ["label", "drop", "header", "testData"]);
    return await readTables(data, [path, data.testData], scratch);
  }
  throw new GatewiseError({
    code: "unsupported-file",
    received: `${path}: ${start.length === 0 ? "an empty file" : format === undefined ? "a file of an unknown kind" : FOREIGN_NAMES[format]}`,
    expected: FORMS,
    next: "write it as one of these, in NumPy: np.savez(file, x=inputs, y=labels)",
  });
}

async function statsOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (thrown) {
    throw fileError(thrown, path, "a file or folder of data");
  }
}

async function readFolder(data: OwnData, scratch: Scratch | undefined): Promise<RawData> {
  const entries = await entriesOf(data.path);
  const names = entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name]));
  const ending = (pattern: RegExp): readonly string[] => names.filter((name) => pattern.test(name));
  if (ending(/\.npy$/).length > 0) {
    checkOptions(data, "arrays", ["keys", "layout"]);
    return await readNpyFolder(data);
  }
  const tables = ending(/\.(csv|tsv)(\.gz)?$/i);
  if (tables.length > 0) {
    checkOptions(data, "tables", ["label", "drop", "header"]);
    return await readTables(data, tablesOf(data.path, tables), scratch);
  }
  const archives = ending(/\.npz$/);
  if (archives.length === 1) return await readOwn({ ...data, path: join(data.path, archives[0] ?? "") }, scratch);
  if (entries.some((entry) => entry.isDirectory()) && (await holdsImages(data.path))) {
    checkOptions(data, "images", ["color"]);
    return await readImageFolders(data);
  }
  const listed = entries.slice(0, 8).map(({ name }) => name);
  throw new GatewiseError({
    code: "unsupported-file",
    received: `${data.path}, a folder with ${listed.length === 0 ? "nothing in it" : listed.join(", ")}${entries.length > 8 ? ", …" : ""}`,
    expected: FORMS,
    next: "give the folder or the file that holds the data",
  });
}

async function entriesOf(path: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter(({ name }) => !name.startsWith(".")).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (thrown) {
    throw fileError(thrown, path, "a folder of data");
  }
}

function tablesOf(folder: string, tables: readonly string[]): readonly [string, string | undefined] {
  const named = (pattern: RegExp): string | undefined => tables.find((name) => pattern.test(basename(name)));
  const [train, test] = [named(/^train(ing)?\./i), named(/^(test(ing)?|val(idation)?)\./i)];
  const [only] = tables;
  if (train !== undefined) return [join(folder, train), test && join(folder, test)];
  if (only !== undefined && tables.length === 1) return [join(folder, only), undefined];
  throw new GatewiseError({
    code: "unsupported-file",
    received: `${folder} with the tables ${tables.join(", ")}`,
    expected: "one table, or train.csv and test.csv",
    next: "give the table itself, and that of the test set with `testData`",
  });
}

/** Options that belong to some forms only. */
const OF_FORMS = ["keys", "labels", "testData", "testLabels", "label", "drop", "header", "layout", "color"] as const;

function checkOptions(data: OwnData, form: string, known: readonly (typeof OF_FORMS)[number][]): void {
  const wrong = OF_FORMS.find((option) => data[option] !== undefined && !known.includes(option));
  if (wrong === undefined) return;
  throw new GatewiseError({
    received: `\`${wrong}\` with ${data.path}, which holds ${form}`,
    expected: `of such options ${known.map((option) => `\`${option}\``).join(", ")} only`,
    next: `leave \`${wrong}\` out`,
  });
}
