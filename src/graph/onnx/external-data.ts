/**
 * Tensors whose bytes lie in other files beside the model: a location, an offset, a length. Every number is checked against
 * the tensor's shape and the bytes that are there. Which files may be read is the matter of whoever opens them.
 */
import { GatewiseError } from "../../errors.ts";
import { asBytes, type BinaryData } from "../binary-data.ts";
import { type GraphProto, type TensorProto, TensorProto_DataLocation } from "./onnx_pb.ts";
import { quoted } from "./quoted.ts";
import { labelOf } from "./read-node.ts";
import { byteLengthOf, isReadable } from "./read-tensor.ts";

/** Bytes of the files beside a model, by location as the model calls it. */
export type ExternalData = ReadonlyMap<string, BinaryData>;

/** A file that holds bytes of a model's tensors. */
export interface ExternalFile {
  /** As the model calls it: a path from the model's folder, or anything else in a hostile file. */
  readonly location: string;
  /** Number of bytes, from the file's first, that the model reads. */
  readonly bytes: number;
  /** The tensor that reaches so far, for messages: `initializer "w"`. */
  readonly tensor: string;
}

/** Tensors of one file may overlap (tied weights) until each of its bytes is copied this often, not without end. */
const MOST_COPIES = 2;

const AGAIN = "export the model again, or save it as one file";

/**
 * The files that a model needs beside it, each once.
 * @throws GatewiseError for offsets and lengths that are no numbers or do not fit the tensor
 */
export function externalFilesOf(graph: GraphProto): readonly ExternalFile[] {
  const files = new Map<string, ExternalFile>();
  for (const { what, location, offset, length } of externalTensors(graph)) {
    const bytes = offset + length;
    if (bytes >= (files.get(location)?.bytes ?? 0)) files.set(location, { location, bytes, tensor: what });
  }
  return [...files.values()];
}

/**
 * Puts the bytes of other files into the tensors of a model that was just decoded.
 * @returns how many they are
 * @throws GatewiseError for a file that is not given or too short, and for tensors that copy it over and over
 */
export function attachExternalData(graph: GraphProto, data: ExternalData): number {
  const tensors = externalTensors(graph);
  checkGiven(tensors, data);
  const copied = new Map<string, number>();
  for (const { tensor, what, location, offset, length } of tensors) {
    const bytes = asBytes(data.get(location) ?? new Uint8Array(), `the file ${quoted(location)}`);
    const file = `the file ${quoted(location)}, which has ${bytes.length}`;
    if (offset + length > bytes.length) {
      throw unfit(`${what} in bytes ${offset} to ${offset + length} of ${file}`, "a file that holds them all");
    }
    const total = (copied.get(location) ?? 0) + length;
    copied.set(location, total);
    if (total > MOST_COPIES * bytes.length) {
      throw unfit(`${what}, with which tensors take ${total} bytes of ${file}`, `at most ${MOST_COPIES} times as many`);
    }
    tensor.dataLocation = TensorProto_DataLocation.DEFAULT;
    tensor.externalData = [];
    tensor.rawData = bytes.subarray(offset, offset + length);
  }
  return [...copied.values()].reduce((sum, one) => sum + one, 0);
}

interface ExternalTensor {
  readonly tensor: TensorProto;
  readonly what: string;
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** Initializers and tensors among attributes that are not in the model itself, without those that nobody reads. */
const externalTensors = ({ initializer, node }: GraphProto): readonly ExternalTensor[] => [
  ...initializer.filter(isExternal).map((tensor) => placed(tensor, `initializer ${quoted(tensor.name)}`)),
  ...node.flatMap((one, index) =>
    one.attribute.flatMap(({ name, t }) =>
      t !== undefined && isExternal(t) ? [placed(t, `${labelOf(one, index)}: its tensor ${quoted(name)}`)] : [],
    ),
  ),
];

const isExternal = (tensor: TensorProto): boolean =>
  tensor.dataLocation === TensorProto_DataLocation.EXTERNAL && isReadable(tensor);

function placed(tensor: TensorProto, what: string): ExternalTensor {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get("location") ?? "";
  const file = `${what} with its data in the file ${quoted(location)}`;
  if (location === "") throw unfit(file, "the name of a file");
  const number = (key: "offset" | "length", missing: number): number => {
    const text = entries.get(key);
    if (text === undefined) return missing;
    if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
    throw unfit(`${file}, ${key} ${quoted(text)}`, "a whole number of bytes");
  };
  const wanted = byteLengthOf(tensor, what);
  const [offset, length] = [number("offset", 0), number("length", wanted)];
  if (length === wanted) return { tensor, what, location, offset, length };
  throw unfit(`${file}, ${length} bytes long`, `${wanted} bytes for its shape [${tensor.dims.join(", ")}]`);
}

function checkGiven(tensors: readonly ExternalTensor[], data: ExternalData): void {
  const missing = tensors.filter(({ location }) => !data.has(location));
  const [first] = missing;
  if (first === undefined) return;
  const files = [...new Set(missing.map(({ location }) => location))];
  const shown = files.slice(0, 4).map(quoted).join(", ");
  throw new GatewiseError({
    code: "file-not-found",
    received: `${first.what} with its data in the file ${quoted(first.location)}`,
    expected: `the bytes of ${shown}${files.length > 4 ? `, … (${files.length} files)` : ""}`,
    next: "give them as externalData, by location; or save the model as one file",
  });
}

const unfit = (received: string, expected: string): GatewiseError =>
  new GatewiseError({ code: "damaged-file", received, expected, next: AGAIN });
