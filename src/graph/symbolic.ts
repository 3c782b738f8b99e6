/**
 * The data model of a graph: tensors, where their values come from, ops and loops. The types know each other, so they
 * stand together; what is done with them has files of its own.
 */
import type { DenseArray, DType } from "./dense-array.ts";

/** One dimension: a size, or the name of a size that is known only when the graph runs (`"batch"`). */
export type Dimension = number | string;
/** Sizes of all axes in C order, `[]` of a single number; names stand for sizes that are open until the graph runs. */
export type Shape = readonly Dimension[];

/** Element types that have gradients. */
export type FloatDType = "float32" | "float64";
/** Element types that arithmetic and comparisons take: all but `bool`. */
export type NumericDType = Exclude<DType, "bool">;

/** Where a tensor's values come from. */
export type Source =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "constant"; readonly value: DenseArray }
  | {
      readonly kind: "op";
      /** @internal */
      readonly op: OpDefinition;
      readonly inputs: readonly Tensor[];
      /** @internal */
      readonly params: unknown;
    }
  /** A state or a slice inside the body of a scan. */
  | {
      readonly kind: "bound";
      /** @internal */
      readonly scope: ScanScope;
      readonly label: string;
    }
  | {
      readonly kind: "scan";
      /** @internal */
      readonly scan: ScanNode;
      readonly index: number;
    };

/** Identity of one scan body: its bound tensors belong to no other. */
export interface ScanScope {
  readonly label: string;
}

/** A symbolic tensor: what will be computed, with its dtype and static shape. Plain immutable data. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly source: Source;
}

/** One loop: the body's results as tensors over its bound states and slices. */
export interface ScanNode {
  readonly scope: ScanScope;
  readonly initial: readonly Tensor[];
  readonly scanned: readonly Tensor[];
  readonly boundState: readonly Tensor[];
  readonly boundSlices: readonly Tensor[];
  readonly body: { readonly state: readonly Tensor[]; readonly outputs: readonly Tensor[] };
  readonly length: Dimension;
}

/** An attribute of an ONNX node, tagged by its type. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly string: string };
export type Attributes = Readonly<Record<string, Attribute>>;

/** What an op's ONNX form may do: add nodes and constants to the model that is being written. */
export interface OnnxEmitter {
  /** Adds a node and returns the name of its output number `output` (0 unless told otherwise). */
  node(opType: string, inputs: readonly string[], attributes?: Attributes, output?: number): string;
  /** A constant of the model, shared between equal scalars. */
  constant(value: DenseArray): string;
}

/** The inputs of an op: as many, and of such dtypes, as its rules are written for. */
export type Inputs = readonly Tensor[];
export type FloatInput = readonly [x: Tensor<FloatDType>];
export type FloatPair = readonly [a: Tensor<FloatDType>, b: Tensor<FloatDType>];

/** The ONNX form of an op: the name of one node, or several nodes by hand. */
export type OnnxForm<P, I extends Inputs> =
  | string
  | ((emit: OnnxEmitter, names: { readonly [K in keyof I]: string }, params: P, inputs: I, output: Tensor) => string);

/** A gradient for each input, or undefined where none flows. */
export type InputGradients<I extends Inputs> = { readonly [K in keyof I]: Tensor<FloatDType> | undefined };

/** One op: its shape rule, its gradient rule and its ONNX form, together. */
export interface OpDefinition<P = unknown, I extends Inputs = Inputs> {
  readonly name: string;
  /** Result dtype; that of the first input unless told otherwise. */
  dtype?(inputs: I, params: P): DType;
  /** Result shape; throws {@link shapeError} for inputs that do not fit. */
  shape(inputs: I, params: P): Shape;
  /** Reverse rule: from the gradient of the output to those of the inputs; `"none"` where it is zero or undefined. */
  readonly gradient:
    | "none"
    | ((inputs: I, outputGradient: Tensor<FloatDType>, output: Tensor<FloatDType>, params: P) => InputGradients<I>);
  readonly onnx: OnnxForm<P, I>;
}
