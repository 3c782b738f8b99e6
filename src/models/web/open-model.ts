import { openWasmEngine } from "../../engine/web/index.ts";
import { GatewiseError, messageOf } from "../../errors.ts";
import { type BinaryData, openOnnx } from "../../graph/index.ts";
import { networkFromOnnx, type OnnxNetworkOptions } from "../../network/index.ts";
import { optionsIn } from "../../options.ts";
import { type InputExamples, readExamples } from "../example-array.ts";
import { Model } from "../model.ts";

/** Which part of an ONNX model is the network, and how the engine runs. */
export interface OpenModelOptions extends OnnxNetworkOptions {
  /** 1 unless told otherwise; more need a page that is cross-origin isolated. */
  readonly threads?: number;
  /** Where the `.wasm` files of ONNX Runtime are, if not beside the script (a bundler's `?url`). */
  readonly wasmPaths?: string;
}

/** A file: its address, relative to the page, what a file picker gave, or its bytes. */
export type WebFile = string | URL | Blob | BinaryData;

/**
 * A model from an ONNX file of any framework. Its engine, in WebAssembly, is loaded and starts when a question needs it.
 * @param source weights that lie beside the file come as `externalData`
 * @throws GatewiseError for a file that is not to be had or damaged, and for ops that no gated network has, naming the node
 */
export async function openModel(source: WebFile, options: OpenModelOptions = {}): Promise<Model> {
  const { threads = 1, wasmPaths, ...choice } = optionsIn(options);
  const network = networkFromOnnx(openOnnx(await bytesOf(source)), choice);
  return new Model(network, {
    source: { kind: "onnx" },
    openEngine: () => openWasmEngine({ threads, ...(wasmPaths === undefined ? {} : { wasmPaths }) }),
  });
}

/**
 * Inputs from a `.npy` file, example by example.
 * @returns `[n, …]`
 * @throws GatewiseError unless the file holds float32 or float64 with an axis of examples
 */
export async function readArray(source: WebFile): Promise<InputExamples> {
  const name = typeof source === "string" || source instanceof URL ? `${source}` : undefined;
  return readExamples(await bytesOf(source), name);
}

async function bytesOf(source: WebFile): Promise<BinaryData> {
  if (source instanceof Blob) return await source.arrayBuffer();
  if (typeof source !== "string" && !(source instanceof URL)) return source;
  // an empty address is the page itself
  if (source === "") {
    throw new GatewiseError({
      received: "an empty address",
      expected: "the address of a file, or its bytes",
      next: "give the address, relative to the page",
    });
  }
  let why: string;
  try {
    const response = await fetch(source);
    if (response.ok) return await response.arrayBuffer();
    why = `HTTP ${response.status}`;
  } catch (thrown) {
    why = messageOf(thrown);
  }
  throw new GatewiseError({
    code: "file-not-found",
    received: `${source}, which is not to be had (${why})`,
    expected: "a file that this page may fetch",
    next: "check the address, and that its server allows this page (CORS); or give the bytes",
  });
}
