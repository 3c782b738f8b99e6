/** Work of the engine for `memory.test.ts`: prints what is held after each portion of the kind that is asked for. */
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { add, constant, float32, graph, input, matMul, multiply, reduceSum, tanh } from "../../src/graph/index.ts";
import { draw32 } from "../graph/draws.ts";
import { printHeld } from "../support/memory-growth.ts";

const KINDS = {
  /** 2,000 runs, each feeding the array that the one before it kept: 1 KiB. */
  async runs() {
    const state = input("state", "float32", [16, 16]);
    const x = input("x", "float32", ["batch", 16]);
    const next = add(multiply(state, 0.5), multiply(matMul(x, x, { transposeA: true }), 0.01));
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    await using program = await engine.compile(graph({ next, loss: reduceSum(tanh(matMul(x, state))) }));
    await using weights = await engine.upload(draw32("state", [16, 16]));
    const feed = draw32("x", [8, 16]);
    let kept = (await program.run({ x: feed, state: weights }, ["next"])).kept.next ?? weights;
    await printHeld(14, async () => {
      for (let i = 0; i < 2000; i++) {
        const before = kept;
        kept = (await program.run({ x: feed, state: before }, ["next"])).kept.next ?? weights;
        await before[Symbol.asyncDispose]();
      }
    });
    if (!(await kept.read()).data.every((value) => Number.isFinite(Number(value)))) throw new Error("not finite");
  },

  /** Two programs with 4 MiB of constants each, compiled, run and released. */
  async programs() {
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const big = graph({
      y: reduceSum(matMul(constant(draw32("big", [1024, 1024])), input("x", "float32", [1024, 1]))),
    });
    await printHeld(12, async () => {
      for (let i = 0; i < 2; i++) {
        await using program = await engine.compile(big);
        await program.run({ x: draw32("x", [1024, 1]) });
      }
    });
  },

  /** 500 runs on the device, whose results of 16 KiB stay there. */
  async webgpu() {
    const state = input("state", "float32", [64, 64]);
    await using engine = await openNodeEngine("webgpu", { threads: 1 });
    await using program = await engine.compile(graph({ next: multiply(state, 0.5), sum: reduceSum(state) }));
    const zero = float32([64, 64], new Float32Array(64 * 64));
    let kept = (await program.run({ state: zero }, ["next"])).kept.next ?? zero;
    await printHeld(10, async () => {
      for (let i = 0; i < 500; i++) {
        const before = kept;
        kept = (await program.run({ state: before }, ["next"])).kept.next ?? zero;
        if (!("data" in before)) await before[Symbol.asyncDispose]();
      }
    });
  },
};

for (const kind of process.argv.slice(2)) {
  if (kind !== "runs" && kind !== "programs" && kind !== "webgpu") throw new Error(`no work "${kind}"`);
  await KINDS[kind]();
}
