import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../src/engine/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { type DenseArray, float32, graph, input } from "../../src/graph/index.ts";
import { ARITHMETIC } from "../graph/cases/arithmetic.ts";
import { CONVOLUTION } from "../graph/cases/convolution.ts";
import { INDEXING } from "../graph/cases/indexing.ts";
import { LAYOUT } from "../graph/cases/layout.ts";
import { MATRIX } from "../graph/cases/matrix.ts";
import { POOLING } from "../graph/cases/pooling.ts";
import { REDUCTIONS } from "../graph/cases/reductions.ts";
import type { OpCase } from "../graph/op-case.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";
import { hasWebgpu, keepShaders } from "../support/webgpu.ts";

const TABLES = { ...ARITHMETIC, ...CONVOLUTION, ...INDEXING, ...LAYOUT, ...MATRIX, ...POOLING, ...REDUCTIONS };
const OPS = Object.entries<readonly OpCase[]>(TABLES).map(([op, cases]) => ({ op, cases }));
/** Ops that WebGPU has no kernel for, whatever their inputs are. */
const LACKING = ["reduceLogSumExp", "scatterAdd"];

/** The inputs of a row, in float32 where it has float64. */
const arraysOf = ({ inputs }: OpCase): readonly DenseArray[] =>
  inputs.map((array) => (array.dtype === "float64" ? float32(array.shape, array.data) : array));

const isThere = hasWebgpu();
// a file without a test fails
it.skipIf(!isThere)("a WebGPU driver is there", () => expect(isThere).toBe(true));

describe.skipIf(!isThere)("on webgpu", () => {
  let engine: Engine;
  beforeAll(async () => {
    await keepShaders();
    engine = await openNodeEngine("webgpu", { threads: 1 });
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  /** Whether the engine has taken a row and its values are right; false if it has refused it, naming what it lacks. */
  async function isTaken(row: OpCase): Promise<boolean> {
    const arrays = arraysOf(row);
    const y = row.build(arrays.map(({ dtype, shape }, i) => input(`x${i}`, dtype, row.shapes?.[i] ?? shape)));
    const compiling = engine.compile(graph({ y }));
    const program = await compiling.catch(() => undefined);
    if (program === undefined) {
      const { message } = await rejectionOf(compiling);
      expect(message, row.title).toMatch(/^(node|input|constant) "[^"]+"( \(\w+\))? of the model: expected a /);
      return false;
    }
    const names = program.model.inputs.map(({ name }) => name);
    const feeds = arrays.flatMap((array, i) => (names.includes(`x${i}`) ? [[`x${i}`, array] as const] : []));
    // the program lives until the engine is closed: shaders that no living program holds are compiled anew
    const { fetched } = await program.run(Object.fromEntries(feeds));
    expectClose(fetched.y ?? [], row.wanted, { relative: 2e-5, absolute: 2e-5 });
    return true;
  }

  it.each(OPS)("$op is right, or refused by name", async ({ op, cases }) => {
    const taken = [];
    for (const row of cases) taken.push(await isTaken(row));
    expect(taken.includes(true), "some row is taken").toBe(!LACKING.includes(op));
  });
});
