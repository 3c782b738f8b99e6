/** Where the gates and values of an example stand when a program reads them. */
import type { ChannelMask } from "./channel-masks.ts";
import type { MapValues } from "./map-values.ts";

/** Channels of a number of gates: sixteen bits. */
export const PLANE = 16;

/** `[positions, planes]`, from `at` on. */
export interface GateSlot {
  readonly mask: ChannelMask;
  readonly at: number;
  readonly planes: number;
}

/** `[positions, channels]`, from `at` on. */
export interface ValueSlot {
  readonly values: MapValues;
  readonly at: number;
}

/** Each mask and map of values has one place. */
export class Slots {
  private readonly gates = new Map<string, GateSlot>();
  private readonly maps = new Map<string, ValueSlot>();
  gateNumbers = 0;
  valueNumbers = 0;

  gate(mask: ChannelMask): GateSlot {
    const key = `${mask.channels} ${mask.positions} ${mask.key}`;
    const known = this.gates.get(key);
    if (known !== undefined) return known;
    const planes = Math.ceil(mask.channels / PLANE);
    const slot = { mask, at: this.gateNumbers, planes };
    this.gateNumbers += planes * mask.positions;
    this.gates.set(key, slot);
    return slot;
  }

  value(values: MapValues): ValueSlot {
    const known = this.maps.get(values.key);
    if (known !== undefined) return known;
    const slot = { values, at: this.valueNumbers };
    this.valueNumbers += values.channels * values.positions;
    this.maps.set(values.key, slot);
    return slot;
  }

  all(): { readonly gates: readonly GateSlot[]; readonly values: readonly ValueSlot[] } {
    return { gates: [...this.gates.values()], values: [...this.maps.values()] };
  }
}
