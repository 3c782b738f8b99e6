/** The networks of the golden values of flow as ONNX files, written anew: in other words, with the same paths. */
import { z } from "zod";
import { type DenseArray, float32 } from "../../src/graph/index.ts";
import { bytesOfModel, modelProto, type NodeOf } from "../graph/onnx/model.ts";

/** Numbers as JSON nests them. */
export type Nested = number | readonly Nested[];
export const Tensor: z.ZodType<Nested> = z.lazy(() => z.union([z.number(), z.array(Tensor)]));
const Bias = z.array(z.number()).nullable();
const Op = z.union([
  z.tuple([z.literal("dense"), z.array(z.array(z.number())), Bias]),
  z.tuple([z.literal("conv"), z.array(z.array(z.array(z.array(z.number())))), Bias, z.int(), z.int()]),
  z.tuple([z.enum(["maxpool"]), z.int()]),
  z.tuple([z.enum(["save", "add"]), z.string()]),
  z.tuple([z.enum(["relu", "flatten"])]),
]);
export const GoldenNetwork = z.looseObject({ ops: z.array(Op), x: Tensor });
export type GoldenNetwork = z.infer<typeof GoldenNetwork>;

/** How a file may say the same. */
export const REWRITINGS = [
  "as it is",
  "biases as nodes of their own",
  "normalizations to fold",
  "units reversed",
] as const;
export type Rewriting = (typeof REWRITINGS)[number];

const flat = (tensor: Nested): number[] => [tensor].flat(9).map(Number);
const shapeOf = (tensor: Nested): number[] =>
  typeof tensor === "number" ? [] : [tensor.length, ...shapeOf(tensor[0] ?? 0)];

/**
 * The network as the bytes of an ONNX file. Normalizations come behind layers whose weights are half of what they are: `2·(z − 3) + β`
 * with a running variance of 3, an epsilon of 1, a scale of 4, all exact.
 */
export function goldenModel({ ops, x }: GoldenNetwork, rewriting: Rewriting): Uint8Array {
  const nodes: NodeOf[] = [];
  const constants: Record<string, DenseArray> = {};
  const saved = new Map<string, string>();
  let at = "x";
  const constant = (name: string, shape: readonly number[], values: readonly number[]): string => {
    constants[name] = float32(shape, values);
    return name;
  };
  const node = (op: string, inputs: readonly string[], attributes: NodeOf["attributes"] = {}): void => {
    at = `v${nodes.length}`;
    nodes.push({ op, inputs, outputs: [at], attributes });
  };
  const layers = ops.flatMap(([kind], i) => (kind === "dense" || kind === "conv" ? [i] : []));
  for (const [i, op] of ops.entries()) {
    switch (op[0]) {
      case "dense":
      case "conv": {
        const [first, last] = [i === layers[0], i === layers.at(-1)];
        const isReversed = rewriting === "units reversed";
        const isNormed = rewriting === "normalizations to fold" && !last;
        const rows = isReversed && !last ? [...op[1]].reverse() : op[1];
        // inputs of a layer are the units of the one before
        const weight = isReversed && !first ? rows.map((row) => [...row].reverse()) : rows;
        const shape = shapeOf(weight);
        const [outputs = 0] = shape;
        const given = op[2] ?? new Array<number>(outputs).fill(0);
        const bias = isReversed && !last ? [...given].reverse() : given;
        const own = isNormed ? bias.map(() => 1) : bias;
        const values = flat(weight).map((w) => (isNormed ? w / 2 : w));
        const perUnit = op[0] === "conv" ? [outputs, 1, 1] : [outputs];
        const name = constant(`w${i}`, shape, values);
        const isSplit = rewriting === "biases as nodes of their own";
        const inputs = [at, name, ...(isSplit ? [] : [constant(`b${i}`, [outputs], own)])];
        if (op[0] === "conv") node("Conv", inputs, { strides: [op[3], op[3]], pads: [op[4], op[4], op[4], op[4]] });
        else if (isSplit) {
          const columns = Array.from({ length: shape[1] ?? 0 }, (_, c) => weight.map((row) => Number(row[c])));
          node("MatMul", [at, constant(`t${i}`, [shape[1] ?? 0, outputs], columns.flat())]);
        } else node("Gemm", inputs, { transB: 1 });
        if (isSplit) node("Add", [at, constant(`b${i}`, perUnit, own)]);
        if (isNormed) {
          const of = (what: string, number: (unit: number) => number): string =>
            constant(
              `${what}${i}`,
              [outputs],
              bias.map((_, unit) => number(unit)),
            );
          node(
            "BatchNormalization",
            [
              at,
              of("scale", () => 4),
              of("shift", (unit) => (bias[unit] ?? 0) + 4),
              of("mean", () => 3),
              of("var", () => 3),
            ],
            { epsilon: { float: 1 } },
          );
        }
        break;
      }
      case "relu":
        node("Relu", [at]);
        break;
      case "flatten":
        node("Flatten", [at]);
        break;
      case "maxpool":
        node("MaxPool", [at], { kernel_shape: [op[1], op[1]], strides: [op[1], op[1]] });
        break;
      case "save":
        saved.set(op[1], at);
        break;
      case "add":
        node("Add", [at, saved.get(op[1]) ?? "missing"]);
        break;
    }
  }
  return bytesOfModel(modelProto({ input: ["n", ...shapeOf(x)], nodes, constants }));
}
