import { expect, it } from "vitest";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { runTheorem } from "../../src/experiments/theorem.ts";
import { float64 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";

const inputs = float64([12, 10], randomStream(1, "theorem inputs").uniform(120, 0, 1));
const seeds = Array.from({ length: 24 }, (_, seed) => seed);

// where either kernel were wrong, the error would not fall with the width
it.each([2, 3, 4])("the error falls as one over the root of the width, depth %i", async (depth) => {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const { rows, slope } = await runTheorem({ engine, widths: [16, 32, 64, 128], seeds, inputs, depth });
  expect(rows.map(({ width }) => width)).toEqual([16, 32, 64, 128]);
  // 24 draws leave the mean of a row about 6 percent uncertain, the slope about 0.05
  expect(Math.abs(slope + 0.5)).toBeLessThan(0.15);
});

it("same seeds, same figures; tells how far it is", async () => {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const seen: string[] = [];
  const options = { engine, widths: [8, 16], seeds: [3, 4], inputs };
  const first = await runTheorem({ ...options, onProgress: (done, of) => void seen.push(`${done}/${of}`) });
  expect(await runTheorem(options)).toEqual(first);
  expect(seen).toEqual(["1/4", "2/4", "3/4", "4/4"]);
  await expect(runTheorem({ ...options, signal: AbortSignal.abort(new Error("stopped")) })).rejects.toThrow("stopped");
});
