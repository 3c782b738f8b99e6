/** One example of a pair while its kernels are computed: its gates unpacked, and the masks of terms, each made once. */
import type { GatedNetwork } from "../../network/index.ts";
import { type PositionBits, unpackPositions } from "./position-bits.ts";
import type { ExampleReading, NodeGates } from "./readings.ts";
import { addTo, type Mask, maskValues } from "./terms.ts";

export class ExampleSide {
  private readonly gates = new Map<number, Float64Array>();
  private readonly masks = new Map<string, Mask>();

  constructor(
    readonly network: GatedNetwork,
    readonly reading: ExampleReading,
  ) {}

  /** What a gate node multiplies by, `[channels · positions]`. */
  gate(position: number): Float64Array {
    const known = this.gates.get(position) ?? factors(this.nodeGates(position));
    this.gates.set(position, known);
    return known;
  }

  /** A mask behind a gate: bits as long as all its gates are hard. */
  gated(mask: Mask, position: number): Mask {
    const gates = this.nodeGates(position);
    const own = (): Float64Array => this.gate(position);
    if (mask === undefined) return gates.kind === "bits" ? { bits: gates.on, values: own } : own();
    if (gates.kind === "bits" && !(mask instanceof Float64Array)) return bothOn(mask.bits, gates.on);
    const gate = own();
    return maskValues(mask)?.map((value, i) => value * gate[i]!);
  }

  /** Values of the paths that start at a gate, 0 where none does; undefined for gates at which none may. */
  starts(position: number): Float64Array | undefined {
    const [first, ...others] = (this.nodeGates(position).starts ?? []).map(({ at, value }) =>
      unpackPositions(at, value),
    );
    for (const values of others) if (first !== undefined) addTo(first, values);
    return first;
  }

  nodeGates(position: number): NodeGates {
    const gates = this.reading.gates.get(position);
    if (gates === undefined) throw new Error(`unreachable: no gates of node ${position}`);
    return gates;
  }

  selection(position: number): Int32Array {
    const chosen = this.reading.selections.get(position);
    if (chosen === undefined) throw new Error(`unreachable: no selection of node ${position}`);
    return chosen;
  }

  /** The mask under a key, made at the first call: it is the same for every partner of this example. */
  mask(key: string, make: () => Mask): Mask {
    if (!this.masks.has(key)) this.masks.set(key, make());
    return this.masks.get(key);
  }
}

function bothOn(a: PositionBits, b: PositionBits): Mask {
  const bits = { ...a, words: a.words.map((word, i) => word & b.words[i]!) };
  let values: Float64Array | undefined;
  return {
    bits,
    values() {
      values ??= unpackPositions(bits);
      return values;
    },
  };
}

const factors = (gates: NodeGates): Float64Array =>
  gates.kind === "bits" ? unpackPositions(gates.on) : Float64Array.from(gates.values);
