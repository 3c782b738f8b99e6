import { expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float32, graph, input, int32, maxPoolGradient, scatterAdd, sizeOf, zeros } from "../../src/graph/index.ts";

/** Enough rows for several threads to work on them, all for the same few sums. */
const ROWS = 60_000;

it("scatterAdd loses no addition with several threads", async () => {
  const like = input("like", "float32", [3, 4]);
  const y = scatterAdd(like, input("indices", "int32", [ROWS]), input("rows", "float32", [ROWS, 4]));
  await using engine = await openNodeEngine("cpu", { threads: 4 });
  await using program = await engine.compile(graph({ y }));
  const indices = int32(
    [ROWS],
    Int32Array.from({ length: ROWS }, (_, i) => i % 3),
  );
  const rows = float32([ROWS, 4], new Float32Array(4 * ROWS).fill(1));
  for (let i = 0; i < 5; i++) {
    const { fetched } = await program.run({ like: zeros("float32", [3, 4]), indices, rows });
    expect(fetched.y?.data).toEqual(new Float32Array(12).fill(ROWS / 3));
  }
});

it("maxPoolGradient loses no addition with several threads", async () => {
  // one peak in each map, that as many windows pass as the kernel has places
  const [maps, size] = [64, 32];
  const isPeak = (i: number): boolean => i % size ** 2 === 500;
  const x = float32(
    [maps, 1, size, size],
    new Float32Array(maps * size ** 2).map((_, i) => (isPeak(i) ? 1 : 0)),
  );
  const windows = [maps, 1, 2 * size - 1, 2 * size - 1];
  const dy = float32(windows, new Float32Array(sizeOf(windows)).fill(1));
  const y = maxPoolGradient(input("x", "float32", x.shape), input("dy", "float32", windows), [size, size], {
    strides: [1, 1],
    pads: [size - 1, size - 1, size - 1, size - 1],
  });
  await using engine = await openNodeEngine("cpu", { threads: 4 });
  await using program = await engine.compile(graph({ y }));
  const { fetched } = await program.run({ x, dy });
  expect(Array.from(fetched.y?.data ?? [], Number).filter((_, i) => isPeak(i))).toEqual(Array(maps).fill(size ** 2));
});
