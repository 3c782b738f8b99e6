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
import about from "../package.json" with { type: "json" };
import { digitsFromIdx, firstExamples } from "../src/data/index.ts";
import { CARRIED_DIGITS, carriedBytes } from "../src/studio/data/carried-digits.ts";
import { licensesOf, packagesIn } from "./licenses.ts";

const STUDIO = "src/studio";
const ENGINE = "onnxruntime-web/wasm";
const VERSIONS = { gatewise: about.version, onnxruntime: about.devDependencies["onnxruntime-web"] };
/** JSON schemas of zod's schemas, which nothing here asks for; each schema names how it would make one. */
const SCHEMA_WRITERS = /zod\/v4\/core\/(json-schema-processors|to-json-schema)\.js$/;
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
  const [page, worker, engineProgram, html, style, engine, digits, network] = await Promise.all([
    bundled(join(STUDIO, "app/main.tsx"), { format: "esm" }),
    // no module: a page that is a file may start none from what it carries
    bundled(join(STUDIO, "worker/main.ts"), { format: "iife", plugins: [engineApart] }),
    bundled(ENGINE, { format: "iife", name: "ort" }),
    readFile(join(STUDIO, "app/page.html"), "utf8"),
    styleSheet(),
    readFile(require.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm")),
    digitsOf(join(outDir, "digits")),
    readFile(join(STUDIO, "data/start-network.onnx")),
  ]);
  const packages = new Set([page, worker, engineProgram].flatMap((program) => [...program.packages]));
  const licenses = await licensesOf(packages);
  const program = asElementText(page.code);
  const filled: Readonly<Record<string, string>> = {
    policy: policyOf(program, style),
    style,
    program,
    carried: [
      carried("worker", asElementText(worker.code)),
      carried("engine-program", asElementText(engineProgram.code)),
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

interface Bundling {
  readonly format: "esm" | "iife";
  /** The global that an `iife` is known by. */
  readonly name?: string;
  readonly plugins?: readonly Rolldown.Plugin[];
}

/** ONNX Runtime's JavaScript is a program of its own, which a worker runs before: what is ours is told apart from it. */
const engineApart: Rolldown.Plugin = {
  name: "engine-apart",
  resolveId: (id) => (id === ENGINE ? "\0engine" : undefined),
  load: (id) => (id === "\0engine" ? "export const { env, InferenceSession, Tensor } = globalThis.ort" : undefined),
};

/** They stay nameable, and say so if they are ever called. */
const schemaWritersApart: Rolldown.Plugin = {
  name: "schema-writers-apart",
  transform: (code, id) => {
    if (!SCHEMA_WRITERS.test(id)) return undefined;
    const names = [...code.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name);
    const makers = names.filter((name) => name?.startsWith("create"));
    const others = names.filter((name) => !makers.includes(name));
    return [
      'const absent = () => { throw new Error("unreachable: no JSON schemas in the page"); };',
      `export { ${[...others, "process"].map((name) => `absent as ${name}`).join(", ")} };`,
      // called for each schema, for a method that is not used
      ...makers.map((name) => `export const ${name} = () => absent;`),
    ].join("\n");
  },
};

async function bundled(input: string, { format, name, plugins = [] }: Bundling): Promise<Program> {
  const bundle = await Rolldown.rolldown({
    input,
    plugins: [schemaWritersApart, ...plugins],
    platform: "browser",
    tsconfig: "tsconfig.studio.json",
    // ONNX Runtime asks it where its files are: they are in the page
    transform: {
      target: "es2022",
      define: { STUDIO_VERSIONS: JSON.stringify(VERSIONS), ...(format === "iife" ? { "import.meta": "{}" } : {}) },
    },
    checks: { pluginTimings: false },
    onLog: (level, log, handler) => {
      if (level !== "info") handler(level, log);
    },
  });
  const named = name === undefined ? {} : ({ name, exports: "named" } as const);
  const { output } = await bundle.generate({ format, ...named, minify: true, codeSplitting: false });
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
