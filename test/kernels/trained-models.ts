/** Random models that use few arrays in many ways: in several layers, transposed, cut, scaled, normalized. */
import fc from "fast-check";
import { type DenseArray, float64, int64, sizeOf } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import type { AttributeValue, NodeOf } from "../graph/onnx/model.ts";
import type { TrainedModel } from "./tangent-parameters.reference.ts";

/** What is appended behind a value, in vectors of `width` or maps of 2 channels. */
const VECTOR_BLOCKS = [
  "gemm",
  "gemm-transposed",
  "gemm-scaled",
  "matmul",
  "matmul-transposed",
  "matmul-cut",
  "matmul-joined",
  "matmul-sum",
  "matmul-product",
  "bias",
  "bias-one",
  "subtracted",
  "normalization",
  "prelu",
  "prelu-one",
  "relu",
  "half",
  "scale",
  "divided",
  "negative",
  "one-minus",
  "residual",
] as const;
const MAP_BLOCKS = ["conv", "conv-grouped", "conv-strange", "normalization", "prelu", "prelu-one", "relu"] as const;
type Block = (typeof VECTOR_BLOCKS)[number] | (typeof MAP_BLOCKS)[number];

export interface TrainedModelChoices {
  /** Of vectors; maps are 2 channels of 3 × 3. */
  readonly width: number | "maps";
  readonly blocks: readonly Block[];
  /** Which of two arrays of each kind a block takes. */
  readonly picks: readonly number[];
  readonly seed: number;
}

export const trainedModelChoices = (): fc.Arbitrary<TrainedModelChoices> =>
  fc.constantFrom(3, 3, "maps" as const).chain((width) => {
    const blocks: fc.Arbitrary<Block> =
      width === "maps" ? fc.constantFrom(...MAP_BLOCKS) : fc.constantFrom(...VECTOR_BLOCKS);
    return fc.record({
      width: fc.constant(width),
      blocks: fc.array(blocks, { minLength: 2, maxLength: 7 }),
      picks: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 7, maxLength: 7 }),
      seed: fc.nat(1_000_000),
    });
  });

/** The model, with the arrays that count as parameters (docs/parameters.md). */
export function trainedModel({ width, blocks, picks, seed }: TrainedModelChoices): TrainedModel {
  const maps = width === "maps";
  const channels = maps ? 2 : width;
  const shape = maps ? [2, 3, 3] : [channels];
  const writer = new Writer(seed, channels, maps);
  blocks.forEach((block, i) => void writer.block(block, picks[i] ?? 0));
  if (maps) writer.node("Flatten", [writer.value]);
  writer.node("Gemm", [writer.value, writer.array("last", [sizeOf(shape), 2]), writer.array("last-bias", [2])]);
  const inputs = randomStream(seed, "inputs").normal(3 * sizeOf(shape));
  return {
    model: { input: [1, ...shape], elementType: 11, nodes: writer.nodes, constants: writer.constants },
    parameters: [...writer.parameters],
    inputs: float64([3, ...shape], inputs),
  };
}

class Writer {
  readonly nodes: NodeOf[] = [];
  readonly constants: Record<string, DenseArray> = {};
  readonly parameters = new Set<string>();
  value = "x";
  private readonly before: string[] = [];

  constructor(
    private readonly seed: number,
    private readonly channels: number,
    private readonly maps: boolean,
  ) {}

  /** An array that trains. */
  array(name: string, shape: readonly number[], of?: (one: number) => number): string {
    this.parameters.add(name);
    return this.held(name, shape, of);
  }

  /** An array that does not. */
  held(name: string, shape: readonly number[], of = (one: number): number => one): string {
    const drawn = randomStream(this.seed, "array", name).normal(sizeOf(shape));
    this.constants[name] ??= float64(
      shape,
      drawn.map((one) => of(0.8 * one)),
    );
    return name;
  }

  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}): string {
    const outputs = [`v${this.nodes.length}`];
    this.nodes.push({ op, inputs, outputs, attributes });
    this.value = outputs[0] ?? "";
    return this.value;
  }

  block(block: Block, pick: number): void {
    const n = this.channels;
    const x = this.value;
    this.before.push(x);
    const weight = (): string => this.array(`w${pick}`, [n, n]);
    const bias = (): string => this.array(`b${pick}`, [n]);
    const transposed = (): string => this.node("Transpose", [weight()], { perm: [1, 0] });
    const number = (value: number): string =>
      this.node("Constant", [], { value: { tensor: float64([], Float64Array.of(value)) } });
    const kernel = (): string => this.array(`k${pick}`, [n, n, 2, 2]);
    switch (block) {
      case "gemm":
        return void this.node("Gemm", [x, weight(), bias()]);
      case "gemm-transposed":
        return void this.node("Gemm", [x, weight(), bias()], { transB: 1 });
      case "gemm-scaled":
        return void this.node("Gemm", [x, weight(), bias()], { alpha: { float: 0.75 }, beta: { float: -1.5 } });
      case "matmul":
        return void this.node("MatMul", [x, weight()]);
      case "matmul-transposed":
        return void this.node("MatMul", [x, transposed()]);
      case "matmul-cut": {
        this.constants.from = int64([1], [1]);
        this.constants.to = int64([1], [n + 1]);
        return void this.node("MatMul", [x, this.node("Slice", [this.array("tall", [n + 2, n]), "from", "to"])]);
      }
      case "matmul-joined": {
        const joined = this.node("Concat", [this.array("top", [1, n]), this.array("rest", [n - 1, n])], { axis: 0 });
        return void this.node("MatMul", [x, joined]);
      }
      case "matmul-sum":
        return void this.node("MatMul", [x, this.node("Add", [weight(), this.array("w2", [n, n])])]);
      case "matmul-product":
        return void this.node("MatMul", [x, this.node("Mul", [weight(), this.array("rows", [n, 1])])]);
      case "bias":
        return void this.node("Add", [bias(), this.node("MatMul", [x, weight()])]);
      case "bias-one":
        return void this.node("Add", [this.node("MatMul", [x, weight()]), this.array("b-one", [1])]);
      case "subtracted":
        return void this.node("Sub", [this.node("MatMul", [x, weight()]), bias()]);
      case "normalization":
        return void this.node("BatchNormalization", [
          x,
          this.array(`scale${pick}`, [n]),
          bias(),
          this.held("mean", [n]),
          this.held("variance", [n], (one) => one * one + 0.5),
        ]);
      case "prelu":
        return void this.node("PRelu", [x, this.array(`s${pick}`, this.maps ? [n, 1, 1] : [n])]);
      case "prelu-one":
        return void this.node("PRelu", [x, this.array("s-one", [1])]);
      case "relu":
        return void this.node("Relu", [x]);
      case "half":
        return void this.node("Mul", [x, number(0.5)]);
      case "scale":
        return void this.node("Mul", [this.node("Relu", [this.node("MatMul", [x, weight()])]), this.array("g", [n])]);
      case "divided":
        return void this.node("Div", [
          this.node("MatMul", [x, weight()]),
          this.array("divisors", [n], (one) => (one < 0 ? one - 0.5 : one + 0.5)),
        ]);
      case "negative":
        return void this.node("Neg", [x]);
      case "one-minus":
        return void this.node("Sub", [number(1), this.node("Gemm", [x, weight()])]);
      case "residual":
        return void this.node("Add", [x, this.before[Math.floor(this.before.length / 2)] ?? x]);
      case "conv":
        return void this.node("Conv", [x, kernel(), bias()], { pads: [0, 0, 1, 1] });
      case "conv-grouped":
        return void this.node("Conv", [x, this.array("kg", [n, 1, 2, 2]), bias()], { pads: [1, 0, 0, 1], group: n });
      case "conv-strange":
        return void this.node("Conv", [x, kernel()], { pads: [1, 1, 1, 1], dilations: [2, 2] });
    }
  }
}
