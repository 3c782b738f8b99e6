/** Copies into and out of a device's own memory. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import {
  type DenseArray,
  type DType,
  type Graph,
  gather,
  graph,
  input,
  int32,
  type WrittenModel,
  writeModel,
} from "../graph/index.ts";
import { releaseSession, runSession } from "./ort-session.ts";
import { dtypeOf } from "./ort-values.ts";

/** Whether arrays of a dtype and rank can be copied into a device's own memory and back. */
export const isCopied = (dtype: DType, rank: number): boolean =>
  dtype === "float32" || dtype === "int32" || (rank > 0 && (dtype === "uint8" || dtype === "bool"));

/**
 * A program that copies its input: into the device's memory if its output is kept, else out of it (ONNX Runtime's Node
 * package has no other way). WebGPU moves bytes with Gather only, which reads `rows` 0, 1, ….
 */
function copyGraph(dtype: DType, rank: number): Graph {
  const x = input(
    "x",
    dtype,
    Array.from({ length: rank }, (_, axis) => `size${axis}`),
  );
  return graph({ copy: dtype === "uint8" || dtype === "bool" ? gather(x, input("rows", "int32", ["size0"])) : x });
}

type Way = "to device" | "from device";

/** Owns the sessions that copy; released by its engine. */
export class DeviceCopies implements AsyncDisposable {
  private readonly sessions = new Map<string, Promise<InferenceSession>>();

  /** @param open a session of a model, with the outputs that stay on the device */
  constructor(
    private readonly open: (model: WrittenModel, onDevice: readonly string[]) => Promise<InferenceSession>,
    private readonly tensorOf: (array: DenseArray) => OrtTensor,
  ) {}

  async copied(tensor: OrtTensor, way: Way): Promise<OrtTensor> {
    const session = await this.sessionFor(dtypeOf(tensor), tensor.dims.length, way);
    const rows = Int32Array.from({ length: tensor.dims[0] ?? 0 }, (_, i) => i);
    const indices = session.inputNames.includes("rows") ? { rows: this.tensorOf(int32([rows.length], rows)) } : {};
    const { copy } = await runSession(session, { x: tensor, ...indices });
    if (copy === undefined) throw new Error("the engine left out a copy");
    return copy;
  }

  private sessionFor(dtype: DType, rank: number, way: Way): Promise<InferenceSession> {
    const key = `${dtype} ${rank} ${way}`;
    const kept = way === "to device" ? ["copy"] : [];
    const session = this.sessions.get(key) ?? this.open(writeModel(copyGraph(dtype, rank)), kept);
    this.sessions.set(key, session);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.sessions.values()) await releaseSession(session);
    this.sessions.clear();
  }
}
