import { GatewiseError } from "../../errors.ts";
import { type DenseArray, type OnnxNode, quoted, sizeOf } from "../../graph/index.ts";
import type { GatedNetwork, GatedNode, NodeOperation } from "../gated-network.ts";
import { usedNodes } from "../network-nodes.ts";
import { placedNode } from "../node-kinds.ts";
import { fileParameters, withoutOrigins } from "./file-parameters.ts";
import type { Limits } from "./limits.ts";
import { nodeError } from "./node-error.ts";
import type { Origin, Sourced } from "./origin.ts";
import { composedPlaces, isPermutation } from "./places.ts";
import { type ExampleValue, exampleShape, type Value } from "./value.ts";
import { workOf } from "./work.ts";

/** The network while its model is read. Nodes that later ones replace stay until the end. */
export class NetworkBuilder {
  private readonly nodes: GatedNode<Sourced>[] = [];
  /** Where the slopes of leaky gates come from. */
  private readonly slopes = new Map<number, Origin>();
  private readonly shared = new Set<number>();
  /** By position: whether only normalization and order lie between the input and this node. */
  private readonly raw: boolean[] = [];
  private readonly reorderings = new Map<Int32Array, boolean>();

  /** Constants that the file holds as they are, which nothing was folded into. */
  readonly fileArrays = new WeakSet<DenseArray>();

  /** As the model's input has it, for messages. */
  private written: readonly number[] = [];

  /** @param batch examples a batch as the model is written, or "open" for any number */
  constructor(
    readonly limits: Limits,
    private readonly batch: number | "open",
  ) {}

  /** How many examples the model's shapes and constants are written for; 1 where it takes any number. */
  get examples(): number {
    return this.batch === "open" ? 1 : this.batch;
  }

  /** Whether the model takes any number of examples. */
  get isOpen(): boolean {
    return this.batch === "open";
  }

  /** A value's shape as the model has it. */
  modelShape({ shape }: ExampleValue): readonly number[] {
    return shape.map((size, axis) => (axis === 0 ? size * this.examples : size));
  }

  /** Whether examples lie behind each other along axis 0, alone or with an axis of their own behind them. */
  holdsBatch(value: Value): boolean {
    return value.kind === "example" && (value.batched || this.batch !== 1);
  }

  /** @throws GatewiseError where an op that does more to axis 0 than keep it would mix the examples of a batch */
  keepBatch(node: OnnxNode, value: Value, isKept: boolean, what: string): void {
    if (isKept || value.kind === "constant" || this.batch === 1 || (this.batch === "open" && value.batched)) return;
    throw this.mixed(node, what);
  }

  /** The error for a node that does not treat the examples of a batch one by one. */
  mixed(node: OnnxNode, what: string): GatewiseError {
    if (this.batch === "open") return nodeError(node, what, "axis 0 to stay the batch, of any size");
    const shape = this.written.join(", ");
    const next = `export the model with one example a batch; if axis 0 is no batch, say so by \`inputShape: [${shape}]\``;
    return nodeError(node, what, `the ${this.batch} examples of the batch one by one`, next);
  }

  /** The input as a value; the first node. */
  input(name: string, shape: readonly number[], batched: boolean): ExampleValue {
    const example = batched ? shape.slice(1) : shape;
    this.written = [...(batched ? [this.examples] : []), ...example];
    this.limits.input(`input ${quoted(name)}`, example);
    this.nodes.push({ name, shape: example, kind: "input" });
    this.raw.push(true);
    return { kind: "example", position: 0, shape, batched, softmax: undefined };
  }

  at(position: number): GatedNode<Sourced> {
    const node = this.nodes[position];
    if (node === undefined) throw new Error(`unreachable: no node ${position}`);
    return node;
  }

  /**
   * A node of the network, for a node of the model.
   * @param name the model's name for it unless told otherwise
   */
  append(node: OnnxNode, shape: readonly number[], operation: NodeOperation<Sourced>, name = node.name): number {
    this.limits.activation(node.label, shape);
    const made = { name, shape, ...operation };
    this.limits.pass(node, workOf(made));
    this.raw.push((made.kind === "normalize" || made.kind === "rearrange") && this.isRaw(made.input));
    return this.nodes.push(made) - 1;
  }

  /** Notes where the slopes of a leaky gate come from. */
  noteSlopes(position: number, origin: Origin): void {
    this.slopes.set(position, origin);
  }

  isRaw(position: number): boolean {
    return this.raw[position] ?? false;
  }

  /** Notes that several nodes read a value. */
  share(position: number): void {
    this.shared.add(position);
  }

  isShared(position: number): boolean {
    return this.shared.has(position);
  }

  /**
   * The position of a value's elements in another shape, in the same order or from the places `from`. Rearrangements one
   * behind the other become one, or none: a transposition and back leaves the layer before it.
   */
  rearranged(node: OnnxNode, position: number, shape: readonly number[], from?: Int32Array): number {
    const source = this.at(position);
    const size = sizeOf(source.shape);
    const places = from?.length === size && from.every((place, i) => place === i) ? undefined : from;
    if (places === undefined && `${source.shape}` === `${shape}`) return position;
    if (source.kind === "rearrange") {
      // who reads a value through a rearrangement that others read too is not its only reader
      if (this.isShared(position)) this.share(source.input);
      return this.rearranged(node, source.input, shape, composedPlaces(source.from, places));
    }
    return this.append(node, shape, { kind: "rearrange", input: position, from: places }, `${node.name}.rearrange`);
  }

  /** The rearrangement at a position, if it puts all elements of its input, each once, into another order. */
  reordering(position: number): { readonly input: number; readonly from: Int32Array } | undefined {
    const node = this.at(position);
    if (node.kind !== "rearrange" || node.from === undefined) return undefined;
    const { input, from } = node;
    // once: any number of nodes may ask
    const isReordering = this.reorderings.get(from) ?? isPermutation(from, sizeOf(this.at(input).shape));
    this.reorderings.set(from, isReordering);
    return isReordering ? { input, from } : undefined;
  }

  /** A value of the same batch whose example has `shape` (as its node has), made by a node at `position`. */
  sameBatch(value: ExampleValue, position: number, shape: readonly number[]): ExampleValue {
    return { ...value, position, shape: value.batched ? [1, ...shape] : shape };
  }

  /**
   * The value with its elements in the shape `shape`, batch included, from the places `from`.
   * @param merges whether axis 0 may be the batch and axes of an example behind each other
   * @throws GatewiseError if a batch would get mixed
   */
  reshaped(
    node: OnnxNode,
    value: ExampleValue,
    shape: readonly number[],
    { from, merges = false }: { readonly from?: Int32Array; readonly merges?: boolean } = {},
  ): ExampleValue {
    const batched = shape[0] === 1 && (this.batch !== 1 || shape.length >= 2);
    if (this.batch !== 1 && value.batched && !batched && !merges) {
      throw this.mixed(node, `[batch, ${value.shape.slice(1).join(", ")}] made [${shape.join(", ")}] for one example`);
    }
    const position = this.rearranged(node, value.position, batched ? shape.slice(1) : shape, from);
    return { ...value, position, shape, batched };
  }

  /** The network that ends in `value`, its logits in a vector, without nodes that nothing needs. */
  finish(value: ExampleValue, last: OnnxNode): GatedNetwork {
    const size = sizeOf(exampleShape(value));
    const output = this.rearranged(last, value.position, [size]);
    const used = usedNodes({ nodes: this.nodes, output });
    if (used[0] !== 0) {
      throw new GatewiseError({
        code: "unsupported-model",
        received: "an output that does not depend on the input",
        expected: "a network from one input to one output",
        next: "check the outputs of the model",
      });
    }
    const places = new Map(used.map((position, place) => [position, place]));
    const place = (position: number): number => places.get(position) ?? 0;
    const names = new UniqueNames();
    const nodes = used.map((position): GatedNode<Sourced> => {
      const node = this.at(position);
      return { ...placedNode(node, { input: place, decider: place }), name: names.next(node.name) };
    });
    const slopes = new Map(used.map((position, at) => [at, this.slopes.get(position) ?? []]));
    return { nodes: nodes.map(withoutOrigins), output: place(output), parameters: fileParameters(nodes, slopes) };
  }
}

/** Names as they come, with a number behind those that came before. */
class UniqueNames {
  private readonly taken = new Set<string>();
  private readonly counts = new Map<string, number>();

  next(wanted: string): string {
    let name = wanted;
    while (this.taken.has(name)) {
      const count = (this.counts.get(wanted) ?? 1) + 1;
      this.counts.set(wanted, count);
      name = `${wanted} (${count})`;
    }
    this.taken.add(name);
    return name;
  }
}
