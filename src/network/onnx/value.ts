import type { DenseArray } from "../../graph/index.ts";
import type { Origin } from "./origin.ts";

/** What a tensor of the model is while it is read. */
export type Value = ConstantValue | ExampleValue;

/** Known before any example: weights, shapes, axes. */
export interface ConstantValue {
  readonly kind: "constant";
  readonly array: DenseArray;
  /** Arrays of the file that it is made of. */
  readonly origin: Origin;
}

/** Depends on the example. */
export interface ExampleValue {
  readonly kind: "example";
  /** The node that gives it. */
  readonly position: number;
  /** As the model sees it, a batch of one example. */
  readonly shape: readonly number[];
  /** Whether axis 0 of the shape is the batch. Models for one example at a time may have none. */
  readonly batched: boolean;
  /** Node of the softmax that was left out behind the logits: nothing may be computed from it. */
  readonly softmax: string | undefined;
}

/** What a node gives that has several outputs, in their order. */
export interface Outputs {
  readonly kind: "outputs";
  readonly values: readonly Value[];
}

export const constantOf = (array: DenseArray, origin: Origin = []): ConstantValue => ({
  kind: "constant",
  array,
  origin,
});

/** The value's shape without the batch. */
export const exampleShape = ({ shape, batched }: ExampleValue): readonly number[] => (batched ? shape.slice(1) : shape);

/** The elements as numbers; whole numbers beyond 2⁵³ are rounded. */
export const numbersOf = ({ data }: DenseArray): Float64Array =>
  data instanceof BigInt64Array ? Float64Array.from(data, Number) : Float64Array.from(data);
