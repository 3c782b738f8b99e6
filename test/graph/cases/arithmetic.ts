import { float64, int32, int64, type Tensor } from "../../../src/graph/index.ts";
import * as op from "../../../src/graph/ops/arithmetic.ts";
import { draw, drawApart, drawBits } from "../draws.ts";
import { by, type OpCase, type OpNames, type OpTable, opCase } from "../op-case.ts";
import { bit, elementwise } from "../reference/elementwise.ts";

type Float = Tensor<"float64">;
const TIES_A = float64([4], [1, 2, -3, 0]);
const TIES_B = float64([4], [1, 1, -3, 5]);

/** The shapes that every op of two operands meets. */
function pairs(
  build: (a: Float, b: Float) => Tensor,
  value: (a: number, b: number) => number,
  gradient: OpCase["gradient"] = by(0, 1),
): readonly [OpCase, ...OpCase[]] {
  const reference = elementwise((a = 0, b = 0) => value(a, b));
  const pair = (title: string, first: readonly number[], second: readonly number[]): OpCase => {
    // positive and apart from 0 and from each other: a divisor, an operand of a comparison
    const inputs = [draw("a", first, 0.5, 1), draw("b", second, 1.1, 2)] as const;
    return opCase({ title, inputs, build, reference, gradient });
  };
  return [
    pair("of one shape", [2, 3], [2, 3]),
    pair("broadcasts rows", [2, 3], [3]),
    pair("broadcasts a column and a row", [2, 1], [1, 3]),
    pair("broadcasts both ways, with another rank", [2, 1, 3], [4, 1]),
    pair("broadcasts a scalar tensor", [], [2, 2]),
    opCase({
      title: "with a symbolic batch",
      inputs: [draw("a", [2, 3], 0.5, 1), draw("b", [3], 1.1, 2)],
      shapes: [["batch", 3], [3]],
      build,
      reference,
      gradient,
    }),
  ];
}

/** A number in place of either operand. */
function withNumbers(
  first: (a: Float) => Tensor,
  second: (b: Float) => Tensor,
  value: (a: number, b: number) => number,
): readonly OpCase[] {
  const x = draw("x", [2, 3], 0.5, 1.5);
  return [
    opCase({
      title: "number second",
      inputs: [x],
      build: first,
      reference: elementwise((a = 0) => value(a, 0.7)),
      gradient: by(0),
    }),
    opCase({
      title: "number first",
      inputs: [x],
      build: second,
      reference: elementwise((b = 0) => value(0.7, b)),
      gradient: by(0),
    }),
  ];
}

const ties = (build: (a: Float, b: Float) => Tensor, value: (a: number, b: number) => number): OpCase =>
  opCase({
    title: "at a tie",
    inputs: [TIES_A, TIES_B],
    build,
    reference: elementwise((a = 0, b = 0) => value(a, b)),
    gradient: "none",
  });

const single = (build: (x: Float) => Tensor, value: (x: number) => number, low = -2, high = 2): OpCase =>
  opCase({
    title: "of a matrix",
    inputs: [draw("x", [2, 5], low, high)],
    build,
    reference: elementwise((x = 0) => value(x)),
    gradient: by(0),
  });

const ints = (
  build: (a: Tensor<"int32">, b: Tensor<"int32">) => Tensor,
  value: (a: number, b: number) => number,
): OpCase =>
  opCase({
    title: "of whole numbers",
    inputs: [int32([3], [-7, 0, 5]), int32([3], [2, 3, 5])],
    build,
    reference: elementwise((a = 0, b = 0) => value(a, b)),
    gradient: "none",
  });

const compared = (
  build: (a: Float, b: Float) => Tensor,
  whole: (a: Tensor<"int32">, b: Tensor<"int32">) => Tensor,
  value: (a: number, b: number) => boolean,
): readonly [OpCase, ...OpCase[]] => [
  ...pairs(build, (a, b) => bit(value(a, b)), "none"),
  ties(build, (a, b) => bit(value(a, b))),
  ints(whole, (a, b) => bit(value(a, b))),
];

export const ARITHMETIC = {
  cast: [
    opCase({
      title: "from bool to float",
      inputs: [drawBits("x", [3, 2])],
      build: (x) => op.cast(x, "float64"),
      reference: elementwise((x = 0) => x),
      gradient: "none",
    }),
    opCase({
      title: "from float to bool: not zero",
      inputs: [float64([4], [0, -0.5, 2, -0])],
      build: (x) => op.cast(x, "bool"),
      reference: elementwise((x = 0) => bit(x !== 0)),
      gradient: "none",
    }),
    opCase({
      title: "from float to whole: toward zero",
      inputs: [float64([4], [1.9, -1.9, 0.5, 7])],
      build: (x) => op.cast(x, "int64"),
      reference: elementwise((x = 0) => Math.trunc(x)),
      gradient: "none",
    }),
    opCase({
      title: "to float32 and back, with its gradient",
      inputs: [draw("x", [2, 3])],
      build: (x) => op.cast(op.cast(x, "float32"), "float64"),
      reference: elementwise((x = 0) => Math.fround(x)),
      // rounds to float32 on the way: a step far above its rounding, and no truncation error as the op is linear
      gradient: { by: [0], step: 0.5, tolerance: { relative: 1e-6 } },
    }),
  ],
  add: [
    ...pairs(op.add, (a, b) => a + b),
    ...withNumbers(
      (a) => op.add(a, 0.7),
      (b) => op.add(0.7, b),
      (a, b) => a + b,
    ),
    ints(op.add, (a, b) => a + b),
  ],
  subtract: [
    ...pairs(op.subtract, (a, b) => a - b),
    ...withNumbers(
      (a) => op.subtract(a, 0.7),
      (b) => op.subtract(0.7, b),
      (a, b) => a - b,
    ),
    ints(op.subtract, (a, b) => a - b),
  ],
  multiply: [
    ...pairs(op.multiply, (a, b) => a * b),
    ...withNumbers(
      (a) => op.multiply(a, 0.7),
      (b) => op.multiply(0.7, b),
      (a, b) => a * b,
    ),
    ints(op.multiply, (a, b) => a * b),
    opCase({
      title: "of a tensor with itself",
      inputs: [draw("x", [4])],
      build: (x) => op.square(x),
      reference: elementwise((x = 0) => x * x),
      gradient: by(0),
    }),
  ],
  divide: [
    ...pairs(op.divide, (a, b) => a / b),
    ...withNumbers(
      (a) => op.divide(a, 0.7),
      (b) => op.divide(0.7, b),
      (a, b) => a / b,
    ),
  ],
  maximum: [
    ...pairs(op.maximum, Math.max),
    opCase({
      title: "either side greater",
      inputs: [drawApart("a", [3, 3]), draw("b", [3], -0.01, 0.01)],
      build: op.maximum,
      reference: elementwise((a = 0, b = 0) => Math.max(a, b)),
      gradient: by(0, 1),
    }),
    ties(op.maximum, Math.max),
  ],
  minimum: [
    ...pairs(op.minimum, Math.min),
    opCase({
      title: "either side lesser",
      inputs: [drawApart("a", [3, 3]), draw("b", [3], -0.01, 0.01)],
      build: op.minimum,
      reference: elementwise((a = 0, b = 0) => Math.min(a, b)),
      gradient: by(0, 1),
    }),
    ties(op.minimum, Math.min),
  ],
  greater: compared(op.greater, op.greater, (a, b) => a > b),
  greaterOrEqual: compared(op.greaterOrEqual, op.greaterOrEqual, (a, b) => a >= b),
  less: compared(op.less, op.less, (a, b) => a < b),
  lessOrEqual: compared(op.lessOrEqual, op.lessOrEqual, (a, b) => a <= b),
  equal: compared(op.equal, op.equal, (a, b) => a === b),
  and: [
    opCase({
      title: "broadcasts",
      inputs: [drawBits("a", [3, 1]), drawBits("b", [4])],
      build: op.and,
      reference: elementwise((a = 0, b = 0) => bit(a + b === 2)),
      gradient: "none",
    }),
  ],
  not: [
    opCase({
      title: "of bits",
      inputs: [drawBits("x", [5])],
      build: op.not,
      reference: elementwise((x = 0) => bit(x === 0)),
      gradient: "none",
    }),
  ],
  negate: [
    single(op.negate, (x) => -x),
    opCase({
      title: "of whole numbers",
      inputs: [int64([3], [-7, 0, 5])],
      build: op.negate,
      reference: elementwise((x = 0) => 0 - x),
      gradient: "none",
    }),
  ],
  exp: [single(op.exp, Math.exp)],
  log: [single(op.log, Math.log, 0.2, 3)],
  sqrt: [single(op.sqrt, Math.sqrt, 0.2, 3)],
  absolute: [single(op.absolute, Math.abs)],
  sigmoid: [
    single(op.sigmoid, (x) => 1 / (1 + Math.exp(-x))),
    opCase({
      title: "of large values, without overflow",
      inputs: [float64([4], [-800, -30, 30, 800])],
      build: op.sigmoid,
      reference: elementwise((x = 0) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))),
      gradient: by(0),
    }),
  ],
  tanh: [single(op.tanh, Math.tanh)],
  relu: [
    single(op.relu, (x) => Math.max(0, x)),
    opCase({
      title: "at 0",
      inputs: [float64([2], [0, -0])],
      build: op.relu,
      reference: elementwise(() => 0),
      gradient: "none",
    }),
  ],
  power: [
    ...[3, 2, 1, 0.1, -1.5].map((exponent) => ({
      ...single(
        (x) => op.power(x, exponent),
        (x) => x ** exponent,
        0.4,
        2,
      ),
      title: `to the ${exponent}`,
    })),
    opCase({
      title: "of negative and zero bases, to the 3",
      inputs: [float64([3], [-1.5, 0, 2])],
      build: (x) => op.power(x, 3),
      reference: elementwise((x = 0) => x ** 3),
      gradient: by(0),
    }),
  ] as unknown as readonly [OpCase],
  where: [
    opCase({
      title: "broadcasts all three",
      inputs: [drawBits("c", [2, 1]), draw("a", [3]), draw("b", [4, 1, 1])],
      build: op.where,
      reference: elementwise((c = 0, a = 0, b = 0) => (c === 1 ? a : b)),
      gradient: by(1, 2),
    }),
    opCase({
      title: "with a number first",
      inputs: [drawBits("c", [2, 3]), draw("b", [2, 3])],
      build: (c, b) => op.where(c, 0.7, b),
      reference: elementwise((c = 0, b = 0) => (c === 1 ? 0.7 : b)),
      gradient: by(1),
    }),
    opCase({
      title: "of whole numbers",
      inputs: [drawBits("c", [3]), int64([3], [1, 2, 3]), int64([3], [4, 5, 6])],
      build: op.where,
      reference: elementwise((c = 0, a = 0, b = 0) => (c === 1 ? a : b)),
      gradient: "none",
    }),
    opCase({
      title: "takes nothing from the other side, infinities neither",
      inputs: [drawBits("c", [4]), draw("a", [4]), float64([], [Number.POSITIVE_INFINITY])],
      build: op.where,
      reference: elementwise((c = 0, a = 0, b = 0) => (c === 1 ? a : b)),
      gradient: "none",
    }),
  ],
} satisfies OpTable<OpNames["arithmetic"]>;
