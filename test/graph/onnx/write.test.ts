import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../../src/engine/index.ts";
import { openNodeEngine } from "../../../src/engine/node/index.ts";
import {
  add,
  constant,
  type DenseArray,
  float32,
  float64,
  graph,
  input,
  int64,
  matMul,
  multiply,
  negate,
  relu,
  scalar,
  square,
  subtract,
  type Tensor,
  writeModel,
} from "../../../src/graph/index.ts";
import { expectClose } from "../../support/expect-close.ts";
import { draw, draw32 } from "../draws.ts";
import { attributeOf, decode, rootOps } from "../model-nodes.ts";

describe("writeModel", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openNodeEngine("cpu", { threads: 1 });
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  async function run(
    outputs: Readonly<Record<string, Tensor>>,
    feeds: Readonly<Record<string, DenseArray>> = {},
  ): Promise<Readonly<Record<string, DenseArray>>> {
    await using program = await engine.compile(graph(outputs));
    return (await program.run(feeds)).fetched;
  }

  const x = input("x", "float32", ["batch", 3]);
  const w = input("w", "float32", [3, 3]);

  it("declares opset 21 and IR version 10", () => {
    const { irVersion, opsetImport } = decode(writeModel(graph({ y: relu(x) })));
    expect([irVersion, ...opsetImport.map(({ domain, version }) => `${domain}:${version}`)]).toEqual([10n, ":21"]);
  });

  it("keeps the names, dtypes and shapes of inputs and outputs", () => {
    const model = writeModel(graph({ y: matMul(x, w), "odd name/ü": square(w) }));
    const ports = { inputs: model.inputs, outputs: model.outputs };
    expect(ports).toEqual({
      inputs: [
        { name: "x", dtype: "float32", shape: ["batch", 3] },
        { name: "w", dtype: "float32", shape: [3, 3] },
      ],
      outputs: [
        { name: "y", dtype: "float32", shape: ["batch", 3] },
        { name: "odd name/ü", dtype: "float32", shape: [3, 3] },
      ],
    });
    const { graph: written } = decode(model);
    expect(written?.input.map(({ name }) => name)).toEqual(["x", "w"]);
    expect(written?.output.map(({ name }) => name)).toEqual(["y", "odd name/ü"]);
  });

  it("gives its own names to nobody else's tensors", async () => {
    // the names that the writer would take first
    const names = ["constant_1", "Add_2", "Add_3", "Add_1", "unused_1"];
    const sum = names.map((name) => input(name, "float32", [])).reduce((total, one) => add(total, add(one, 1)));
    const feeds = Object.fromEntries(names.map((name, i) => [name, float32([], [i])]));
    const found = await run({ Add_4: sum, Identity_1: negate(sum) }, feeds);
    expectClose(found.Add_4 ?? [], 14, { relative: 0 });
    expectClose(found.Identity_1 ?? [], -14, { relative: 0 });
  });

  it("gives out an input, a constant, and one tensor under two names", async () => {
    const y = square(w);
    const found = await run({ same: w, fixed: constant(float64([1], [0.1])), y, z: y }, { w: draw32("w", [3, 3]) });
    expectClose(found.same ?? [], draw32("w", [3, 3]), { relative: 0 });
    expectClose(found.fixed ?? [], [0.1], { relative: 0 });
    expectClose(found.z ?? [], found.y ?? [], { relative: 0 });
  });

  it("writes the same bytes for the same graph, and for a graph that was built again", () => {
    const build = (): ReturnType<typeof graph> => {
      const a = input("a", "float32", [2, 2]);
      return graph({ y: subtract(a, multiply(matMul(a, relu(a)), 0.5)), z: add(a, 1) });
    };
    const once = build();
    const [first, second, third] = [writeModel(once), writeModel(once), writeModel(build())];
    expect(second.bytes).toEqual(first.bytes);
    expect(third.bytes).toEqual(first.bytes);
  });

  it("shares small constants of equal dtype, shape and bits, and no others", async () => {
    const one = input("one", "float64", []);
    const model = writeModel(graph({ y: add(multiply(one, 2), 2) }));
    expect(decode(model).graph?.initializer).toHaveLength(1);
    const zeros = { plus: add(one, scalar("float64", 0)), minus: multiply(constant(float64([], [-0])), one) };
    expect(decode(writeModel(graph(zeros))).graph?.initializer).toHaveLength(2);
    const bits = await run({
      a: constant(int64([1], [2])),
      b: constant(int64([], [2])),
      c: constant(float64([1], [2])),
    });
    expect(Object.values(bits).map(({ dtype, shape }) => [dtype, shape])).toEqual([
      ["int64", [1]],
      ["int64", []],
      ["float64", [1]],
    ]);
  });

  it("writes 5,000 ops in a chain without running out of stack", async () => {
    let y: Tensor<"float64"> = input("x", "float64", []);
    for (let i = 0; i < 2500; i++) y = multiply(add(y, 1), 0.5);
    const model = writeModel(graph({ y }));
    expect(rootOps(model)).toHaveLength(5001);
  });

  describe("fuses C − s·A·B", () => {
    const [a, b, c] = (["a", "b", "c"] as const).map((name) => input(name, "float32", [3, 3]));
    const feeds = { a: draw32("a", [3, 3]), b: draw32("b", [3, 3]), c: draw32("c", [3, 3]) };
    if (!a || !b || !c) throw new Error("three inputs");

    it.each([
      { title: "a · b", options: {} },
      { title: "aᵀ · b", options: { transposeA: true } },
      { title: "a · bᵀ", options: { transposeB: true } },
      { title: "aᵀ · bᵀ", options: { transposeA: true, transposeB: true } },
    ])("into one Gemm, of the value that it has without: $title", async ({ options }) => {
      const product = matMul(a, b, options);
      const fused = subtract(c, multiply(product, 0.1));
      const model = writeModel(graph({ fused }));
      expect(rootOps(model)).toEqual(["Gemm", "Identity"]);
      const [gemm] = decode(model).graph?.node ?? [];
      expect(gemm && attributeOf(gemm, "alpha")?.f).toBe(Math.fround(-0.1));

      const found = await run({ fused }, feeds);
      // the product is an output: it is used twice, and not fused
      const apart = await run({ fused, product }, feeds);
      // one rounding less than in the sum of two
      expectClose(found.fused ?? [], apart.fused ?? [], { relative: 1e-6, absolute: 1e-7 });
    });

    it.each([
      {
        title: "the product is used twice",
        build: () => {
          const product = matMul(a, b);
          return add(subtract(c, multiply(product, 0.1)), product);
        },
      },
      {
        title: "the scaled product is used twice",
        build: () => {
          const scaled = multiply(matMul(a, b), 0.1);
          return add(subtract(c, scaled), scaled);
        },
      },
      {
        title: "the scale is not constant",
        build: () => subtract(c, multiply(matMul(a, b), input("s", "float32", []))),
      },
      {
        title: "the scale is no scalar",
        build: () => subtract(c, multiply(matMul(a, b), constant(float32([3], [1, 2, 3])))),
      },
      { title: "C is broadcast", build: () => subtract(input("row", "float32", [3]), multiply(matMul(a, b), 0.1)) },
      {
        title: "the product is broadcast",
        build: () => subtract(input("stack", "float32", [2, 3, 3]), multiply(matMul(a, b), 0.1)),
      },
    ])("not if $title", ({ build }) => {
      expect(rootOps(writeModel(graph({ y: build() })))).not.toContain("Gemm");
    });

    it("not in float64, whose scale a node cannot hold", async () => {
      const [p, q] = [draw("p", [2, 2]), draw("q", [2, 2])];
      const y = subtract(constant(p), multiply(matMul(constant(q), constant(q)), 0.1));
      expect(rootOps(writeModel(graph({ y })))).toEqual(["MatMul", "Mul", "Sub", "Identity"]);
      const [first = 0, second = 0, third = 0] = q.data;
      const wanted = (p.data[0] ?? 0) - 0.1 * (first * first + second * third);
      expectClose((await run({ y })).y?.data[0] ?? Number.NaN, wanted, { relative: 1e-14 });
    });
  });
});
