/**
 * Builds the studio: one file that opens from a folder and from any host, with its worker, the engine and the licenses of what is
 * inside. Rolldown bundles; it comes with tsdown.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { Rolldown } from "tsdown";
import { digitsFromIdx, firstExamples } from "../src/data/index.ts";
import { CARRIED_DIGITS, carriedBytes } from "../src/studio/data/carried-digits.ts";
import { licensesOf, packagesIn } from "./licenses.ts";

const STUDIO = "src/studio";
const compress = promisify(gzip);
const decompress = promisify(gunzip);
const require = createRequire(import.meta.url);

interface Program {
  readonly code: string;
  /** Folders of the packages inside. */
  readonly packages: ReadonlySet<string>;
}

/** Writes `studio/index.html` into `outDir`, where the embedded digits are. */
export async function buildStudio(outDir: string): Promise<void> {
  const [page, worker, html, style, engine, digits, network] = await Promise.all([
    bundled(join(STUDIO, "app/main.tsx"), "esm"),
    // no module: a page that is a file may start none from what it carries
    bundled(join(STUDIO, "worker/main.ts"), "iife"),
    readFile(join(STUDIO, "app/page.html"), "utf8"),
    styleSheet(),
    readFile(require.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm")),
    digitsOf(join(outDir, "digits")),
    readFile(join(STUDIO, "data/start-network.onnx")),
  ]);
  const licenses = await licensesOf(new Set([...page.packages, ...worker.packages]));
  const program = asElementText(page.code);
  const filled: Readonly<Record<string, string>> = {
    policy: policyOf(program, style),
    style,
    program,
    carried: [
      carried("worker", asElementText(worker.code)),
      carried("licenses", asElementText(licenses)),
      carried("start-model", await packed(network)),
      carried("digits", await packed(digits)),
      carried("engine", await packed(engine)),
    ].join("\n"),
  };
  const folder = join(outDir, "studio");
  await mkdir(folder, { recursive: true });
  // a function: the programs hold `$&` and the like
  const text = html.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => filled[name] ?? "");
  await writeFile(join(folder, "index.html"), text);
}

async function bundled(input: string, format: "esm" | "iife"): Promise<Program> {
  const bundle = await Rolldown.rolldown({
    input,
    platform: "browser",
    tsconfig: "tsconfig.studio.json",
    // ONNX Runtime asks it where its files are: they are in the page
    transform: { target: "es2022", ...(format === "iife" ? { define: { "import.meta": "{}" } } : {}) },
    checks: { pluginTimings: false },
    onLog: (level, log, handler) => {
      if (level !== "info") handler(level, log);
    },
  });
  const { output } = await bundle.generate({ format, minify: true, codeSplitting: false });
  await bundle.close();
  return { code: output[0].code, packages: packagesIn(output) };
}

/** The style sheets of the studio's rooms, the page's own first. */
async function styleSheet(): Promise<string> {
  const files = (await readdir(STUDIO, { recursive: true })).filter((file) => file.endsWith(".css")).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(STUDIO, file), "utf8")));
  return texts
    .join("\n")
    .replaceAll(/\/\*.*?\*\//gs, "")
    .replaceAll(/\s*\n\s*/g, "\n");
}

/** Nothing is loaded, nothing is sent: the page has what it needs. Scripts are the one inside and WebAssembly. */
const policyOf = (program: string, style: string): string =>
  [
    "default-src 'none'",
    `script-src '${digest(program)}' 'wasm-unsafe-eval'`,
    "worker-src blob:",
    `style-src '${digest(style)}'`,
    "img-src data: blob:",
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");

const digest = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`;

const carried = (name: string, text: string): string =>
  `<script type="text/plain" id="carried-${name}">${text}</script>`;

/** Text that does not end the element it stands in; in a program these stand in strings and patterns only. */
const asElementText = (text: string): string => text.replaceAll(/<(?=\/script|!--)/gi, "\\x3c");

const packed = async (bytes: Uint8Array): Promise<string> => (await compress(bytes, { level: 9 })).toString("base64");

async function digitsOf(folder: string): Promise<Uint8Array> {
  const read = async (name: string) => ({ name, bytes: await decompress(await readFile(join(folder, name))) });
  const [images, labels] = [await read("images-idx3-ubyte.gz"), await read("labels-idx1-ubyte.gz")];
  const { train, test } = digitsFromIdx(images, labels, "embedded");
  return carriedBytes({
    train: firstExamples(train, CARRIED_DIGITS.train),
    test: firstExamples(test, CARRIED_DIGITS.test),
  });
}
