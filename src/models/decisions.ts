/** What examples of a network are decided by, one after the other, with a breath now and then (theory 7). */
import { GatewiseError } from "../errors.ts";
import { checkInputs, type Inputs } from "../gates/index.ts";
import { sizeOf } from "../graph/index.ts";
import { Breaths } from "../kernels/index.ts";
import { type GatedNetwork, inputShapeOf, outputCount } from "../network/index.ts";
import {
  activeUnits,
  type ChosenUnit,
  type Closed,
  type ClosingPlan,
  closingPlan,
  decisionIn,
  layerOf,
  nothingClosed,
} from "../paths/index.ts";
import type { Asking } from "./progress.ts";

/** A unit of a gate layer. */
export interface DecidingUnit {
  /** Name of the gate's node. */
  readonly layer: string;
  /** In C order. */
  readonly unit: number;
  /** What flows through it to the decided output less the strongest other, when it is chosen. */
  readonly flow: number;
}

/** What one example is decided by. */
export interface Decision {
  /** Which of the inputs. */
  readonly example: number;
  /** The output with the largest logit, and the one with the largest of the others. */
  readonly decision: number;
  readonly runnerUp: number;
  /** How far the one logit is above the other. */
  readonly margin: number;
  /** Units whose gates are open, or that are saturated. */
  readonly active: number;
}

/** Which of the inputs are looked at. */
export interface DecisionOptions extends Asking {
  /** One of them, from 0; all unless given. */
  readonly example?: number | undefined;
}

/** Examples of a network one after the other, with a breath now and then. */
export class Decisions {
  readonly plan: ClosingPlan;
  readonly examples: number;
  readonly chosen: readonly number[];
  private readonly breaths: Breaths;

  constructor(
    network: GatedNetwork,
    private readonly inputs: Inputs,
    { example, signal }: DecisionOptions,
  ) {
    checkInputs(network, inputs);
    checkDecides(network);
    const [examples = 0] = inputs.shape;
    if (example !== undefined && !(Number.isInteger(example) && example >= 0 && example < examples)) {
      throw new GatewiseError({
        received: `example ${example}`,
        expected: `0 to ${examples - 1}`,
        next: "examples are counted from 0",
      });
    }
    this.plan = closingPlan(network);
    this.examples = examples;
    this.chosen = example === undefined ? Array.from({ length: examples }, (_, i) => i) : [example];
    this.breaths = new Breaths(signal);
  }

  example(which: number): Closed {
    const size = sizeOf(inputShapeOf(this.plan.network));
    return nothingClosed(this.plan, Float64Array.from(this.inputs.data.subarray(which * size, (which + 1) * size)));
  }

  /** Of an example, as it is with nothing closed. */
  decision(example: number, start: Closed): Decision {
    return { example, ...decisionIn(start), active: activeUnits(start).length };
  }

  unit({ unit, flow }: ChosenUnit): DecidingUnit {
    const { layer = "", first = 0 } = this.plan.layers[layerOf(this.plan, unit)] ?? {};
    return { layer, unit: unit - first, flow };
  }

  breathe(): Promise<void> | undefined {
    return this.breaths.after(this.plan.seconds);
  }

  /** @param told how many units are closed, where one example is all there is to tell of */
  async through<T>(passes: Generator<number, T>, told: (closed: number) => void): Promise<T> {
    for (;;) {
      const { done, value } = passes.next();
      if (done === true) return value;
      if (this.chosen.length === 1) told(value);
      await this.breathe();
    }
  }
}

function checkDecides(network: GatedNetwork): void {
  const outputs = outputCount(network);
  if (outputs > 1) return;
  throw new GatewiseError({
    received: `a network of ${outputs} output`,
    expected: "outputs to decide between, at least two",
    next: "ask what carries its output: flow",
  });
}
