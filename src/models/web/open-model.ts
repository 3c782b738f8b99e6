import { openWasmEngine, type WasmOptions } from "../../engine/web/index.ts";
import { type BinaryData, openOnnx } from "../../graph/index.ts";
import { networkFromOnnx, type OnnxNetworkOptions } from "../../network/index.ts";
import { Model } from "../model.ts";

/** Which part of an ONNX model is the network, and how the engine runs. */
export type OpenModelOptions = OnnxNetworkOptions & Partial<Pick<WasmOptions, "threads" | "wasmPaths">>;

/**
 * A model from the bytes of an ONNX file, with an engine in WebAssembly that starts when a question needs one.
 * @param source the file's bytes; weights beside it come as `externalData`
 * @throws GatewiseError for a damaged file, and for ops that no gated network has, naming the node
 */
export function openModel(source: BinaryData, options: OpenModelOptions = {}): Model {
  const { threads = 1, wasmPaths, ...choice } = options;
  const network = networkFromOnnx(openOnnx(source), choice);
  return new Model(network, {
    source: { kind: "onnx" },
    openEngine: () => openWasmEngine({ threads, ...(wasmPaths === undefined ? {} : { wasmPaths }) }),
  });
}
