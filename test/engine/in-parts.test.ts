/** Graphs cut into programs that run one behind the other: the same answers as in one piece. */
import { describe, expect, it } from "vitest";
import { compileInParts, type Engine } from "../../src/engine/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import {
  constant,
  cutGraph,
  float32,
  type Graph,
  gradients,
  graph,
  greater,
  input,
  matMul,
  multiply,
  reduceSum,
  relu,
  type Tensor,
} from "../../src/graph/index.ts";
import { topologicalOrder } from "../../src/graph/traversal.ts";
import { randomStream } from "../../src/random.ts";
import { rejectionOf } from "../support/error-of.ts";
import { expectClose } from "../support/expect-close.ts";

const LAYERS = 12;
const draw = (key: number, ...shape: readonly number[]) =>
  float32(
    shape,
    randomStream(1, key).uniform(
      shape.reduce((a, b) => a * b, 1),
      -1,
      1,
    ),
  );
const x = input("x", "float32", ["batch", 4]);
const chosen = input("chosen", "float32", ["batch", 4]);
/** Gates, values and gradients of a deep network, and outputs that are no op, or one tensor under two names. */
function deep(): Graph {
  const hidden: Tensor<"float32">[] = [];
  let z: Tensor<"float32"> = x;
  for (let layer = 0; layer < LAYERS; layer++) {
    z = relu(matMul(z, constant(draw(layer, 4, 4))));
    hidden.push(z);
  }
  const deltas = gradients(reduceSum(multiply(z, chosen)), hidden);
  const named = (name: string, tensors: readonly Tensor[]) => tensors.map((one, i) => [`${name}.${i}`, one] as const);
  return graph({
    ...Object.fromEntries(named("delta", deltas)),
    ...Object.fromEntries(
      named(
        "on",
        hidden.map((one) => greater(one, 0)),
      ),
    ),
    "part.0": z,
    again: z,
    fixed: constant(draw(99, 2)),
  });
}
const FEEDS = { x: draw(100, 3, 4), chosen: draw(101, 3, 4) };

const openEngine = (): Promise<Engine> => openNodeEngine("cpu", { threads: 1 });

describe("a graph in parts", () => {
  it.each([1, 2, 7, 1000])("of at most %i ops gives what it gives in one piece", async (most) => {
    await using engine = await openEngine();
    await using whole = await engine.compile(deep());
    await using parts = await compileInParts(engine, deep(), [], most);
    expect(parts.model.inputs).toEqual(whole.model.inputs);
    expect(parts.model.outputs).toEqual(whole.model.outputs);
    const [wanted, got] = [(await whole.run(FEEDS)).fetched, (await parts.run(FEEDS)).fetched];
    expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort());
    for (const [name, { dtype, shape, data }] of Object.entries(wanted)) {
      const { data: found, ...rest } = got[name] ?? float32([0], []);
      expect({ name, dtype: rest.dtype, shape: rest.shape }).toEqual({ name, dtype, shape });
      // float32: fused ops round once where single ones round twice
      expectClose([...found].map(Number), [...data].map(Number), { relative: 1e-5, absolute: 1e-6 });
    }
  });

  it("are as many as its ops need, and one for a small graph", () => {
    const opsOf = ({ outputs }: Graph) =>
      topologicalOrder(outputs.map(({ tensor }) => tensor)).filter(({ source }) => source.kind === "op").length;
    const whole = deep();
    expect(cutGraph(whole, opsOf(whole))).toEqual([whole]);
    const counts = cutGraph(whole, 10).map(opsOf);
    expect(Math.max(...counts)).toBe(10);
    expect(counts.reduce((sum, ops) => sum + ops, 0)).toBe(opsOf(whole));
  });

  it("keeps what is asked for, and nothing between", async () => {
    await using engine = await openEngine();
    await using parts = await compileInParts(engine, deep(), ["delta.0", "part.0"], 7);
    const { fetched, kept } = await parts.run(FEEDS, ["delta.0", "part.0"]);
    expect(Object.keys(kept).sort()).toEqual(["delta.0", "part.0"]);
    expect(fetched["delta.0"]).toBeUndefined();
    await using whole = await engine.compile(deep());
    const wanted = (await whole.run(FEEDS)).fetched["delta.0"];
    const read = await kept["delta.0"]?.read();
    expectClose([...(read?.data ?? [])].map(Number), [...(wanted?.data ?? [])].map(Number), {
      relative: 1e-5,
      absolute: 1e-6,
    });
  });

  it("refuses what a program refuses, in its words", async () => {
    await using engine = await openEngine();
    await using whole = await engine.compile(deep());
    const parts = await compileInParts(engine, deep(), [], 7);
    for (const feeds of [{ ...FEEDS, z: draw(0, 1) }, { x: FEEDS.x }, { ...FEEDS, chosen: draw(3, 2, 4) }]) {
      expect(await rejectionOf(parts.run(feeds))).toEqual(await rejectionOf(whole.run(feeds)));
    }
    expect(await rejectionOf(parts.run(FEEDS, ["y"]))).toEqual(await rejectionOf(whole.run(FEEDS, ["y"])));
    await parts[Symbol.asyncDispose]();
    expect((await rejectionOf(parts.run(FEEDS))).message).toContain("a program that has been released");
  });
});
