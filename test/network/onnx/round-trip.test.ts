import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { constant, float32, graph, input, sizeOf, type WrittenModel, writeModel } from "../../../src/graph/index.ts";
import {
  type Architecture,
  byName,
  forwardNodes,
  gatedNetwork,
  type Layer,
  mapParameters,
  networkFromOnnx,
  networkParameters,
  predict,
  REGIMES,
  type TrialParameters,
  trialParameterSpecs,
  trialParameters,
  type Weights,
} from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";
import { errorOf } from "../../support/error-of.ts";
import { expectClose } from "../../support/expect-close.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { runGraph } from "../../support/run-graph.ts";
import { examples } from "./logits.ts";

const dense = (units: number, gated: boolean, bias: boolean): Layer => ({ kind: "dense", units, bias, gated });
const flags = { bias: fc.boolean() };

const convolutions = fc
  .record({
    channels: fc.integer({ min: 1, max: 3 }),
    kernel: fc.constantFrom(1, 2, 3),
    stride: fc.constantFrom(1, 2),
    ...flags,
  })
  .map(
    ({ channels, kernel, stride, bias }): Layer => ({
      kind: "convolution",
      channels,
      kernel,
      stride,
      padding: "same",
      bias,
      gated: true,
    }),
  );

/** Small networks of dense layers, or of convolutions, pooling and dense layers. */
const architectures = (): fc.Arbitrary<Architecture> =>
  fc
    .record({
      maps: fc.option(fc.array(convolutions, { minLength: 1, maxLength: 3 })),
      pool: fc.constantFrom<Layer>({ kind: "flatten" }, { kind: "global-average-pool" }),
      half: fc.boolean(),
      hidden: fc.array(fc.record({ units: fc.integer({ min: 1, max: 5 }), ...flags }), { maxLength: 3 }),
      outputs: fc.integer({ min: 1, max: 4 }),
      ...flags,
    })
    .map(({ maps, pool, half, hidden, outputs, bias }) => ({
      inputShape: maps === null ? [2, 3] : [2, 8, 8],
      layers: [
        ...(maps === null ? [] : [...(half ? [{ kind: "average-pool", size: 2 } as const] : []), ...maps]),
        maps === null ? { kind: "flatten" } : pool,
        ...hidden.map((layer) => dense(layer.units, true, layer.bias)),
        dense(outputs, false, bias),
      ],
    }));

const drawParameters = (architecture: Architecture): TrialParameters =>
  trialParameters(
    trialParameterSpecs(architecture, REGIMES.relu).map((spec) => {
      const { layer, kind, shape } = spec;
      const drawn = randomStream(1, "round trip", `${layer}.${kind}`).uniform(sizeOf(shape), -1, 1);
      return [spec, float32(shape, drawn)] as const;
    }),
  );

/** As the command line exports a run. */
function exported(architecture: Architecture, parameters: TrialParameters): WrittenModel {
  const tensors = mapParameters(parameters, (array) => constant(array));
  const x = input("input", "float32", ["batch", ...architecture.inputShape]);
  const arrays = new Map(Object.entries(byName(tensors)).map(([name, tensor]) => [tensor, name]));
  const { logits } = predict(architecture, REGIMES.relu, tensors, x);
  return writeModel(graph({ logits }), { arrays });
}

describe("networks written here and read back", () => {
  it("give the logits that they gave, through the same layers", async () => {
    await fc.assert(
      fc.asyncProperty(architectures(), async (architecture) => {
        const parameters = drawParameters(architecture);
        const own = gatedNetwork(architecture, REGIMES.relu, parameters);
        const read = networkFromOnnx(exported(architecture, parameters).bytes);
        const x = examples(3, architecture.inputShape);
        const batch = input("x", "float32", x.shape);
        const tensors = mapParameters(parameters, (array) => constant(array));
        const before = predict(architecture, REGIMES.relu, tensors, batch).logits;
        const after = forwardNodes(read, batch).get(read.output) ?? before;
        const values = await runGraph({ before, after }, { x });
        expectClose(values.after ?? 0, values.before ?? 1, { relative: 1e-5, absolute: 1e-6 });
        const layers = (network: typeof read): readonly string[] =>
          network.nodes.flatMap(({ kind, shape }) => (kind === "rearrange" ? [] : [`${kind} ${shape}`]));
        expect(layers(read)).toEqual(layers(own));
      }),
      { numRuns: propertyRuns(40) },
    );
  });

  it("keep their weights to the bit", () => {
    const architecture: Architecture = { inputShape: [4], layers: [dense(3, true, true), dense(2, false, false)] };
    const parameters = drawParameters(architecture);
    const { nodes } = networkFromOnnx(exported(architecture, parameters).bytes);
    const weights = nodes.flatMap((node): readonly (Weights | undefined)[] =>
      node.kind === "dense" ? [node.weight, node.bias] : [],
    );
    const { 1: first, 2: last } = parameters.value;
    expect(weights).toEqual([first?.weight, first?.bias, last?.weight, undefined]);
  });

  it("keep their parameters apart and by name, though biases before training hold the same numbers", () =>
    fc.assert(
      fc.property(architectures(), (architecture) => {
        const parameters = mapParameters(drawParameters(architecture), (array, { kind }) =>
          kind === "bias" ? float32(array.shape, array.data.fill(0)) : array,
        );
        const read = networkParameters(networkFromOnnx(exported(architecture, parameters).bytes));
        expect(Object.fromEntries(read.map(({ name, values }) => [name, values]))).toEqual(byName(parameters));
        expect(read.filter(({ uses }) => uses.length !== 1)).toEqual([]);
      }),
      { numRuns: 20 },
    ));

  it("a gated network has gates that are no units of the model, and is refused by name", () => {
    const architecture: Architecture = { inputShape: [4], layers: [dense(3, true, true), dense(2, false, false)] };
    const { value } = mapParameters(drawParameters(architecture), (array) => constant(array));
    const x = input("input", "float32", ["batch", 4]);
    const { logits } = predict(architecture, REGIMES["frnpf-ii"], { value, feature: value }, x);
    const { bytes } = writeModel(graph({ logits }));
    expect(errorOf(() => networkFromOnnx(bytes)).message).toMatch(/^node "\w+:\w+" \((Greater|Sigmoid|Cast|Mul)\)/);
  });
});
