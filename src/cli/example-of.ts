import { GatewiseError } from "../errors.ts";
import type { InputExamples } from "../models/index.ts";

/** One example of a file. */
export function exampleOf(flag: string, inputs: InputExamples, index: number, file: string): InputExamples {
  const [examples = 0] = inputs.shape;
  if (index < examples) return inputs.example(index);
  throw new GatewiseError({
    received: `${flag} ${index}`,
    expected: `0 to ${examples - 1}, the examples of ${file}`,
    next: "examples are counted from 0",
  });
}
