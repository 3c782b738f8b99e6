/** What a program reads of an example: its gates and values, packed once for all its partners. */
import type { ExampleReading } from "../pair/readings.ts";
import { ExampleMasks } from "./channel-masks.ts";
import { type MapValues, valuesOfExample } from "./map-values.ts";
import type { PairProgram } from "./pair-program.ts";

export interface PackedExample {
  /** Sixteen channels a number, `[positions, planes]` of each mask. */
  readonly gates: Uint16Array;
  /** `[positions, channels]` of each map of values. */
  readonly values: Float64Array | Float32Array;
}

/** Packed examples one behind the other: plain data, that threads may share. */
export interface PackedExamples {
  readonly count: number;
  /** `[count, gateNumbers]` */
  readonly gates: Uint16Array;
  /** `[count, valueNumbers]`; in float32 where no value needs more. */
  readonly values: Float64Array | Float32Array;
}

export const packedAt = ({ count, gates, values }: PackedExamples, index: number): PackedExample => {
  const [bits, numbers] = [gates.length / count, values.length / count];
  return {
    gates: gates.subarray(index * bits, (index + 1) * bits),
    values: values.subarray(index * numbers, (index + 1) * numbers),
  };
};

export interface PackOptions {
  readonly count: number;
  /** Of the inputs that the examples are of. */
  readonly dtype: "float32" | "float64";
  /** Memory for all examples: of this thread alone unless told otherwise. */
  readonly allocate?: ((bytes: number) => ArrayBuffer | SharedArrayBuffer) | undefined;
}

/** Packs examples as they come: no more than one of them is there unpacked. */
export async function packExamples(
  program: PairProgram,
  readings: AsyncIterable<ExampleReading> | Iterable<ExampleReading>,
  { count, dtype, allocate = (bytes) => new ArrayBuffer(bytes) }: PackOptions,
): Promise<PackedExamples> {
  const { gateNumbers, valueNumbers } = program;
  const isSingle = dtype === "float32" && program.values.every(({ values }) => isCopied(values));
  const gates = new Uint16Array(allocate(2 * count * gateNumbers));
  const values = isSingle
    ? new Float32Array(allocate(4 * count * valueNumbers))
    : new Float64Array(allocate(8 * count * valueNumbers));
  let index = 0;
  for await (const reading of readings) {
    const packed = packExample(program, reading);
    gates.set(packed.gates, index * gateNumbers);
    values.set(packed.values, index * valueNumbers);
    index += 1;
  }
  return { count, gates, values };
}

/** Whether values are the input's, in whatever order. */
function isCopied(values: MapValues): boolean {
  if (values.kind === "input") return true;
  return (values.kind === "moved" || values.kind === "chosen" || values.kind === "gated") && isCopied(values.of);
}

export function packExample(
  { gates: gateSlots, values: valueSlots, gateNumbers, valueNumbers }: PairProgram,
  reading: ExampleReading,
): PackedExample {
  const gates = new Uint16Array(gateNumbers);
  const values = new Float64Array(valueNumbers);
  const masks = new ExampleMasks(reading);
  for (const { mask, at, planes } of gateSlots) {
    const { words, wordsPerPosition } = masks.bits(mask);
    for (let p = 0; p < mask.positions; p++) {
      for (let plane = 0; plane < planes; plane++) {
        gates[at + p * planes + plane] = words[p * wordsPerPosition + (plane >>> 1)]! >>> (16 * (plane & 1));
      }
    }
  }
  for (const { values: map, at } of valueSlots) {
    const own = valuesOfExample(map, reading);
    for (let c = 0; c < map.channels; c++) {
      for (let p = 0; p < map.positions; p++) values[at + p * map.channels + c] = own[c * map.positions + p]!;
    }
  }
  return { gates, values };
}
