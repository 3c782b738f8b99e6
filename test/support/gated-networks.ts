/**
 * Random gated networks so small that all their paths can be enumerated (a few thousand), with every kind of node and
 * every rule of a gate between them. Weights come from a seed; some are 0, and so are some elements of the inputs.
 */
import fc from "fast-check";
import { type DenseArray, float64, sizeOf } from "../../src/graph/index.ts";
import type { GatedNetwork, GatedNode, GateRule, MapWindow, NodeOperation, Weights } from "../../src/network/index.ts";
import { randomStream } from "../../src/random.ts";

/** A network and a batch for it. */
export interface GatedNetworkCase {
  readonly network: GatedNetwork;
  /** `[examples, ...inputShape]`. */
  readonly inputs: DenseArray<"float64">;
}

/** What a case is drawn from; prints well where a property fails. */
export interface GatedNetworkChoices {
  readonly body: BodyName;
  readonly gates: GateKind;
  readonly bias: boolean;
  readonly normalize: boolean;
  readonly seed: number;
}

type RuleMaker = (builder: Builder, shape: readonly number[]) => GateRule;

/** A rule of every kind, by its name, and further ones: a new kind does not compile without a row. */
const RULES = {
  hard: () => ({ kind: "hard" }),
  soft: () => ({ kind: "soft", beta: 4, epsilon: 0.1 }),
  leaky: () => ({ kind: "leaky", slopes: float64([1], [0.1]) }),
  "leaky-by-channel": (builder, [channels = 1]) => ({ kind: "leaky", slopes: builder.weights([channels], 0.3) }),
  clipped: () => ({ kind: "clipped", ceiling: 0.75 }),
} as const satisfies { readonly [K in GateRule["kind"]]: (...of: Parameters<RuleMaker>) => GateRule<K> } & {
  readonly "leaky-by-channel": RuleMaker;
};

type RuleName = keyof typeof RULES;
const isRuleName = (name: string): name is RuleName => name in RULES;
export const RULE_NAMES: readonly RuleName[] = Object.keys(RULES).filter(isRuleName);

/** Gates of the network's own pre-activations, and of a feature network's. */
export type GateKind = RuleName | `feature-${RuleName}`;
export const GATE_KINDS: readonly GateKind[] = RULE_NAMES.flatMap((rule) => [rule, `feature-${rule}`] as const);

/** The name of the rule of these gates. */
export const ruleNameOf = (gates: GateKind): RuleName =>
  RULE_NAMES.find((rule) => gates === rule || gates === `feature-${rule}`) ?? unknownKind(gates);

function unknownKind(gates: string): never {
  throw new Error(`no kind of gates "${gates}"`);
}

/** Random small networks with three examples each. */
export const gatedNetworkCase = (only: Partial<GatedNetworkChoices> = {}): fc.Arbitrary<GatedNetworkCase> =>
  gatedNetworkChoices(only).map(gatedNetworkOf);

/** What {@link gatedNetworkOf} builds from; `only` holds some of it fixed. */
export const gatedNetworkChoices = (only: Partial<GatedNetworkChoices> = {}): fc.Arbitrary<GatedNetworkChoices> =>
  fc
    .record({
      body: fc.constantFrom(...BODY_NAMES),
      gates: fc.constantFrom(...GATE_KINDS),
      bias: fc.boolean(),
      normalize: fc.boolean(),
      seed: fc.nat(1_000_000),
    })
    .map((drawn) => ({ ...drawn, ...only }));

/** The network and the batch of these choices. */
export function gatedNetworkOf({ body, gates, bias, normalize, seed }: GatedNetworkChoices): GatedNetworkCase {
  const { inputShape, append } = BODIES[body];
  const nodes: GatedNode[] = [{ kind: "input", name: "input", shape: inputShape }];
  const own = new Builder(nodes, seed, bias, "");
  const start = normalize
    ? own.node("normalize", inputShape, {
        kind: "normalize",
        input: 0,
        factor: own.weights(inputShape, 1),
        shift: own.weights(inputShape, 1, "shift"),
      })
    : 0;
  const rule: RuleMaker = RULES[ruleNameOf(gates)];
  const output = gates.startsWith("feature-")
    ? appendPair(nodes, seed, bias, rule, start, append)
    : append(
        own.with((q, shape) => ({ gatedBy: q, rule: rule(own, shape) })),
        start,
      );
  const values = randomStream(seed, "inputs").normal(3 * sizeOf(inputShape));
  return {
    network: { nodes, output },
    inputs: float64(
      [3, ...inputShape],
      values.map((x) => (Math.abs(x) < 0.2 ? 0 : x)),
    ),
  };
}

/** A feature network and a value network of the same form: the first decides the gates and selections of the second. */
function appendPair(
  nodes: GatedNode[],
  seed: number,
  bias: boolean,
  rule: RuleMaker,
  start: number,
  append: Body["append"],
): number {
  const preActivations: number[] = [];
  const pooled: number[] = [];
  append(
    new Builder(nodes, seed, bias, "feature.").with(
      (q) => {
        preActivations.push(q);
        return { gatedBy: q, rule: { kind: "hard" } };
      },
      (input) => {
        pooled.push(input);
        return input;
      },
    ),
    start,
  );
  const values = new Builder(nodes, seed, bias, "value.");
  return append(
    values.with(
      (_, shape) => ({ gatedBy: preActivations.shift() ?? 0, rule: rule(values, shape) }),
      () => pooled.shift() ?? 0,
    ),
    start,
  );
}

type Decide = (q: number, shape: readonly number[]) => { readonly gatedBy: number; readonly rule: GateRule };

/** Appends nodes; each takes the position of its input and returns its own. */
class Builder {
  readonly #nodes: GatedNode[];
  readonly #seed: number;
  readonly #bias: boolean;
  readonly #prefix: string;
  #decide: Decide = (q) => ({ gatedBy: q, rule: { kind: "hard" } });
  #select: (input: number) => number = (input) => input;

  constructor(nodes: GatedNode[], seed: number, bias: boolean, prefix: string) {
    this.#nodes = nodes;
    this.#seed = seed;
    this.#bias = bias;
    this.#prefix = prefix;
  }

  with(decide: Decide, select: (input: number) => number = (input) => input): this {
    this.#decide = decide;
    this.#select = select;
    return this;
  }

  shape(position: number): readonly number[] {
    return this.#nodes[position]?.shape ?? [];
  }

  node(name: string, shape: readonly number[], operation: NodeOperation): number {
    return this.#nodes.push({ name: `${this.#prefix}${name}-${this.#nodes.length}`, shape, ...operation }) - 1;
  }

  /** Normal numbers, some of them 0; another `use` at the same node is another draw. */
  weights(shape: readonly number[], deviation: number, use = "weight"): Weights {
    const drawn = randomStream(this.#seed, this.#prefix, this.#nodes.length, use).normal(sizeOf(shape));
    return float64(
      shape,
      drawn.map((value) => (Math.abs(value) < 0.1 ? 0 : value * deviation)),
    );
  }

  dense(input: number, units: number): number {
    const [inputs = 0] = this.shape(input);
    return this.node("dense", [units], {
      kind: "dense",
      input,
      weight: this.weights([inputs, units], 1 / Math.sqrt(inputs)),
      bias: this.#biasOf(units),
    });
  }

  convolution(input: number, channels: number, window: MapWindow, groups = 1): number {
    const [inputs = 0] = this.shape(input);
    const shape = [channels, ...this.#positions(input, window)];
    const weightShape = [channels, inputs / groups, ...window.kernel];
    return this.node("convolution", shape, {
      kind: "convolution",
      input,
      weight: this.weights(weightShape, 2 / Math.sqrt(sizeOf(weightShape))),
      bias: this.#biasOf(channels),
      window,
      groups,
    });
  }

  scale(input: number): number {
    const [channels = 1] = this.shape(input);
    const weight = this.weights([channels], 1);
    return this.node("scale", this.shape(input), { kind: "scale", input, weight, bias: this.#biasOf(channels) });
  }

  gate(input: number): number {
    const shape = this.shape(input);
    return this.node("gate", shape, { kind: "gate", input, ...this.#decide(input, shape) });
  }

  maxPool(input: number, window: MapWindow): number {
    const [channels = 0] = this.shape(input);
    const shape = [channels, ...this.#positions(input, window)];
    return this.node("max-pool", shape, { kind: "max-pool", input, selectedBy: this.#select(input), window });
  }

  averagePool(input: number, window: MapWindow, countPadding: boolean): number {
    const [channels = 0] = this.shape(input);
    const shape = [channels, ...this.#positions(input, window)];
    return this.node("average-pool", shape, { kind: "average-pool", input, window, countPadding });
  }

  globalAverage(input: number): number {
    const [, height = 0, width = 0] = this.shape(input);
    return this.flatten(this.averagePool(input, windowOf([height, width]), true));
  }

  flatten(input: number): number {
    return this.rearrange(input, [sizeOf(this.shape(input))], undefined);
  }

  rearrange(input: number, shape: readonly number[], from: readonly number[] | undefined): number {
    return this.node("rearrange", shape, { kind: "rearrange", input, from: from && Int32Array.from(from) });
  }

  sum(inputs: readonly number[]): number {
    return this.node("sum", this.shape(inputs[0] ?? 0), { kind: "sum", inputs });
  }

  concat(inputs: readonly number[], axis: number): number {
    const shapes = inputs.map((input) => this.shape(input));
    const shape = this.shape(inputs[0] ?? 0).map((size, i) =>
      i === axis ? shapes.reduce((total, one) => total + (one[i] ?? 0), 0) : size,
    );
    return this.node("concat", shape, { kind: "concat", inputs, axis });
  }

  #biasOf(units: number): Weights | undefined {
    return this.#bias ? this.weights([units], 0.5, "bias") : undefined;
  }

  #positions(input: number, { kernel, strides, pads, dilations }: MapWindow): readonly number[] {
    const [, height = 0, width = 0] = this.shape(input);
    const [top, left, bottom, right] = pads;
    const [rows, columns] = [height + top + bottom, width + left + right];
    return [
      Math.floor((rows - (kernel[0] - 1) * dilations[0] - 1) / strides[0]) + 1,
      Math.floor((columns - (kernel[1] - 1) * dilations[1] - 1) / strides[1]) + 1,
    ];
  }
}

interface WindowOptions {
  readonly pads?: MapWindow["pads"];
  readonly strides?: MapWindow["strides"];
  readonly dilations?: MapWindow["dilations"];
}

/** A window; stride 1, no padding, no dilation unless told otherwise. */
export const windowOf = (
  kernel: MapWindow["kernel"],
  { pads = [0, 0, 0, 0], strides = [1, 1], dilations = [1, 1] }: WindowOptions = {},
): MapWindow => ({ kernel, strides, pads, dilations });

interface Body {
  readonly inputShape: readonly number[];
  /** Appends the body behind `input` and returns the position of the logits. */
  readonly append: (build: Builder, input: number) => number;
}

const SAME = { pads: [1, 1, 1, 1] } as const;

const BODIES = {
  shallow: { inputShape: [3], append: (b, x) => b.dense(b.gate(b.dense(x, 4)), 2) },
  dense: {
    inputShape: [4],
    append: (b, x) => b.dense(b.gate(b.dense(b.gate(b.dense(b.gate(b.dense(x, 5)), 4)), 3)), 3),
  },
  "conv-flatten": {
    inputShape: [2, 3, 3],
    append(b, x) {
      const maps = b.gate(b.convolution(x, 2, windowOf([3, 3], SAME)));
      return b.dense(b.gate(b.dense(b.flatten(b.gate(b.convolution(maps, 2, windowOf([2, 2])))), 3)), 2);
    },
  },
  "conv-gap": {
    inputShape: [1, 4, 4],
    append(b, x) {
      const maps = b.gate(b.convolution(x, 3, windowOf([3, 3], { ...SAME, strides: [2, 2] })));
      return b.dense(b.gate(b.dense(b.globalAverage(b.gate(b.convolution(maps, 2, windowOf([1, 2])))), 3)), 2);
    },
  },
  "max-pool": {
    inputShape: [1, 4, 4],
    append(b, x) {
      const maps = b.maxPool(
        b.gate(b.convolution(x, 2, windowOf([3, 2], { pads: [1, 0, 1, 1] }))),
        windowOf([2, 2], { strides: [2, 2] }),
      );
      return b.dense(b.flatten(b.gate(b.convolution(maps, 3, windowOf([2, 1])))), 2);
    },
  },
  "max-pool-before-gate": {
    inputShape: [2, 3, 3],
    append(b, x) {
      const pooled = b.maxPool(b.convolution(x, 2, windowOf([1, 1])), windowOf([3, 3], { ...SAME, strides: [2, 2] }));
      return b.dense(b.globalAverage(b.gate(pooled)), 2);
    },
  },
  "average-pool": {
    inputShape: [2, 3, 3],
    append(b, x) {
      const maps = b.averagePool(b.gate(b.convolution(x, 2, windowOf([2, 2]))), windowOf([2, 2], SAME), false);
      return b.dense(b.flatten(b.averagePool(b.gate(maps), windowOf([2, 2], { strides: [2, 2] }), true)), 2);
    },
  },
  "average-pool-padded": {
    inputShape: [1, 3, 3],
    append: (b, x) =>
      b.dense(b.flatten(b.gate(b.averagePool(b.convolution(x, 2, windowOf([2, 2])), windowOf([2, 2], SAME), true))), 2),
  },
  residual: {
    inputShape: [2, 3, 3],
    append(b, x) {
      const first = b.gate(b.convolution(x, 2, windowOf([3, 3], SAME)));
      const second = b.convolution(first, 2, windowOf([2, 2], { pads: [0, 0, 1, 1] }));
      return b.dense(b.globalAverage(b.gate(b.sum([second, first]))), 2);
    },
  },
  "residual-dense": {
    inputShape: [3],
    append(b, x) {
      const first = b.gate(b.dense(x, 3));
      const second = b.gate(b.sum([b.dense(first, 3), first, x]));
      return b.dense(b.sum([b.gate(b.dense(second, 3)), second]), 2);
    },
  },
  concat: {
    inputShape: [2, 2, 3],
    append(b, x) {
      const one = b.convolution(x, 2, windowOf([1, 1]));
      const other = b.gate(b.convolution(x, 1, windowOf([3, 3], SAME)));
      const joined = b.gate(b.concat([one, other, x], 0));
      return b.dense(b.flatten(b.concat([joined, joined], 2)), 2);
    },
  },
  depthwise: {
    inputShape: [2, 4, 3],
    append(b, x) {
      const deep = b.gate(b.scale(b.convolution(x, 4, windowOf([2, 1], { dilations: [2, 1] }), 2)));
      return b.dense(b.gate(b.scale(b.flatten(b.gate(b.convolution(deep, 4, windowOf([2, 2]), 4))))), 2);
    },
  },
  rearrange: {
    inputShape: [2, 2, 2],
    append(b, x) {
      const moved = b.rearrange(x, [2, 2, 3], [7, 3, -1, 5, 1, 1, 6, -1, 2, 4, 0, 0]);
      return b.dense(b.rearrange(b.gate(b.convolution(moved, 3, windowOf([2, 2]))), [4], [5, 0, -1, 3]), 2);
    },
  },
} as const satisfies Record<string, Body>;

export type BodyName = keyof typeof BODIES;
const isBodyName = (name: string): name is BodyName => name in BODIES;
export const BODY_NAMES: readonly BodyName[] = Object.keys(BODIES).filter(isBodyName);
