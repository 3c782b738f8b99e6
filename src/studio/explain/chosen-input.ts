import type { ExampleList } from "./examples.ts";
import type { OpenedModel } from "./topics.ts";

/** An input, and what it is called in a command. */
export interface ChosenInput {
  readonly data: Float64Array;
  /** The example of the list that it is; undefined for one that was drawn, set by hand or read alone. */
  readonly example: number | undefined;
  readonly file: string;
}

/** An input of zeros, to draw on or to set. */
export const blank = ({ inputShape }: OpenedModel): ChosenInput => ({
  data: new Float64Array(inputShape.reduce((product, size) => product * size, 1)),
  example: undefined,
  file: "input.npy",
});

/** One of the examples, or undefined if there is none such. */
export function exampleOf({ data, size, count, file }: ExampleList, example: number): ChosenInput | undefined {
  if (!Number.isInteger(example) || example < 0 || example >= count) return undefined;
  return { data: data.slice(example * size, (example + 1) * size), example, file };
}
