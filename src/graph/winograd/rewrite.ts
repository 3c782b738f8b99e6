/**
 * A graph with its 3×3 convolutions by Winograd's algorithm (transforms.ts) and all that stands between them on tiled
 * maps (tiles.ts), so that no layout changes but at the ends. The same values within rounding, about 1e-5 of their size;
 * for training, where transformed inputs serve twice. Models for others keep plain convolutions.
 */
import { type Graph, graph } from "../graph.ts";
import { apply, isMadeBy } from "../op.ts";
import { convolutionOp, inputGradientOp, weightGradientOp } from "../ops/convolution.ts";
import type { Window } from "../ops/convolution-lowerings.ts";
import { expandLikeOp, reduceSum, reshape, transpose } from "../ops/layout.ts";
import { reduceMean } from "../ops/reductions.ts";
import type { ScanNode, Shape, Tensor } from "../symbolic.ts";
import { sameShape } from "../tensor.ts";
import { topologicalOrder } from "../traversal.ts";
import { TiledConvolutions } from "./convolutions.ts";
import { tile, tiledSizes, untile } from "./tiles.ts";

/**
 * Channels from which transforms pay: they cost as the sum of inputs and outputs, what they save grows as the product.
 * Half the harmonic mean of the two, of the widest convolution (bench/convolution.bench.ts).
 */
const FEWEST_CHANNELS = 32;

/**
 * The graph with tiled convolutions where one is wide enough to gain by it; otherwise the graph itself.
 * @param fewest channels of that one, half the harmonic mean of its inputs and outputs
 */
export function tileConvolutions(plain: Graph, fewest: number = FEWEST_CHANNELS): Graph {
  const results = plain.outputs.map(({ tensor }) => tensor);
  const order = topologicalOrder(results);
  if (!order.some((tensor) => isTileable(tensor) && widthOf(tensor) >= fewest)) return plain;
  const rewriter = new Rewriter();
  for (const tensor of order) rewriter.add(tensor);
  return graph(Object.fromEntries(plain.outputs.map(({ name, tensor }) => [name, rewriter.plain(tensor)])));
}

/** Ops of one element at a time, which any layout suits. */
const ELEMENTWISE: ReadonlySet<string> = new Set([
  ...["add", "subtract", "multiply", "divide", "maximum", "minimum", "where", "cast", "power"],
  ...["greater", "greaterOrEqual", "less", "lessOrEqual", "equal", "and", "not"],
  ...["negate", "exp", "log", "sqrt", "absolute", "sigmoid", "tanh", "relu"],
]);

class Rewriter {
  private readonly inPlace = new Map<Tensor, Tensor>();
  private readonly inTiles = new Map<Tensor, Tensor>();
  private readonly scans = new Map<ScanNode, ScanNode>();
  private readonly convolutions = new TiledConvolutions();

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
    const made = untile(existing(this.inTiles.get(tensor)), existing(tiledSizes(tensor.shape)));
    this.inPlace.set(tensor, made);
    return made;
  }

  /** Maps in tiles. */
  private tiled(tensor: Tensor): Tensor {
    const known = this.inTiles.get(tensor);
    if (known !== undefined) return known;
    const made = tile(this.plain(tensor), existing(tiledSizes(tensor.shape)));
    this.inTiles.set(tensor, made);
    return made;
  }

  /** The tensor in tiles, if it is made by an op that works on them. */
  private madeOfTiles(tensor: Tensor): Tensor | undefined {
    const { source, shape } = tensor;
    const sizes = tiledSizes(shape);
    if (source.kind !== "op" || sizes === undefined) return undefined;
    if (isMadeBy(tensor, convolutionOp) && isTileable(tensor)) {
      const [x, weight] = tensor.source.inputs;
      return this.convolutions.convolve(float(this.tiled(x)), existing(tiledSizes(x.shape)), float(this.plain(weight)));
    }
    if (isMadeBy(tensor, inputGradientOp) && isTileable(tensor)) {
      const [dy, weight] = tensor.source.inputs;
      return this.convolutions.inputGradient(float(this.tiled(dy)), sizes, float(this.plain(weight)));
    }
    if (!ELEMENTWISE.has(source.op.name) || !source.inputs.some((one) => this.inTiles.has(one))) return undefined;
    const inputs = source.inputs.map((one) => this.operand(one, shape));
    return inputs.every((one) => one !== undefined) ? apply(source.op, inputs, source.params) : undefined;
  }

  /** An operand of an op on maps of a shape, as it broadcasts against their tiles. */
  private operand(tensor: Tensor, maps: Shape): Tensor | undefined {
    if (tensor.shape.length === 0) return this.plain(tensor);
    if (sameShape(tensor.shape, maps)) {
      const small = isMadeBy(tensor, expandLikeOp) ? this.operand(tensor.source.inputs[0], maps) : undefined;
      return small ?? this.tiled(tensor);
    }
    const [batch, channels] = maps;
    const [n = 1, c = 1, ...positions] = [...maps.slice(tensor.shape.length).map(() => 1), ...tensor.shape];
    if (positions.some((size) => size !== 1) || channels === undefined || batch === undefined) return undefined;
    const one = this.plain(tensor);
    if (n === 1) return reshape(one, [1, c, 1, 1, 1]);
    return n === batch ? reshape(transpose(reshape(one, [n, c])), [1, c, 1, 1, n]) : undefined;
  }

  /** What is summed over the positions of tiles, or multiplied over them. */
  private reduced(tensor: Tensor): Tensor | undefined {
    if (isMadeBy(tensor, weightGradientOp) && isTileable(tensor)) {
      const [x, dy] = tensor.source.inputs;
      const sizes = existing(tiledSizes(x.shape));
      const out = Number(tensor.shape[0]);
      return this.convolutions.weightGradient(float(this.tiled(x)), sizes, float(this.tiled(dy)), out);
    }
    if (tensor.source.kind !== "op") return undefined;
    const { op, inputs, params } = tensor.source;
    const tiles = inputs[0] && this.inTiles.get(inputs[0]);
    if (tiles === undefined) return undefined;
    const axes = axesOf(params);
    if (op.name === "reduceSum" && axes === "0,2,3")
      return reshape(reduceSum(float(tiles), [0, 2, 3, 4]), tensor.shape);
    if (op.name !== "reduceMean" || axes !== "2,3") return undefined;
    return reshape(transpose(reduceMean(float(tiles), [0, 2, 3])), tensor.shape);
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

/** Whether an op is a convolution of whole tiles, or one of its gradients. */
function isTileable(tensor: Tensor): boolean {
  const parts = partsOf(tensor);
  if (parts === undefined) return false;
  const { x, weight, window } = parts;
  const sizes = tiledSizes(x);
  return (
    tensor.dtype === "float32" &&
    sizes !== undefined &&
    // a shift needs a neighbor
    Math.min(sizes.rows, sizes.columns) > 1 &&
    sameShape(weight.slice(2), [3, 3]) &&
    window.groups === 1 &&
    window.pads.every((pad) => pad === 1) &&
    [...window.strides, ...window.dilations].every((step) => step === 1)
  );
}

interface Parts {
  readonly x: Shape;
  readonly weight: Shape;
  readonly window: Window;
}

/** Shapes of the input and the weights of a convolution or one of its gradients. */
function partsOf(tensor: Tensor): Parts | undefined {
  if (isMadeBy(tensor, convolutionOp)) {
    const { inputs, params } = tensor.source;
    return { x: inputs[0].shape, weight: inputs[1].shape, window: params };
  }
  if (isMadeBy(tensor, inputGradientOp)) {
    const { inputs, params } = tensor.source;
    return { x: params.to, weight: inputs[1].shape, window: params };
  }
  if (!isMadeBy(tensor, weightGradientOp)) return undefined;
  const { inputs, params } = tensor.source;
  return { x: inputs[0].shape, weight: params.to, window: params };
}

/** Half the harmonic mean of a convolution's input and output channels. */
function widthOf(tensor: Tensor): number {
  const [out = 0, channels = 0] = (partsOf(tensor)?.weight ?? []).map(Number);
  return (out * channels) / (out + channels);
}

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
