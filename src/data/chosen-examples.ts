/** Some of the training examples, by a file of their numbers. */
import { GatewiseError } from "../errors.ts";
import type { DenseArray } from "../graph/index.ts";

/** A `.npy` file of numbers of training examples, counted from 0. */
export interface ChosenExamples {
  readonly file: string;
  /** `sha256:…` of the file, once it was looked at. */
  readonly digest?: string | undefined;
}

/**
 * Reads the name of such a file, or the fields.
 * @throws GatewiseError for anything else
 */
export function readChosenExamples(value: unknown, name: string): ChosenExamples {
  if (typeof value === "string" && value !== "") return { file: value };
  if (typeof value === "object" && value !== null && "file" in value && typeof value.file === "string") {
    return {
      file: value.file,
      ...("digest" in value && typeof value.digest === "string" ? { digest: value.digest } : {}),
    };
  }
  throw new GatewiseError({
    received: `${name} ${JSON.stringify(value)}`,
    expected: "a .npy file of numbers of training examples",
    next: `for instance ${name} half.npy`,
  });
}

/**
 * The examples that a file chooses, in its order.
 * @param of training examples
 * @throws GatewiseError unless it holds whole numbers below that, each once
 */
export function chosenPositions({ shape, data }: DenseArray, file: string, of: number): Int32Array {
  const wrong = (received: string): GatewiseError =>
    new GatewiseError({
      received: `${file} ${received}`,
      expected: `one axis of numbers of training examples, from 0 to ${of - 1}, each once`,
      next: "give another file, or take more examples",
    });
  if (shape.length !== 1 || data.length === 0) throw wrong(`of shape [${shape.join(", ")}]`);
  const seen = new Uint8Array(of);
  return Int32Array.from(data, (value: number | bigint, i: number) => {
    const position = Number(value);
    const isExample = Number.isInteger(position) && position >= 0 && position < of;
    if (!isExample || seen[position] === 1) {
      throw wrong(`with ${value} at element ${i}${isExample ? ", which was there before" : ""}`);
    }
    seen[position] = 1;
    return position;
  });
}
