import { GatewiseError } from "../../errors.ts";
import { BYTES, type DenseArray, DTYPES, type DType, denseArray, float32, fromBytes, sizeOf } from "../dense-array.ts";
import { dtypeOf, FLOAT16 } from "./element-types.ts";
import { type TensorProto, TensorProto_DataType } from "./onnx_pb.ts";

/** More axes than any layer has; work on shapes stays small whatever a file says. */
export const MAX_RANK = 16;

/**
 * The elements of a tensor, copied; float16 becomes float32.
 * @param what names the tensor in errors
 * @throws GatewiseError for another element type, or elements that do not fill the shape
 */
export function readTensor(tensor: TensorProto, what: string): DenseArray {
  if (tensor.segment !== undefined) throw damaged(`${what} in segments`, "a tensor in one piece");
  const { dtype, half } = elementsOf(tensor, what);
  const shape = readShape(tensor.dims, what);
  // the product of 16 sizes may pass 2⁵³: what is compared is exact as long as it fits the bytes that are there
  const count = sizeOf(shape);
  const held = elementsHeld(tensor, dtype, half);
  if (held !== count) {
    throw damaged(
      `${what} with ${held} elements of ${half ? "float16" : dtype}`,
      `${count} for its shape [${shape.join(", ")}]`,
    );
  }
  if (half) return float32(shape, Float32Array.from(halfBits(tensor), fromHalf));
  return tensor.rawData.length > 0 ? rawElements(dtype, shape, tensor.rawData) : listedElements(dtype, shape, tensor);
}

/**
 * Size of a tensor's elements in bytes, as its shape has it.
 * @throws GatewiseError for a type or shape that no array has
 */
export function byteLengthOf(tensor: TensorProto, what: string): number {
  const { dtype, half } = elementsOf(tensor, what);
  return sizeOf(readShape(tensor.dims, what)) * (half ? 2 : BYTES[dtype]);
}

function elementsOf(tensor: TensorProto, what: string): { readonly dtype: DType; readonly half: boolean } {
  const half = tensor.dataType === FLOAT16;
  const dtype = dtypeOf(tensor.dataType);
  if (dtype === undefined) throw elementTypeError(tensor, what);
  return { dtype, half };
}

/** Whether arrays hold elements of this type: strings and quantized numbers they do not. */
export const isReadable = ({ dataType }: TensorProto): boolean => dtypeOf(dataType) !== undefined;

/** ONNX's name of an element type. */
export const elementTypeName = (dataType: number): string => TensorProto_DataType[dataType] ?? `${dataType}`;

export const elementTypeError = ({ dataType }: TensorProto, what: string): GatewiseError =>
  new GatewiseError({
    code: "unsupported-model",
    received: `${what} of element type ${elementTypeName(dataType)}`,
    expected: `${DTYPES.join(", ")} or float16`,
    next: "export the model without quantization, in float32",
  });

/** @throws GatewiseError for a negative size, more than 16 axes, or a size that no array has */
export function readShape(dims: readonly bigint[], what: string): readonly number[] {
  const sizes = dims.map(Number);
  if (sizes.length <= MAX_RANK && sizes.every((size) => size >= 0 && Number.isSafeInteger(size))) return sizes;
  const shown = dims.slice(0, MAX_RANK).join(", ");
  throw damaged(
    `${what} of shape [${shown}${dims.length > MAX_RANK ? ", …" : ""}]`,
    `at most ${MAX_RANK} sizes of at least 0`,
  );
}

const damaged = (received: string, expected: string): GatewiseError =>
  new GatewiseError({ code: "damaged-file", received, expected, next: "the file is damaged: export the model again" });

/** Number of elements that the file holds; fractional where bytes are missing. */
function elementsHeld(tensor: TensorProto, dtype: DType, half: boolean): number {
  if (tensor.rawData.length > 0) return tensor.rawData.length / (half ? 2 : BYTES[dtype]);
  if (half) return tensor.int32Data.length;
  switch (dtype) {
    case "float32":
      return tensor.floatData.length;
    case "float64":
      return tensor.doubleData.length;
    case "int64":
      return tensor.int64Data.length;
    case "int32":
    case "uint8":
    case "bool":
      return tensor.int32Data.length;
  }
}

const rawElements = (dtype: DType, shape: readonly number[], bytes: Uint8Array): DenseArray =>
  dtype === "bool" ? denseArray("bool", shape, bytes.map(asBit)) : fromBytes<DType>(dtype, shape, bytes);

function listedElements(dtype: DType, shape: readonly number[], tensor: TensorProto): DenseArray {
  switch (dtype) {
    case "float32":
      return denseArray(dtype, shape, Float32Array.from(tensor.floatData));
    case "float64":
      return denseArray(dtype, shape, Float64Array.from(tensor.doubleData));
    case "int64":
      return denseArray(dtype, shape, BigInt64Array.from(tensor.int64Data));
    case "int32":
      return denseArray(dtype, shape, Int32Array.from(tensor.int32Data));
    case "uint8":
      return denseArray(dtype, shape, Uint8Array.from(tensor.int32Data));
    case "bool":
      return denseArray(dtype, shape, Uint8Array.from(tensor.int32Data, asBit));
  }
}

const asBit = (value: number): number => (value === 0 ? 0 : 1);

function halfBits({ rawData, int32Data }: TensorProto): ArrayLike<number> {
  if (rawData.length === 0) return int32Data;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return Uint16Array.from({ length: rawData.length / 2 }, (_, i) => view.getUint16(2 * i, true));
}

/** IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
function fromHalf(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
