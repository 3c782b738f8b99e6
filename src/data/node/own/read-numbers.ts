import { GatewiseError } from "../../../errors.ts";
import { type DenseArray, float32 } from "../../../graph/index.ts";
import type { InputSet } from "../../example-set.ts";
import { channelsFirst, type ImageLayout, shapeInLayout } from "../../own/image-layout.ts";
import { inputElements, isNumeric } from "../../own/npy-elements.ts";
import { arrayInFile, type StoredArray } from "./npy-array.ts";
import { inputsIn } from "./read-arrays.ts";

/**
 * Numbers of any type from a `.npy` file, in float32.
 * @param layout of examples of three axes; their channels go first
 * @throws GatewiseError for a file that cannot be read, or holds words
 */
export async function readNumbers(path: string, layout?: ImageLayout): Promise<DenseArray<"float32">> {
  const { type, shape, elements } = await numbersIn(path);
  const [count = 0, ...stored] = shape;
  const order = stored.length === 3 ? layout : undefined;
  const rows = channelsFirst(inputElements(type, await elements()), stored, order);
  return float32(shape.length === 0 ? [] : [count, ...shapeInLayout(stored, order)], rows);
}

/**
 * The same as examples: those of a large file in C order are read as they are asked for.
 * @returns the examples, and the type that the file has them in, as NumPy calls it
 */
export async function openNumbers(
  path: string,
  layout?: ImageLayout,
): Promise<{ readonly set: InputSet; readonly type: string }> {
  const array = await numbersIn(path);
  return { set: await inputsIn(array, layout), type: array.type.description };
}

async function numbersIn(path: string): Promise<StoredArray> {
  const array = await arrayInFile(path);
  if (isNumeric(array.type)) return array;
  throw new GatewiseError({
    code: "unsupported-file",
    received: `${path} of ${array.type.description}`,
    expected: "numbers",
    next: "give inputs, not labels",
  });
}
