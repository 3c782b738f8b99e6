import { describe, expect, it } from "vitest";
import type { Engine, Program } from "../../src/engine/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { add, float32, type Graph, graph, input } from "../../src/graph/index.ts";
import { KeptPrograms } from "../../src/models/kept-programs.ts";

const plus = (count: number): Graph => {
  const x = input("x", "float32", [1]);
  return graph({ y: add(x, count) });
};

/** An engine that says what it made and released. */
async function openCounting() {
  const made = { loaded: 0, released: 0, closed: 0 };
  const engine = await openNodeEngine("cpu", { threads: 1 });
  const counted = (program: Program): Program => ({
    model: program.model,
    run: (...args) => program.run(...args),
    [Symbol.asyncDispose]: async () => {
      made.released += 1;
      await program[Symbol.asyncDispose]();
    },
  });
  const counting: Engine = {
    device: engine.device,
    capabilities: engine.capabilities,
    compile: () => expect.fail("models are loaded"),
    load: async (...args) => {
      made.loaded += 1;
      return counted(await engine.load(...args));
    },
    upload: (array) => engine.upload(array),
    [Symbol.asyncDispose]: async () => {
      made.closed += 1;
      await engine[Symbol.asyncDispose]();
    },
  };
  return { made, programs: new KeptPrograms(counting) };
}

const resultOf = async (program: Program): Promise<number> =>
  Number((await program.run({ x: float32([1], [1]) })).fetched.y?.data[0]);

describe("kept programs", () => {
  it("are compiled once, and run after they were released", async () => {
    const { made, programs } = await openCounting();
    for (let time = 0; time < 3; time++) {
      await using program = await programs.compile(plus(2));
      expect(await resultOf(program)).toBe(3);
    }
    expect(made).toEqual({ loaded: 1, released: 0, closed: 0 });
    await programs[Symbol.asyncDispose]();
    expect(made.closed).toBe(1);
  });

  it("are told apart by their constants and by what they keep", async () => {
    const { made, programs } = await openCounting();
    await using _ = programs;
    await using two = await programs.compile(plus(2));
    await using three = await programs.compile(plus(3));
    await using kept = await programs.compile(plus(2), ["y"]);
    expect([await resultOf(two), await resultOf(three), await resultOf(kept)]).toEqual([3, 4, 3]);
    expect(made.loaded).toBe(3);
  });

  it("end with those used longest ago once there are many, never one in use", async () => {
    const { made, programs } = await openCounting();
    await using _ = programs;
    await using held = await programs.compile(plus(1));
    for (let count = 2; count <= 20; count++) await (await programs.compile(plus(count)))[Symbol.asyncDispose]();
    expect(made).toEqual({ loaded: 20, released: 8, closed: 0 });
    expect(await resultOf(held)).toBe(2);
    await (await programs.compile(plus(1)))[Symbol.asyncDispose]();
    await (await programs.compile(plus(20)))[Symbol.asyncDispose]();
    expect(made.loaded).toBe(20);
    await (await programs.compile(plus(2)))[Symbol.asyncDispose]();
    expect(made.loaded).toBe(21);
  });
});
