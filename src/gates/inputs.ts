import { GatewiseError } from "../errors.ts";
import { checkArrayParts, type DenseArray, float32, sizeOf } from "../graph/index.ts";
import { type GatedNetwork, inputShapeOf } from "../network/index.ts";

/** Inputs as files hold them, `[n, ...inputShape]`. */
export type Inputs = DenseArray<"float32" | "float64">;

/** Inputs that are read as they are needed, `[n, …inputShape]`: more than memory should hold. */
export interface InputBlocks {
  readonly shape: readonly number[];
  /** Examples `from` to `to − 1` as the engine takes them, all of them finite. */
  read(from: number, to: number): Promise<DenseArray<"float32">>;
}

/** Examples `from` to `to − 1` of either. */
export const readRows = async (
  inputs: Inputs | InputBlocks,
  from: number,
  to: number,
): Promise<DenseArray<"float32">> => ("read" in inputs ? await inputs.read(from, to) : inputRows(inputs, from, to));

/** Examples `from` to `to` as the engine takes them. */
export function inputRows({ shape, data }: Inputs, from: number, to: number): DenseArray<"float32"> {
  const size = sizeOf(shape.slice(1));
  return float32([to - from, ...shape.slice(1)], data.subarray(from * size, to * size));
}

/** @throws GatewiseError if `inputs` are no dense array `[n, ...inputShape]` with `n ≥ 1`, of float32 or float64 */
export function checkInputs(network: GatedNetwork, inputs: Inputs | InputBlocks, name = "inputs"): void {
  if (typeof inputs === "object" && inputs !== null && "read" in inputs) {
    checkInputShape(network, inputs.shape);
    return;
  }
  checkArrayParts(inputs, name);
  const dtype: string = inputs.dtype;
  if (dtype !== "float32" && dtype !== "float64") {
    throw new GatewiseError({
      received: `inputs of dtype ${dtype}`,
      expected: "float32 or float64, as the network reads them",
      next: "convert them: bytes of images are usually divided by 255",
    });
  }
  if (inputs.data.length !== sizeOf(inputs.shape)) {
    throw new GatewiseError({
      received: `${inputs.data.length} numbers as inputs of shape [${inputs.shape.join(", ")}]`,
      expected: `${sizeOf(inputs.shape)} numbers`,
      next: "give the shape that they have",
    });
  }
  checkInputShape(network, inputs.shape);
  checkFinite(inputs, name);
}

/** @throws GatewiseError if it is not `[n, ...inputShape]` with `n ≥ 1` */
function checkInputShape(network: GatedNetwork, given: readonly number[]): void {
  const wanted = inputShapeOf(network);
  const [examples = 0, ...shape] = given;
  if (given.length > 0 && examples > 0 && shape.join() === wanted.join()) return;
  throw new GatewiseError({
    received: `inputs of shape [${given.join(", ")}]`,
    expected: `[${["n", ...wanted].join(", ")}] with at least one example, as the network reads them`,
    next:
      given.join() === wanted.join()
        ? "put the one example into an array of shape [1, …]"
        : (transposition(shape, wanted) ?? "reshape the inputs or choose the model that they belong to"),
  });
}

/** A gate of NaN is shut and its kernel 0: answers that look like answers. */
function checkFinite({ data }: Inputs, name: string): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i]!)) continue;
    throw new GatewiseError({
      received: `${name} with ${data[i]} at element ${i}`,
      expected: "finite numbers",
      next: "look for missing values where the inputs were made",
    });
  }
}

/** PyTorch puts the channels of images first, Keras last: to reshape one into the other would tear the pixels apart. */
function transposition(shape: readonly number[], wanted: readonly number[]): string | undefined {
  const [first, second, third] = shape;
  if (shape.length !== 3) return undefined;
  const advice = (order: string, where: string): string =>
    `the network reads channels ${where}: in NumPy, x.transpose(${order})`;
  if ([third, first, second].join() === wanted.join()) return advice("0, 3, 1, 2", "first");
  if ([second, third, first].join() === wanted.join()) return advice("0, 2, 3, 1", "last");
  return undefined;
}
