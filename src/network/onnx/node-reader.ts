import type { DenseArray, OnnxAttribute, OnnxNode } from "../../graph/index.ts";
import type { NetworkBuilder } from "./network-builder.ts";
import { nodeError } from "./node-error.ts";
import { asParameter, type Origin, type Sourced, sourced } from "./origin.ts";
import { type ExampleValue, numbersOf, type Outputs, type Value } from "./value.ts";

/** How an op becomes nodes of the network or a constant: what its first output is, or each of its outputs. */
export type OpReader = (reader: NodeReader) => Value | Outputs;
/** An op of one output. */
export type ValueReader = (reader: NodeReader) => Value;

/** One node of the model: its inputs and attributes, each checked as it is asked for. */
export class NodeReader {
  constructor(
    readonly node: OnnxNode,
    /** Undefined where an optional input is left out. */
    readonly inputs: readonly (Value | undefined)[],
    readonly builder: NetworkBuilder,
    readonly opset: number,
  ) {}

  /** The error for what this node says. */
  error(received: string, expected: string): Error {
    return nodeError(this.node, received, expected);
  }

  /** An input of any kind. */
  input(index: number): Value {
    const value = this.inputs[index];
    if (value === undefined) throw this.error(`no input ${index}`, "all inputs that the op needs");
    return value;
  }

  /** An input that depends on the example. */
  example(index = 0): ExampleValue {
    const value = this.input(index);
    if (value.kind === "constant") throw this.error(`a constant as input ${index}`, "one that depends on the example");
    return this.unfinished(value);
  }

  /** A value that something may be computed from. */
  unfinished(value: ExampleValue): ExampleValue {
    if (value.softmax === undefined) return value;
    throw this.error(`the result of ${value.softmax}`, "softmax as the last op only, behind the logits");
  }

  /** A constant input, or undefined where it is left out. */
  optionalConstant(index: number): DenseArray | undefined {
    const value = this.inputs[index];
    if (value === undefined) return undefined;
    if (value.kind === "constant") {
      // whoever asks may walk over all of it, and any number of nodes may ask
      this.builder.limits.constants(this.node, value.array.data.length);
      return value.array;
    }
    throw this.error(`an input ${index} that depends on the example`, "a constant");
  }

  /** Whether the file holds these numbers as they are: nothing was folded into them. */
  isWritten(index: number): boolean {
    const value = this.inputs[index];
    return value?.kind === "constant" && this.builder.fileArrays.has(value.array);
  }

  constant(index: number): DenseArray {
    this.input(index);
    const array = this.optionalConstant(index);
    if (array === undefined) throw this.error(`no input ${index}`, "a constant");
    return array;
  }

  /** Where a constant input comes from. */
  origin(index: number): Origin {
    const value = this.inputs[index];
    if (value?.kind !== "constant") return [];
    this.builder.limits.terms(this.node, value.origin.length);
    return value.origin;
  }

  /** A constant input of finite floating-point numbers. */
  weights(index: number): Sourced {
    const array = this.constant(index);
    if (array.dtype !== "float32" && array.dtype !== "float64") {
      throw this.error(`${array.dtype} as input ${index}`, "float32 or float64");
    }
    if (!array.data.every(Number.isFinite)) throw this.error(`weights that are not finite`, "finite numbers");
    return sourced(array, this.origin(index));
  }

  /** The weight or bias of a layer, its slopes or its scale: what trains. */
  parameter(index: number): Sourced {
    return asParameter(this.weights(index));
  }

  optionalParameter(index: number): Sourced | undefined {
    return this.inputs[index] === undefined ? undefined : this.parameter(index);
  }

  /** The numbers of a small constant: a shape, axes, pads. */
  list(index: number): readonly number[] | undefined {
    const array = this.optionalConstant(index);
    if (array === undefined) return undefined;
    if (array.data.length > MAX_LIST) {
      throw this.error(`${array.data.length} elements in input ${index}`, `at most ${MAX_LIST}`);
    }
    return [...numbersOf(array)];
  }

  private attribute<K extends OnnxAttribute["kind"]>(
    name: string,
    kind: K,
  ): Extract<OnnxAttribute, { readonly kind: K }> | undefined {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return undefined;
    if (isKind(attribute, kind)) return attribute;
    throw this.error(`${name} as ${attribute.kind === "unread" ? attribute.what : attribute.kind}`, kind);
  }

  int(name: string): number | undefined {
    return this.attribute(name, "int")?.value;
  }
  float(name: string): number | undefined {
    return this.attribute(name, "float")?.value;
  }
  string(name: string): string | undefined {
    return this.attribute(name, "string")?.value;
  }
  floats(name: string): readonly number[] | undefined {
    return this.attribute(name, "floats")?.value;
  }
  tensor(name: string): DenseArray | undefined {
    return this.attribute(name, "tensor")?.value;
  }
  ints(name: string): readonly number[] | undefined {
    const values = this.attribute(name, "ints")?.value;
    if (values !== undefined && values.length > MAX_LIST) {
      throw this.error(`${values.length} numbers of ${name}`, `at most ${MAX_LIST}`);
    }
    return values;
  }

  /** An axis of `rank`, counted from the end where negative. */
  axis(axis: number, rank: number): number {
    if (Number.isInteger(axis) && -rank <= axis && axis < rank) return axis < 0 ? axis + rank : axis;
    throw this.error(`axis ${axis} of ${rank}`, `−${rank} to ${rank - 1}`);
  }
}

/** More than any list of axes, sizes or pads has. */
const MAX_LIST = 64;

const isKind = <K extends OnnxAttribute["kind"]>(
  attribute: OnnxAttribute,
  kind: K,
): attribute is Extract<OnnxAttribute, { readonly kind: K }> => attribute.kind === kind;
