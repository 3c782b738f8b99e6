/** What a training is told to take, by a clock that a test moves. */
import { expect, it } from "vitest";
import { exampleSet } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { secondsPerExample } from "../../src/runs/index.ts";
import { startOf, tinyData, tinyPlan } from "../support/tiny-training.ts";

/** Milliseconds of the steps that are timed together, time after time. */
async function secondsBy(times: readonly number[]): Promise<number> {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  const [data, plan] = [tinyData(40), tinyPlan()];
  let [looks, now] = [0, 0];
  const clock = (): number => {
    // before the steps and behind them
    if (looks % 2 === 1) now += times[(looks - 1) / 2] ?? Number.NaN;
    looks += 1;
    return now;
  };
  const sets = { train: exampleSet(data.train), test: exampleSet(data.test) };
  const { signal } = new AbortController();
  const seconds = await secondsPerExample(plan, sets, startOf(plan), { engine, clock, signal });
  expect(looks).toBe(2 * times.length);
  return seconds * data.train.labels.data.length;
}

it.each([
  ["a quiet machine", [12, 9, 9, 9, 9, 9, 9, 9, 9]],
  ["memory that is not there yet", [90, 80, 60, 20, 9, 9, 9, 9, 9]],
  ["other work for most of the time", [12, 30, 9, 9, 9, 25, 19, 31, 40]],
])("steps of %s take what they take", async (_, times) => {
  expect(await secondsBy(times)).toBeCloseTo(0.009, 12);
});
