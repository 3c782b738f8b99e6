/** Builds a small graph, differentiates it and runs it: a step of gradient descent by hand. */
import { float32 } from "gatewise";
import { gradients, graph, input, matMul, multiply, reduceSum, square, subtract } from "gatewise/graph";
import { openNodeEngine } from "gatewise/node";

const x = input("x", "float32", ["batch", 3]);
const target = input("target", "float32", ["batch", 1]);
const weights = input("weights", "float32", [3, 1]);
const loss = reduceSum(square(subtract(matMul(x, weights), target)));
const [slope] = gradients(loss, [weights]);
if (slope === undefined) throw new Error("one gradient for one tensor");
const next = subtract(weights, multiply(slope, 0.01));

await using engine = await openNodeEngine("cpu", { threads: 1 });
await using program = await engine.compile(graph({ loss, next }));
const { fetched } = await program.run({
  x: float32([2, 3], [1, 2, 3, 4, 5, 6]),
  target: float32([2, 1], [1, 2]),
  weights: float32([3, 1], [0, 0, 0]),
});
console.log("loss", fetched.loss?.data[0], "weights after the step", Array.from(fetched.next?.data ?? [], Number));
