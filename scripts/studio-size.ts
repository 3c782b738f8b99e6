/**
 * Prints what the built page is made of, each part gzipped:
 *
 *   npx tsx scripts/studio-size.ts
 *
 * Own code is all that runs or is shown and that is not ONNX Runtime: the page's program, the worker's, style and markup, with the
 * libraries inside them. Beside it lie the engine, its JavaScript and its WebAssembly, and data.
 */
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

/** What the parts of a page are. */
const PARTS = {
  page: "own code",
  worker: "own code",
  style: "own code",
  markup: "own code",
  "engine-program": "engine",
  engine: "engine",
  digits: "data",
  "start-model": "data",
  licenses: "data",
} as const;
type PartName = keyof typeof PARTS;

const NAMES = Object.keys(PARTS).filter((name): name is PartName => name in PARTS);

/** Gzipped bytes of each part of a page as the build writes it. */
export function studioSizes(html: string): Readonly<Record<PartName, number>> {
  const sizes = new Map<string, number>();
  const take = (name: string, text: string): string => {
    // base64 of what is gzipped already
    const bytes = name === "engine" || name === "digits" || name === "start-model" ? Buffer.from(text, "base64") : text;
    sizes.set(name, typeof bytes === "string" ? gzipSync(bytes, { level: 9 }).length : bytes.length);
    return "";
  };
  const markup = html
    .replaceAll(/<script type="text\/plain" id="carried-([\w-]+)">(.*?)<\/script>/gs, (_, name: string, text: string) =>
      take(name, text),
    )
    .replace(/<script type="module">(.*?)<\/script>/s, (_, text: string) => take("page", text))
    .replace(/<style>(.*?)<\/style>/s, (_, text: string) => take("style", text));
  take("markup", markup);
  const sizeOf = (name: PartName): number => {
    const size = sizes.get(name);
    if (size === undefined) throw new Error(`the page has no ${name}`);
    return size;
  };
  return {
    page: sizeOf("page"),
    worker: sizeOf("worker"),
    style: sizeOf("style"),
    markup: sizeOf("markup"),
    "engine-program": sizeOf("engine-program"),
    engine: sizeOf("engine"),
    digits: sizeOf("digits"),
    "start-model": sizeOf("start-model"),
    licenses: sizeOf("licenses"),
  };
}

/** Gzipped bytes of what is not the engine and not data. */
export const ownCode = (html: string): number =>
  NAMES.filter((name) => PARTS[name] === "own code").reduce((sum, name) => sum + studioSizes(html)[name], 0);

if (process.argv[1]?.endsWith("studio-size.ts")) {
  const html = await readFile("dist/studio/index.html", "utf8");
  const sizes = studioSizes(html);
  for (const name of NAMES) console.log(`${PARTS[name].padEnd(10)}${name.padEnd(16)}${kilobytes(sizes[name])}`);
  console.log(`${"own code".padEnd(26)}${kilobytes(ownCode(html))}`);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1).padStart(8)} KB`;
}
