/**
 * Graphs as ONNX models.
 *
 * Every tensor is written into the graph of the innermost scan body that it depends on: what a body uses but does not
 * change is computed once, outside (constants and data belong there too: the engine copies a body's own constants).
 */

import { create, toBinary } from "@bufbuild/protobuf";
import { GatewiseError } from "../../errors.ts";
import { optionsIn } from "../../options.ts";
import { kindOf } from "../binary-data.ts";
import { bytesOf, type DenseArray, type DType } from "../dense-array.ts";
import { largestOf } from "../extremes.ts";
import type { Graph } from "../graph.ts";
import type { Attributes, OnnxEmitter, ScanNode, ScanScope, Shape, Tensor } from "../symbolic.ts";

import { formatTensor } from "../tensor.ts";
import { freeScopes, topologicalOrder } from "../traversal.ts";
import { ELEMENT_TYPE } from "./element-types.ts";
import { type Fusion, findFusions } from "./fusions.ts";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  TensorProtoSchema,
} from "./onnx_pb.ts";
import { node, valueInfo } from "./protos.ts";

/** Opset 21 and IR 10: what ONNX Runtime reads from 1.18 on, and all the ops here need. */
const OPSET = 21n;
const IR_VERSION = 10n;

/** Name, dtype and shape of an input or output of a model. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}
/** An ONNX model with what its caller needs to know of it; survives `postMessage`. */
export interface WrittenModel {
  readonly bytes: Uint8Array;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** How a graph is written as an ONNX file. */
export interface WriteOptions {
  /** Of the graph in the file. */
  readonly name?: string;
  /**
   * Constants that are arrays of their own, by the names that the file gives them: parameters, say. All others may share
   * an array with one of the same numbers.
   */
  readonly arrays?: ReadonlyMap<Tensor, string>;
  /** Texts of the file's own, by names. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Writes a graph as an ONNX `ModelProto`. What is no graph is a GatewiseError. */
export function writeModel(graph: Graph, options: WriteOptions = {}): WrittenModel {
  const { name = "gatewise", arrays = new Map(), metadata = {} } = optionsIn(options);
  checkGraph(graph);
  const port = ({ name: label, tensor }: Graph["inputs"][number]): Port => ({
    name: label,
    dtype: tensor.dtype,
    shape: tensor.shape,
  });
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "gatewise",
    opsetImport: [{ domain: "", version: OPSET }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: new GraphWriter(graph, arrays).write(name),
  });
  return { bytes: toBinary(ModelProtoSchema, model), inputs: graph.inputs.map(port), outputs: graph.outputs.map(port) };
}

function checkGraph(graph: Partial<Graph> | undefined): void {
  if (Array.isArray(graph?.inputs) && Array.isArray(graph.outputs)) return;
  throw new GatewiseError({
    received: `${kindOf(graph)} instead of a graph`,
    expected: "named outputs over named inputs",
    next: "make one: graph({ y })",
  });
}

/** One (sub)graph while it is being written. */
interface Frame {
  readonly scope: ScanScope | undefined;
  readonly nodes: NodeProto[];
}

class GraphWriter implements OnnxEmitter {
  private readonly names = new Map<Tensor, string>();
  private readonly scalars = new Map<string, string>();
  private readonly initializers: GraphProto["initializer"] = [];
  private readonly scans = new Map<ScanNode, readonly string[]>();
  private readonly free: ReadonlyMap<Tensor, ReadonlySet<ScanScope>>;
  private readonly fusions: ReadonlyMap<Tensor, Fusion>;
  private readonly absorbed: ReadonlySet<Tensor>;
  /** Names that the graph's user has chosen. */
  private readonly reserved: ReadonlySet<string>;
  private readonly root: Frame = { scope: undefined, nodes: [] };
  /** The graphs that are being written, each inside the one before it. */
  private readonly frames: Frame[] = [this.root];
  private current = this.root;
  private counter = 0;

  constructor(
    private readonly graph: Graph,
    private readonly arrays: ReadonlyMap<Tensor, string>,
  ) {
    const results = graph.outputs.map(({ tensor }) => tensor);
    const order = topologicalOrder(results);
    this.free = freeScopes(order);
    this.fusions = findFusions(order, results, this.free);
    this.absorbed = new Set([...this.fusions.values()].flatMap((fusion) => fusion.absorbed));
    this.reserved = new Set([...[...graph.inputs, ...graph.outputs].map(({ name }) => name), ...arrays.values()]);
  }

  write(name: string): GraphProto {
    const { inputs, outputs } = this.graph;
    for (const { name, tensor } of inputs) this.names.set(tensor, name);
    this.emitAll(outputs.map(({ tensor }) => tensor));
    for (const { name, tensor } of outputs) {
      this.root.nodes.push(node("Identity", [this.nameOf(tensor)], [name], {}));
    }
    return create(GraphProtoSchema, {
      name,
      node: this.root.nodes,
      initializer: this.initializers,
      input: inputs.map(({ name, tensor }) => valueInfo(name, tensor)),
      output: outputs.map(({ name, tensor }) => valueInfo(name, tensor)),
    });
  }

  node(opType: string, inputs: readonly string[], attributes: Attributes = {}, output = 0): string {
    const name = this.fresh(opType);
    // outputs before the wanted one cannot be left out of the list
    const outputs = [...Array.from({ length: output }, () => this.fresh("unused")), name];
    this.current.nodes.push(node(opType, inputs, outputs, attributes));
    return name;
  }

  constant(value: DenseArray): string {
    // by its bytes: 0 and −0 are two constants
    const key = value.data.length <= 8 ? `${value.dtype}[${value.shape}] ${bytesOf(value)}` : undefined;
    const known = key === undefined ? undefined : this.scalars.get(key);
    if (known !== undefined) return known;
    const name = this.array(this.fresh("constant"), value);
    if (key !== undefined) this.scalars.set(key, name);
    return name;
  }

  private array(name: string, value: DenseArray): string {
    this.initializers.push(
      create(TensorProtoSchema, {
        name,
        dims: value.shape.map(BigInt),
        dataType: ELEMENT_TYPE[value.dtype],
        rawData: bytesOf(value),
      }),
    );
    return name;
  }

  private fresh(prefix: string): string {
    this.counter += 1;
    const name = `${prefix}_${this.counter}`;
    return this.reserved.has(name) ? this.fresh(prefix) : name;
  }

  private nameOf(tensor: Tensor): string {
    const name = this.names.get(tensor);
    if (name === undefined) throw new Error(`unreachable: ${formatTensor(tensor)} is used before it is written`);
    return name;
  }

  /** Writes all that `results` need and that can be computed in the frames that are open now. */
  private emitAll(results: readonly Tensor[]): void {
    for (const tensor of topologicalOrder(results)) {
      if (this.names.has(tensor) || this.absorbed.has(tensor)) continue;
      const scopes = [...(this.free.get(tensor) ?? [])];
      const depths = scopes.map((scope) => this.frames.findIndex((frame) => frame.scope === scope));
      if (depths.includes(-1)) continue;
      const outside = this.current;
      this.current = this.frames[largestOf(depths, 0)] ?? this.root;
      this.names.set(tensor, this.emit(tensor));
      this.current = outside;
    }
  }

  private emit(tensor: Tensor): string {
    const { source } = tensor;
    switch (source.kind) {
      case "constant": {
        const name = this.arrays.get(tensor);
        return name === undefined ? this.constant(source.value) : this.array(name, source.value);
      }
      case "op": {
        const fusion = this.fusions.get(tensor);
        if (fusion !== undefined)
          return this.node(
            fusion.opType,
            fusion.inputs.map((one) => this.nameOf(one)),
            fusion.attributes,
          );
        const { op, inputs, params } = source;
        const names = inputs.map((one) => this.nameOf(one));
        return typeof op.onnx === "string" ? this.node(op.onnx, names) : op.onnx(this, names, params, inputs, tensor);
      }
      case "scan": {
        const outputs = this.scans.get(source.scan) ?? this.emitScan(source.scan);
        return outputs[source.index]!;
      }
      case "input":
      case "bound":
        throw new Error(`a ${source.kind} tensor that its graph does not list`);
    }
  }

  private emitScan(scan: ScanNode): readonly string[] {
    const outside = this.current;
    const frame: Frame = { scope: scan.scope, nodes: [] };
    this.frames.push(frame);
    const bound = [...scan.boundState, ...scan.boundSlices];
    for (const tensor of bound) this.names.set(tensor, this.fresh("bound"));
    const results = [...scan.body.state, ...scan.body.outputs];
    this.emitAll(results);
    // a body's outputs must be distinct and computed in it; an Identity where they are not (it costs a copy)
    const own = new Set(frame.nodes.flatMap(({ output }) => output));
    const outputs = results.map((tensor) => {
      const computed = this.nameOf(tensor);
      if (own.delete(computed)) return valueInfo(computed, tensor);
      const name = this.fresh("result");
      frame.nodes.push(node("Identity", [computed], [name], {}));
      return valueInfo(name, tensor);
    });
    this.frames.pop();
    this.current = outside;

    const body = create(GraphProtoSchema, {
      name: this.fresh("body"),
      node: frame.nodes,
      input: bound.map((tensor) => valueInfo(this.nameOf(tensor), tensor)),
      output: outputs,
    });
    const names = results.map(() => this.fresh("scan"));
    const inputs = [...scan.initial, ...scan.scanned].map((tensor) => this.nameOf(tensor));
    const scanNode = node("Scan", inputs, names, { num_scan_inputs: { int: scan.scanned.length } });
    scanNode.attribute.push(
      create(AttributeProtoSchema, { name: "body", type: AttributeProto_AttributeType.GRAPH, g: body }),
    );
    outside.nodes.push(scanNode);
    this.scans.set(scan, names);
    return names;
  }
}
