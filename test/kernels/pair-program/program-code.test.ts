/** What a program does is what a count by hand says: its time is told by these numbers. */
import { expect, it } from "vitest";
import { planPairs } from "../../../src/kernels/pair/plan.ts";
import { pairProgram } from "../../../src/kernels/pair-program/pair-program.ts";
import { networkFromOnnx } from "../../../src/network/index.ts";
import { type MapLayer, mapModel } from "../../support/map-models.ts";

/** Length of an instruction, or where its number of runs stands, and where a run tells its numbers: wasm/pair-program. */
const FORMS = [
  { name: "clear", length: 3, count: 2 },
  { name: "add", length: 4, runs: 3, run: 5, count: 2 },
  { name: "count", length: 6, runs: 5, run: 7, count: 4 },
  { name: "products", length: 6, runs: 5, run: 4, count: 3 },
  { name: "box", length: 23, rows: 9 },
  { name: "divide", length: 4, count: 2 },
  { name: "add number", length: 3, count: undefined },
  { name: "sum", length: 5, count: 3 },
] as const;

/** Numbers that are written, by instruction. */
function numbersOf(code: Int32Array): Record<string, number> {
  const numbers: Record<string, number> = {};
  const add = (name: string, more: number): void => {
    numbers[name] = (numbers[name] ?? 0) + more;
  };
  for (let at = 0; at < code.length; ) {
    const form = FORMS[code[at] ?? -1];
    if (form === undefined) throw new Error(`no instruction ${code[at]}`);
    const told = (index: number): number => code[at + index] ?? 0;
    if ("rows" in form) add(form.name, told(form.rows) * told(form.rows + 1));
    else if (!("runs" in form)) add(form.name, form.count === undefined ? 1 : told(form.count));
    else {
      const runs = told(form.runs);
      for (let run = 0; run < runs; run++) add(form.name, told(form.length + run * form.run + form.count));
      at += runs * form.run;
    }
    at += form.length;
  }
  return numbers;
}

const max: MapLayer = { pool: "Max", size: 2, stride: 2 };
const programOf = (shape: readonly number[], layers: readonly MapLayer[]) => {
  const network = networkFromOnnx(mapModel(shape, layers));
  const program = pairProgram(network, planPairs(network));
  if (program === undefined) throw new Error("no program");
  return program;
};
const layers = (channels: number): readonly MapLayer[] => [
  ...([{ conv: channels }, "relu", max, { conv: channels }, "relu", max, { dense: 2 }] as const),
];

/** Pairs of positions of an axis that are at most so many steps apart. */
const pairsAlong = (length: number, steps: number): number =>
  Array.from({ length: 2 * steps + 1 }, (_, i) => length - Math.abs(i - steps)).reduce((sum, pairs) => sum + pairs, 0);

it("two convolutions with pools on 12 × 8", () => {
  const first = pairsAlong(12, 3) * pairsAlong(8, 3);
  const second = pairsAlong(6, 1) * pairsAlong(4, 1);
  expect(numbersOf(programOf([1, 12, 8], layers(4)).code)).toMatchObject({
    products: first,
    box: first + second,
    // 2 × 2 places of one window with 2 × 2 of the other, the last pool's windows each with itself, and the output
    count: 16 * second + 16 * 6 + 1,
    // the output is the sum itself: flattened maps are read as they are
    add: 1,
  });
});

it("takes as long as its numbers: twice the rows, twice the time; more channels, more planes", () => {
  const told = (height: number, channels: number): number =>
    programOf([1, height, 64], layers(channels)).secondsPerPair;
  expect(told(128, 16) / told(64, 16)).toBeGreaterThan(1.9);
  expect(told(128, 16) / told(64, 16)).toBeLessThan(2.2);
  expect(told(64, 17)).toBeGreaterThan(told(64, 16));
  expect(told(64, 12)).toBe(told(64, 16));
});
