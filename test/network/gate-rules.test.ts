import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../src/engine/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import {
  add,
  constant,
  float32,
  float64,
  gradients,
  graph,
  input,
  multiply,
  nodeThatNeeds,
  reduceSum,
  type Tensor,
  writeModel,
} from "../../src/graph/index.ts";
import {
  forwardNodes,
  type GateRule,
  gateOf,
  inputShapeOf,
  passGate,
  scalarGate,
  startAt,
} from "../../src/network/index.ts";
import { activate } from "../../src/paths/index.ts";
import { expectClose } from "../support/expect-close.ts";
import { BODY_NAMES, GATE_KINDS, gatedNetworkOf } from "../support/gated-networks.ts";
import { hasWebgpu, keepShaders } from "../support/webgpu.ts";

const engine = await openNodeEngine("cpu", { threads: 1 });
afterAll(() => engine[Symbol.asyncDispose]());

/** Pre-activations `[1, 2, 5]`: of two channels, at kinks and beside them. */
const Q = [-3, -0, 0, 1e-6, 2, -1e-6, 0.5, 1, 1.5, 40];

interface RuleCase {
  readonly rule: GateRule;
  /** By the formulas of theory 2.6, 5.2 and 5.3, written out. */
  readonly gate: (q: number, channel: number) => number;
  readonly start?: (q: number) => number;
  readonly facts: { readonly isBit: boolean; readonly bySign: boolean; readonly hasGradient: boolean };
}

/** A kind of rule without a row does not compile. */
const CASES = {
  hard: [
    {
      rule: { kind: "hard" },
      gate: (q) => Number(q > 0),
      facts: { isBit: true, bySign: true, hasGradient: false },
    },
  ],
  soft: [
    {
      rule: { kind: "soft", beta: 4, epsilon: 0.1 },
      gate: (q) => 1.1 / (1 + Math.exp(-4 * q)),
      facts: { isBit: false, bySign: false, hasGradient: true },
    },
  ],
  leaky: [
    {
      rule: { kind: "leaky", slopes: float32([1], [-0.25]) },
      gate: (q) => (q > 0 ? 1 : -0.25),
      facts: { isBit: false, bySign: true, hasGradient: false },
    },
    {
      rule: { kind: "leaky", slopes: float64([2], [0.5, 0.125]) },
      gate: (q, channel) => (q > 0 ? 1 : [0.5, 0.125][channel]) ?? Number.NaN,
      facts: { isBit: false, bySign: true, hasGradient: false },
    },
  ],
  clipped: [
    {
      rule: { kind: "clipped", ceiling: 1 },
      gate: (q) => Number(q > 0 && q < 1),
      start: (q) => (q >= 1 ? 1 : 0),
      facts: { isBit: true, bySign: false, hasGradient: false },
    },
  ],
} as const satisfies Record<GateRule["kind"], readonly RuleCase[]>;

const rows = Object.entries<readonly RuleCase[]>(CASES).flatMap(([kind, cases]) =>
  cases.map((one, i) => ({ name: `${kind} ${i}`, ...one })),
);
const channelOf = (i: number): number => Math.floor(i / 5);

describe.each(rows)("a gate's rule: $name", ({ rule, gate, start, facts }) => {
  const wanted = { gate: Q.map((q, i) => gate(q, channelOf(i))), start: Q.map((q) => start?.(q) ?? 0) };

  it("on numbers is the formula", () => {
    const own = scalarGate(rule);
    expectClose(
      Q.map((q, i) => own.gate(q, channelOf(i))),
      wanted.gate,
      { relative: 1e-15 },
    );
    expect(Q.map((q) => startAt(own, q))).toEqual(wanted.start);
    expect(own.starts.length > 0).toBe(start !== undefined);
  });

  it("says of itself what its numbers show", () => {
    const { isBit, bySign, hasGradient } = scalarGate(rule);
    expect({ isBit, bySign, hasGradient }).toEqual(facts);
    expect(wanted.gate.every((one) => one === 0 || one === 1)).toBe(isBit);
    const own = scalarGate(rule);
    const scaled = (by: number) => Q.map((q, i) => own.gate(q * by, channelOf(i)));
    expect([2 ** -20, 2 ** 20].every((by) => scaled(by).join() === scaled(1).join())).toBe(bySign);
  });

  it.each(["float32", "float64"] as const)(
    "on %s tensors is the same, and its gradient there or not",
    async (dtype) => {
      const q: Tensor<"float32" | "float64"> = input("q", dtype, [1, 2, 5]);
      const made = gateOf(rule, q);
      const none = constant(
        dtype === "float32"
          ? float32(
              [1, 2, 5],
              Q.map(() => 0),
            )
          : float64(
              [1, 2, 5],
              Q.map(() => 0),
            ),
      );
      const [slope = none] = gradients(reduceSum(add(made.gate, multiply(q, 0))), [q]);
      const model = graph({ gate: made.gate, start: made.start ?? none, passed: passGate(q, made), slope });
      const feed = dtype === "float32" ? float32([1, 2, 5], Q) : float64([1, 2, 5], Q);
      await using program = await engine.compile(model);
      const { fetched } = await program.run({ q: feed });
      // the engine's sigmoid is a quotient of polynomials: its tails have few digits
      const tolerance = dtype === "float32" ? { relative: 1e-6, absolute: 1e-6 } : { relative: 1e-14, absolute: 1e-14 };
      const numbersOf = (name: string): readonly number[] => Array.from(fetched[name]?.data ?? [], Number);
      expectClose(numbersOf("gate"), wanted.gate, tolerance);
      expectClose(numbersOf("start"), wanted.start, tolerance);
      const passed = Q.map((one, i) => one * (wanted.gate[i] ?? 0) + (wanted.start[i] ?? 0));
      expectClose(numbersOf("passed"), passed, tolerance);
      expect(numbersOf("slope").some((one) => one !== 0)).toBe(facts.hasGradient);
    },
  );
});

/** The outputs of a network by its graph in float32. */
async function logitsOn(device: Engine, { network, inputs }: ReturnType<typeof gatedNetworkOf>) {
  const x = input("x", "float32", inputs.shape);
  const logits = forwardNodes(network, x).get(network.output) ?? expect.fail("no output");
  const program = await device.compile(graph({ logits }));
  const { fetched } = await program.run({ x: float32(inputs.shape, inputs.data) });
  return Array.from(fetched.logits?.data ?? [], Number);
}

const expectedLogits = ({ network, inputs }: ReturnType<typeof gatedNetworkOf>): readonly number[] => {
  const size = inputs.data.length / 3;
  return [0, 1, 2].flatMap((i) => [...activate(network, inputs.data.subarray(i * size, (i + 1) * size)).logits]);
};

describe("a float32 graph of any gates", () => {
  it.each(GATE_KINDS)("%s: has nothing of float64 in it", (gates) => {
    for (const body of BODY_NAMES) {
      const { network } = gatedNetworkOf({ body, gates, bias: true, normalize: true, seed: 5 });
      const x = input("x", "float32", ["batch", ...inputShapeOf(network)]);
      const logits = forwardNodes(network, x).get(network.output) ?? expect.fail("no output");
      expect(nodeThatNeeds("float64", writeModel(graph({ logits })).bytes), body).toBeUndefined();
    }
  });

  const isThere = hasWebgpu();
  describe.skipIf(!isThere)("on WebGPU, which has no float64", () => {
    beforeAll(keepShaders);

    it.each(GATE_KINDS)("%s: gives the network's outputs", async (gates) => {
      await using webgpu = await openNodeEngine("webgpu", { threads: 1 });
      for (const body of ["dense", "conv-gap"] as const) {
        const drawn = gatedNetworkOf({ body, gates, bias: true, normalize: true, seed: 5 });
        expectClose(await logitsOn(webgpu, drawn), expectedLogits(drawn), { relative: 1e-4, absolute: 1e-5 });
      }
    });
  });
});
