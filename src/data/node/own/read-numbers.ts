import { GatewiseError } from "../../../errors.ts";
import { type DenseArray, float32 } from "../../../graph/index.ts";
import { channelsFirst, type ImageLayout, shapeInLayout } from "../../own/image-layout.ts";
import { inputElements, isNumeric } from "../../own/npy-elements.ts";
import { arrayInFile } from "./npy-array.ts";

/**
 * Numbers of any type from a `.npy` file, in float32.
 * @param layout of examples of three axes; their channels go first
 * @throws GatewiseError for a file that cannot be read, or holds words
 */
export async function readNumbers(path: string, layout?: ImageLayout): Promise<DenseArray<"float32">> {
  const { type, shape, elements } = await arrayInFile(path);
  if (!isNumeric(type)) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${path} of ${type.description}`,
      expected: "numbers",
      next: "give inputs, not labels",
    });
  }
  const [count = 0, ...stored] = shape;
  const order = stored.length === 3 ? layout : undefined;
  const rows = channelsFirst(inputElements(type, await elements()), stored, order);
  return float32(shape.length === 0 ? [] : [count, ...shapeInLayout(stored, order)], rows);
}
