/** Whether a batch of inputs is still what a monitor was fitted on: how many alarms, and which gates are open more or less often. */
import { fisherTest, holm, type ShareInterval, shareInterval } from "./count-tests.ts";
import type { GateRates } from "./monitor.ts";
import type { Threshold } from "./quantiles.ts";

/** A gate that is open more or less often than for clean inputs. */
export interface MovedGate {
  /** Counted from 1 in the order of the network, as `gates` lists them. */
  readonly layer: number;
  /** The node that has it, as `inspect` names it. */
  readonly node: string;
  /** Its place in the layer, in C order. */
  readonly unit: number;
  /** Share of the clean inputs for which it is open, and of these. */
  readonly before: number;
  readonly now: number;
  /** Fisher's exact test, corrected by Holm for the number of gates. */
  readonly p: number;
}

/** A batch of inputs against the clean ones. */
export interface Drift extends ShareInterval {
  /** Share of the inputs with an alarm; `low` and `high` are its exact 95 % interval. */
  readonly share: number;
  /** The share of alarms that clean inputs have at most. */
  readonly expected: number;
  /** Whether the share differs from that of the clean inputs held out, by Fisher's exact test. */
  readonly p: number;
  /** Gates that were tested, and those of them that moved: with a corrected p-value of at most 0.05. */
  readonly tested: number;
  readonly moved: number;
  /** Those that moved most, the largest change first. */
  readonly gates: readonly MovedGate[];
}

const SIGNIFICANT = 0.05;
const MOST_LISTED = 10;

/**
 * @param alarms of `now.examples` inputs
 * @param before rates of the clean inputs, whose own alarms the threshold tells
 * @param nodes names of the layers
 */
export function driftOf(
  alarms: number,
  now: GateRates,
  before: GateRates,
  { level, above }: Threshold,
  nodes: readonly string[],
): Drift {
  const gates = before.open.flatMap((counts, layer) =>
    Array.from(counts, (count, unit) => ({ layer: layer + 1, unit, was: count, is: now.open[layer]![unit]! })),
  );
  const p = holm(Float64Array.from(gates, ({ was, is }) => fisherTest(was, before.examples, is, now.examples)));
  const moved = gates
    .map(
      ({ layer, unit, was, is }, i): MovedGate => ({
        ...{ layer, node: nodes[layer - 1] ?? "", unit, before: was / before.examples, now: is / now.examples },
        p: p[i]!,
      }),
    )
    .filter((gate) => gate.p <= SIGNIFICANT)
    .sort((a, b) => Math.abs(b.now - b.before) - Math.abs(a.now - a.before));
  return {
    share: alarms / now.examples,
    ...shareInterval(alarms, now.examples),
    expected: 1 - level,
    p: fisherTest(above, before.examples, alarms, now.examples),
    tested: gates.length,
    moved: moved.length,
    gates: moved.slice(0, MOST_LISTED),
  };
}
