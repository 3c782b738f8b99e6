/**
 * A graph with its 3×3 convolutions by Winograd's algorithm (transforms.ts) and all that stands between them on tiled
 * maps (tiles.ts), so that no layout changes but at the ends. The batch goes through in parts, each so small that what one
 * op makes is in the processor's cache when the next one reads it: transforms are bound by memory. The same values within
 * rounding, about 1e-5 of their size; for training, where transformed inputs serve twice. Models for others keep plain
 * convolutions.
 */

import { sizeOf } from "../dense-array.ts";
import { largestOf } from "../extremes.ts";
import { type Graph, graph } from "../graph.ts";
import { apply, isMadeBy } from "../op.ts";
import { add } from "../ops/arithmetic.ts";
import { convolutionOp, inputGradientOp, weightGradientOp } from "../ops/convolution.ts";
import { concat, slice } from "../ops/indexing.ts";
import { expandLikeOp, reduceSum, reshape, transpose } from "../ops/layout.ts";
import { reduceMean } from "../ops/reductions.ts";
import type { ScanNode, Shape, Tensor } from "../symbolic.ts";
import { sameShape, staticSize } from "../tensor.ts";
import { topologicalOrder } from "../traversal.ts";
import { TiledConvolutions } from "./convolutions.ts";
import { bytesOfImage, productsOf, tileableConvolution } from "./tileable.ts";
import { tile, tiledSizes, untile } from "./tiles.ts";

/**
 * Bytes of the transformed neighborhoods of one part of the batch, at most: about what the second-level caches of two cores
 * hold. A step with GCONV's whole batch of 32 as one part takes 1.4 times as long (single convolutions:
 * bench/convolution.bench.ts with --together 32).
 */
const PART_BYTES = 5 * 2 ** 20;

/** Parts of a batch, at most: ONNX Runtime plans a graph in a time that grows with the square of its nodes. */
const MOST_PARTS = 16;

/**
 * What it costs to bring an element of maps into tiles or back, in products of an input and an output channel at a position
 * that tiles spare: about 2.5 ns, from networks with pools between their convolutions, against 0.1 (what
 * bench/convolution.bench.ts shows between plain and tiled). Chains of convolutions gain from four channels on; one between
 * pools of other layouts only if it is wide.
 */
const LAYOUT_COST = 25;

/** What a rewriting is done by; the project's own choice where nothing is said. */
export interface TilingOptions {
  /** Bytes of a part of the batch. */
  readonly partBytes?: number;
  /** Products that a change of layout costs for each element; 0 for tiles wherever they are possible. */
  readonly layoutCost?: number;
}

/** The graph with tiled convolutions where it gains by them; otherwise the graph itself. */
export function tileConvolutions(
  plain: Graph,
  { partBytes = PART_BYTES, layoutCost = LAYOUT_COST }: TilingOptions = {},
): Graph {
  const order = topologicalOrder(plain.outputs.map(({ tensor }) => tensor));
  const tileable = order.map(tileableConvolution).filter((one) => one !== undefined);
  if (tileable.length === 0) return plain;
  const rewriter = new Rewriter(Math.floor(partBytes / largestOf(tileable.map(bytesOfImage))));
  for (const tensor of order) rewriter.add(tensor);
  const tiled = graph(Object.fromEntries(plain.outputs.map(({ name, tensor }) => [name, rewriter.plain(tensor)])));
  const spared = tileable.reduce((sum, convolution) => sum + productsOf(convolution), 0);
  return spared > layoutCost * rewriter.converted ? tiled : plain;
}

/** Ops of one element at a time, which any layout suits. */
const ELEMENTWISE: ReadonlySet<string> = new Set([
  ...["add", "subtract", "multiply", "divide", "maximum", "minimum", "where", "cast", "power"],
  ...["greater", "greaterOrEqual", "less", "lessOrEqual", "equal", "and", "not"],
  ...["negate", "exp", "log", "sqrt", "absolute", "sigmoid", "tanh", "relu"],
]);

class Rewriter {
  private readonly inPlace = new Map<Tensor, Tensor>();
  /** Maps in tiles, by parts of the batch. */
  private readonly inTiles = new Map<Tensor, readonly Tensor[]>();
  private readonly scans = new Map<ScanNode, ScanNode>();
  private readonly convolutions = new TiledConvolutions();
  /** Elements that change their layout. */
  converted = 0;

  /** @param together images whose bytes make a part of the batch */
  constructor(private readonly together: number) {}

  /** Takes a tensor whose dependencies were taken before. */
  add(tensor: Tensor): void {
    const tiled = this.madeOfTiles(tensor);
    if (tiled === undefined) this.inPlace.set(tensor, this.reduced(tensor) ?? this.rebuilt(tensor));
    else this.inTiles.set(tensor, tiled);
  }

  /** The tensor as it was, of rewritten ones. */
  plain(tensor: Tensor): Tensor {
    const known = this.inPlace.get(tensor);
    if (known !== undefined) return known;
    const made = joined(existing(this.inTiles.get(tensor)).map(untile));
    this.converted += sizeOf(tensor.shape.map(Number));
    this.inPlace.set(tensor, made);
    return made;
  }

  /** Maps in tiles, by parts of the batch. */
  private tiled(tensor: Tensor): readonly Tensor[] {
    const known = this.inTiles.get(tensor);
    if (known !== undefined) return known;
    const made = this.parts(this.plain(tensor), 0).map((part) => tile(part, existing(tiledSizes(part.shape))));
    this.converted += sizeOf(tensor.shape.map(Number));
    this.inTiles.set(tensor, made);
    return made;
  }

  /** Parts of the batch, which is an axis of a tensor. */
  private parts(tensor: Tensor, axis: number): readonly Tensor[] {
    const batch = staticSize("slice", tensor, axis);
    const together = Math.max(this.together, Math.ceil(batch / MOST_PARTS));
    if (batch <= together) return [tensor];
    const starts = Array.from({ length: Math.ceil(batch / together) }, (_, i) => i * together);
    return starts.map((start) => slice(tensor, axis, start, Math.min(start + together, batch)));
  }

  /** The tensor in tiles, if it is made by an op that works on them. */
  private madeOfTiles(tensor: Tensor): readonly Tensor[] | undefined {
    const { source, shape } = tensor;
    if (source.kind !== "op" || tiledSizes(shape) === undefined) return undefined;
    if (isMadeBy(tensor, convolutionOp) && isTileable(tensor)) {
      const [x, weight] = tensor.source.inputs;
      return this.convolutions.convolve(this.tiled(x).map(float), float(this.plain(weight)));
    }
    if (isMadeBy(tensor, inputGradientOp) && isTileable(tensor)) {
      const [dy, weight] = tensor.source.inputs;
      return this.convolutions.inputGradient(this.tiled(dy).map(float), float(this.plain(weight)));
    }
    const first = source.inputs.find((one) => this.inTiles.has(one));
    if (!ELEMENTWISE.has(source.op.name) || first === undefined) return undefined;
    const operands = source.inputs.map((one) => this.operand(one, shape)).filter((one) => one !== undefined);
    if (operands.length < source.inputs.length) return undefined;
    return this.tiled(first).map((_, part) =>
      apply(
        source.op,
        // what is the same for all parts stands once
        operands.map((parts) => existing(parts[part] ?? parts[0])),
        source.params,
      ),
    );
  }

  /** An operand of an op on maps of a shape, as it broadcasts against their tiles: one for each part, or one for all. */
  private operand(tensor: Tensor, maps: Shape): readonly Tensor[] | undefined {
    if (tensor.shape.length === 0) return [this.plain(tensor)];
    if (sameShape(tensor.shape, maps)) {
      const small = isMadeBy(tensor, expandLikeOp) ? this.operand(tensor.source.inputs[0], maps) : undefined;
      return small ?? this.tiled(tensor);
    }
    const [batch, channels] = maps;
    const [n = 1, c = 1, ...positions] = [...maps.slice(tensor.shape.length).map(() => 1), ...tensor.shape];
    if (positions.some((size) => size !== 1) || channels === undefined || batch === undefined) return undefined;
    const one = this.plain(tensor);
    if (n === 1) return [reshape(one, [1, c, 1, 1, 1])];
    if (n !== batch) return undefined;
    const { rows, columns } = existing(tiledSizes(maps));
    return this.parts(transpose(reshape(one, [n, c])), 1).map((part) => {
      const images = staticSize("broadcast", part, 1);
      // repeated over rows and columns first: images alone are runs too short to multiply fast
      return apply(expandLikeOp, [reshape(part, [1, c, 1, 1, images])], { shape: [1, c, rows, columns, images] });
    });
  }

  /** What is summed over the positions of tiles, or multiplied over them. */
  private reduced(tensor: Tensor): Tensor | undefined {
    if (isMadeBy(tensor, weightGradientOp) && isTileable(tensor)) {
      const [x, dy] = tensor.source.inputs;
      return this.convolutions.weightGradient(this.tiled(x).map(float), this.tiled(dy).map(float));
    }
    if (tensor.source.kind !== "op") return undefined;
    const { op, inputs, params } = tensor.source;
    const tiles = inputs[0] && this.inTiles.get(inputs[0])?.map(float);
    if (tiles === undefined) return undefined;
    const axes = axesOf(params);
    if (op.name === "reduceSum" && axes === "0,2,3") {
      const sum = tiles.map((part) => reduceSum(part, [0, 2, 3, 4])).reduce((before, part) => add(before, part));
      return reshape(sum, tensor.shape);
    }
    if (op.name !== "reduceMean" || axes !== "2,3") return undefined;
    const means = tiles.map((part) => transpose(reduceMean(part, [0, 2, 3])));
    return reshape(joined(means), tensor.shape);
  }

  private rebuilt(tensor: Tensor): Tensor {
    const { source } = tensor;
    switch (source.kind) {
      case "op": {
        const inputs = source.inputs.map((one) => this.plain(one));
        const isSame = inputs.every((one, i) => one === source.inputs[i]);
        return isSame ? tensor : { ...tensor, source: { ...source, inputs } };
      }
      case "scan":
        return { ...tensor, source: { ...source, scan: this.scan(source.scan) } };
      default:
        return tensor;
    }
  }

  private scan(scan: ScanNode): ScanNode {
    const known = this.scans.get(scan);
    if (known !== undefined) return known;
    const all = (tensors: readonly Tensor[]): readonly Tensor[] => tensors.map((one) => this.plain(one));
    const { initial, scanned, body } = scan;
    const state = all(body.state);
    const made = {
      ...scan,
      initial: all(initial),
      scanned: all(scanned),
      body: { state, outputs: all(body.outputs) },
    };
    this.scans.set(scan, made);
    return made;
  }
}

const isTileable = (tensor: Tensor): boolean => tileableConvolution(tensor) !== undefined;

/** The axes of a reduction, joined. */
function axesOf(params: unknown): string | undefined {
  const isReduction = typeof params === "object" && params !== null && "axes" in params;
  return isReduction && Array.isArray(params.axes) ? params.axes.join() : undefined;
}

function existing<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("unreachable: a tensor that was not rewritten before its use");
  return value;
}

function float(tensor: Tensor): Tensor<"float32"> {
  if (isFloat32(tensor)) return tensor;
  throw new Error(`unreachable: tiles of ${tensor.dtype}`);
}
const isFloat32 = (tensor: Tensor): tensor is Tensor<"float32"> => tensor.dtype === "float32";

/** Tensors one behind the other along the first axis. */
function joined(parts: readonly Tensor[]): Tensor {
  const [first, ...others] = parts;
  return concat([existing(first), ...others], 0);
}
