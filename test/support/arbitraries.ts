import fc from "fast-check";
import * as g from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";

type Float = g.Tensor<"float64">;

/** A scalar made by random ops from matrices of 3 by 3. */
export interface Expression {
  readonly inputs: readonly g.DenseArray<"float64">[];
  readonly build: (tensors: readonly Float[]) => Float;
}

/** Ops of two matrices that keep values of size 1 at size 1, whatever comes before and after them. */
const STEPS = {
  add: (a, b) => g.add(a, b),
  subtract: (a, b) => g.subtract(g.multiply(a, 0.5), b),
  multiply: (a, b) => g.multiply(a, g.tanh(b)),
  divide: (a, b) => g.divide(a, g.add(1.5, g.square(b))),
  maximum: (a, b) => g.maximum(a, b),
  minimum: (a, b) => g.minimum(g.transpose(a), b),
  relu: (a) => g.relu(a),
  gate: (a, b) => g.multiply(a, g.sigmoid(b)),
  where: (a, b) => g.where(g.greater(a, b), g.negate(a), g.tanh(b)),
  exp: (a) => g.exp(g.negate(g.absolute(a))),
  power: (a) => g.power(g.add(g.square(a), 1), -0.5),
  matMul: (a, b) => g.tanh(g.matMul(a, b)),
  matMulTransposed: (a, b) => g.tanh(g.matMul(a, b, { transposeA: true, transposeB: true })),
  softmax: (a, b) => g.multiply(g.softmax(a), b),
  center: (a, b) => g.subtract(a, g.reduceMean(b, [0], true)),
  rowMax: (a, b) => g.subtract(a, g.reduceMax(b, [-1], true)),
  columnLogSumExp: (a, b) => g.subtract(a, g.reduceLogSumExp(b, [0])),
  outer: (a, b) => g.multiply(g.tanh(g.reduceSum(a, [1], true)), g.reduceMean(b, [0], true)),
  shuffle: (a) => g.gather(a, g.constant(g.int64([3], [2, 0, 2]))),
  join: (a, b) => g.concat([g.slice(a, 1, 0, 3, 2), g.slice(b, 1, 1, 2)], 1),
  spread: (a) => g.pad(g.dilate(g.slice(a, 0, 0, 1), 1, 1), 0, 1, 1),
} as const satisfies Record<string, (a: Float, b: Float) => Float>;

/** Small expressions over one to three matrices; every input reaches the scalar. */
export const expressions = (): fc.Arbitrary<Expression> =>
  fc
    .record({
      seed: fc.nat(1_000_000),
      count: fc.integer({ min: 1, max: 3 }),
      steps: fc.array(fc.tuple(fc.constantFrom(...Object.values(STEPS)), fc.nat(20), fc.nat(20)), {
        minLength: 1,
        maxLength: 8,
      }),
    })
    .map(({ seed, count, steps }) => ({
      inputs: Array.from({ length: count }, (_, i) =>
        g.float64([3, 3], randomStream(seed, "expression", i).uniform(9, -1, 1)),
      ),
      build(tensors) {
        const [first] = tensors;
        if (first === undefined) throw new Error("an expression needs an input");
        const made = [...tensors];
        for (const [step, a, b] of steps) {
          made.push(step(made[a % made.length] ?? first, made.at(-1 - (b % made.length)) ?? first));
        }
        return made.map((one) => g.reduceMean(one)).reduce((sum, one, i) => g.add(sum, g.multiply(one, 1 + i)));
      },
    }));
