/** Sums over windows by the machine of pairs against their definition, in every type and at every edge of a map. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { INT, type NumberType, SHORT, VECTORS } from "../../../src/kernels/pair-program/adjoint-lines.ts";
import { compileMachine, LANES } from "../../../src/kernels/pair-program/program-instance.ts";

const BOX = 4;
const { exports } = await WebAssembly.instantiate(await compileMachine(), {});
/** The border to the module, whose exports are known from its source. */
const machine = exports as unknown as {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  dataStart(): number;
  run(...numbers: readonly number[]): void;
};

machine.memory.grow(4);

interface Case {
  readonly size: number;
  readonly rows: number;
  readonly columns: number;
  readonly types: readonly [from: NumberType, out: NumberType];
  readonly isAdded: boolean;
  readonly numbers: readonly number[];
}

const cases = fc
  .record({
    size: fc.constantFrom(3, 5, 7),
    rows: fc.integer({ min: 1, max: 7 }),
    columns: fc.integer({ min: 1, max: 9 }),
    types: fc.constantFrom([SHORT, SHORT] as const, [SHORT, INT] as const, [INT, INT] as const),
    isAdded: fc.boolean(),
  })
  .chain((shape) =>
    fc
      // 49 of them are summed, in 16 bits
      .array(fc.nat(1300), {
        minLength: LANES * shape.rows * shape.columns,
        maxLength: LANES * shape.rows * shape.columns,
      })
      .map((numbers): Case => ({ ...shape, numbers })),
  );

/** What the machine makes of them, onto the numbers themselves where it adds. */
function summed({ size, rows, columns, types: [type, outType], isAdded, numbers }: Case): readonly number[] {
  const start = Math.ceil(machine.dataStart() / 64) * 64;
  const own = VECTORS[type] * rows * columns;
  const other = VECTORS[outType] * rows * columns;
  const room = own + other;
  const pad = (size - 1) / 2;
  const source = [type, type, outType, isAdded ? 1 : 0, 0, rows, columns];
  const target = [own, rows, columns, -pad, -pad];
  const code = [BOX, ...source, ...target, size, size, 1, 1, 1, 1, 1, 1, room, size + 1];
  const buffers = start + 256;
  const view = (of: NumberType, at: number, length: number) =>
    of === SHORT
      ? new Uint16Array(machine.memory.buffer, buffers + 16 * at, length)
      : new Int32Array(machine.memory.buffer, buffers + 16 * at, length);
  new Int32Array(machine.memory.buffer, start, code.length).set(code);
  view(type, 0, numbers.length).set(numbers);
  view(outType, own, numbers.length).set(numbers);
  machine.run(start, start + 4 * code.length, 0, 0, 0, 0, 0, buffers, 0);
  return [...view(outType, own, numbers.length)];
}

function wanted({ size, rows, columns, isAdded, numbers }: Case): readonly number[] {
  const pad = (size - 1) / 2;
  return numbers.map((already, i) => {
    const [place, lane] = [Math.floor(i / LANES), i % LANES];
    const [row, column] = [Math.floor(place / columns), place % columns];
    let sum = isAdded ? already : 0;
    for (let r = Math.max(0, row - pad); r <= Math.min(rows - 1, row + pad); r++) {
      for (let c = Math.max(0, column - pad); c <= Math.min(columns - 1, column + pad); c++) {
        sum += numbers[(r * columns + c) * LANES + lane] ?? Number.NaN;
      }
    }
    return sum;
  });
}

it("sums windows of three, five and seven", () => {
  fc.assert(
    fc.property(cases, (own) => {
      expect(summed(own)).toEqual(wanted(own));
    }),
    { numRuns: 300 },
  );
});
