import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GatewiseError, messageOf } from "../../src/errors.ts";
import { ArchitectureStructure, placeLayers, readArchitecture } from "../../src/network/index.ts";
import { errorOf } from "../support/error-of.ts";
import { expectOnlyGatewiseErrors } from "../support/only-gatewise-errors.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { C4GAP, FC, GCONV, VCONV } from "./architectures.ts";
import { architectures } from "./random-architectures.ts";

const FILE = "net.json";
const SHAPE = [3, 4, 4];
const read = (value: unknown, shape: readonly number[] = SHAPE) => readArchitecture(JSON.stringify(value), FILE, shape);
const ends = (...layers: readonly unknown[]) => ({
  layers: [...layers, { kind: "flatten" }, { kind: "dense", units: 2, gated: false }],
});
const EXAMPLE = readFileSync(new URL("../../examples/pre-activation-resnet.json", import.meta.url), "utf8");

describe("a file", () => {
  it("may leave out what most layers have, and the input shape", () => {
    const wanted = {
      inputShape: SHAPE,
      layers: [
        { kind: "convolution", channels: 5, kernel: 3, stride: 1, padding: "same", bias: true, gated: true },
        { kind: "residual", body: [{ kind: "gate" }], shortcut: [] },
        { kind: "global-average-pool" },
        { kind: "dense", units: 2, bias: true, gated: false },
      ],
    };
    const layers = [
      { kind: "convolution", channels: 5 },
      { kind: "residual", body: [{ kind: "gate" }] },
      { kind: "global-average-pool" },
      { kind: "dense", units: 2, gated: false },
    ];
    expect(read({ layers })).toEqual(wanted);
    expect(read({ inputShape: SHAPE, layers })).toEqual(wanted);
  });

  it("that was written from an architecture gives it back", () => {
    for (const architecture of [FC, VCONV, GCONV, C4GAP]) {
      expect(read(architecture, architecture.inputShape)).toEqual(architecture);
    }
    fc.assert(
      fc.property(architectures(), (architecture) => {
        expect(read(architecture, architecture.inputShape)).toEqual(architecture);
        expect(ArchitectureStructure.parse(JSON.parse(JSON.stringify(architecture)))).toEqual(architecture);
      }),
    );
  });
});

const KINDS =
  "an architecture: layers of kind dense, convolution, gate, residual, max-pool, average-pool, global-average-pool or flatten";
const MEND = "mend the file there; examples/pre-activation-resnet.json is one";
const NO_KIND =
  "Invalid discriminator value. Expected 'dense' | 'convolution' | 'gate' | 'residual' | 'max-pool' | 'average-pool' | 'global-average-pool' | 'flatten'";

describe("structure errors name the place", () => {
  it.each<{ title: string; value: unknown; at: string }>([
    { title: "an unknown kind", value: ends({ kind: "lstm" }), at: `, layers.0.kind: ${NO_KIND}` },
    { title: "no kind", value: ends({ units: 3 }), at: `, layers.0.kind: ${NO_KIND}` },
    {
      title: "a misspelt field",
      value: ends({ kind: "convolution", channels: 3, strides: 2 }),
      at: ', layers.0: Unrecognized key: "strides"',
    },
    {
      title: "a misspelt field that is needed",
      value: ends({ kind: "dense", unit: 3 }),
      at: ", layers.0.units: Invalid input: expected number, received undefined",
    },
    {
      title: "negative units",
      value: ends({ kind: "gate" }, { kind: "dense", units: -3 }),
      at: ", layers.1.units: Too small: expected number to be >=1",
    },
    {
      title: "half a unit",
      value: ends({ kind: "dense", units: 2.5 }),
      at: ", layers.0.units: Invalid input: expected int, received number",
    },
    {
      title: "too many units",
      value: ends({ kind: "dense", units: 2 ** 20 + 1 }),
      at: ", layers.0.units: Too big: expected number to be <=1048576",
    },
    {
      title: "an unknown padding",
      value: ends({ kind: "convolution", channels: 1, padding: "full" }),
      at: ', layers.0.padding: Invalid option: expected one of "same"|"valid"',
    },
    {
      title: "an error within a branch",
      value: ends({ kind: "residual", body: [{ kind: "gate" }], shortcut: [{ kind: "max-pool", size: 0 }] }),
      at: ", layers.0.shortcut.0.size: Too small: expected number to be >=1",
    },
    {
      title: "an empty body",
      value: ends({ kind: "residual", body: [] }),
      at: ", layers.0.body: Too small: expected array to have >=1 items",
    },
    { title: "no layers", value: { layers: [] }, at: ", layers: Too small: expected array to have >=1 items" },
    {
      title: "a misspelt list",
      value: { layer: [] },
      at: ", layers: Invalid input: expected array, received undefined",
    },
    {
      title: "an empty shape",
      value: { inputShape: [], ...ends() },
      at: ", inputShape: Too small: expected array to have >=1 items",
    },
    { title: "a list", value: [], at: ": Invalid input: expected object, received array" },
    { title: "null", value: null, at: ": Invalid input: expected object, received null" },
  ])("$title", ({ value, at }) => {
    expect(errorOf(() => read(value))).toEqual({ message: `${FILE}${at}: expected ${KINDS}`, hint: MEND });
  });
});

describe("a file that is well formed, but no network", () => {
  const convolution = { kind: "convolution", channels: 5, gated: false };
  it.each<{ title: string; value: unknown; message: string; hint: string }>([
    {
      title: "branches of different shapes",
      value: ends({ kind: "residual", body: [{ kind: "gate" }, convolution] }),
      message:
        "layer 0 (residual) with a body that gives [5, 4, 4] and a shortcut that gives [3, 4, 4]: expected a body of at least one layer, and two branches of one shape",
      hint: "change the strides or channels of one, or put a 1×1 convolution on the shortcut",
    },
    {
      title: "a layer that does not fit",
      value: ends({ kind: "max-pool", size: 3 }),
      message: "layer 0 (max-pool) on [3, 4, 4]: expected maps [channels, height, width] that windows of 3 tile",
      hint: "put a flatten or a pooling layer before it, or change the input shape",
    },
    {
      title: "maps at the end",
      value: { layers: [convolution] },
      message: "an architecture that ends in maps or is empty: expected a last layer that gives a vector",
      hint: "end it with a dense layer",
    },
    {
      title: "a gate at the end",
      value: ends({ kind: "gate" }).layers.concat({ kind: "gate" }),
      message: "layers.3: a last layer (gate) with a gate: expected outputs without a gate (theory 1)",
      hint: "remove it, or put a dense layer behind it",
    },
    {
      title: "gated outputs",
      value: [{ kind: "flatten" }, { kind: "dense", units: 2 }],
      message: "layers.1: a last layer (dense) with a gate: expected outputs without a gate (theory 1)",
      hint: 'say "gated": false there',
    },
    {
      title: "another input shape than the data's",
      value: { inputShape: [28, 28], ...ends() },
      message: "inputShape: [28, 28]: expected [3, 4, 4], as the data set has it",
      hint: "leave inputShape out, or choose another data set",
    },
    {
      title: "nothing to train",
      value: { layers: [{ kind: "gate" }, { kind: "flatten" }] },
      message: "layers without weights: expected at least one dense or convolution layer: what is trained",
      hint: "end it with a dense layer",
    },
    {
      // 48·2²⁰ + 2²⁰ + 2⁴⁰ + 2²⁰ + 2·2²⁰ + 2 parameters, 48 + 2²⁰ + 2²⁰ + 2 units
      title: "more weights than any memory holds",
      value: {
        layers: [
          { kind: "flatten" },
          ...[2 ** 20, 2 ** 20].map((units) => ({ kind: "dense", units })),
          { kind: "dense", units: 2, gated: false },
        ],
      },
      message: `layers of ${2 ** 40 + 54 * 2 ** 20 + 52} parameters and units, ${4 * (2 ** 40 + 54 * 2 ** 20 + 52)} bytes: expected at most 1073741824, 4294967296 bytes`,
      hint: "give the layers fewer units or channels",
    },
  ])("$title", ({ value, message, hint }) => {
    const file = Array.isArray(value) ? { layers: value } : value;
    expect(errorOf(() => read(file))).toEqual({ message: `${FILE}, ${message}`, hint });
  });

  it("text that is no JSON", () => {
    // the parser's words are its own, and differ between versions of Node
    const words = ((): string => {
      try {
        return String(JSON.parse("{"));
      } catch (thrown) {
        return messageOf(thrown);
      }
    })();
    expect(errorOf(() => readArchitecture("{", FILE, SHAPE))).toEqual({
      message: `${FILE}: ${words}: expected JSON such as {"layers": [{"kind": "flatten"}, {"kind": "dense", "units": 10, "gated": false}]}`,
      hint: "mend the file",
    });
  });

  const nested = (times: number): string =>
    `{"layers":[${'{"kind":"residual","body":['.repeat(times)}{"kind":"gate"}${"]}".repeat(times)},{"kind":"flatten"},{"kind":"dense","units":2,"gated":false}]}`;
  it("sums within sums within sums", () => {
    expect(placeLayers(readArchitecture(nested(30), FILE, SHAPE))).toHaveLength(3);
    for (const times of [31, 1000, 100_000]) {
      expect(errorOf(() => readArchitecture(nested(times), FILE, SHAPE))).toEqual({
        message: `${FILE}: lists and objects of more than 64 levels: expected residual sums within each other at most 30 times`,
        hint: "put them one behind the other",
      });
    }
  });
});

describe("whatever a file holds, only a GatewiseError comes of it", () => {
  const onlyGatewiseErrors = (text: string, shape: readonly number[]): void => {
    try {
      readArchitecture(text, FILE, shape);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(GatewiseError);
    }
  };

  it("random JSON", () => {
    fc.assert(fc.property(fc.json(), (text) => onlyGatewiseErrors(text, SHAPE)));
  });

  it("layers of random fields", () => {
    const number = fc.oneof(fc.integer({ min: -1, max: 9 }), fc.constantFrom(2 ** 20, 2 ** 31, 0.5, null));
    const kinds = [
      "dense",
      "convolution",
      "gate",
      "residual",
      "max-pool",
      "average-pool",
      "global-average-pool",
      "flatten",
    ];
    const { layer } = fc.letrec((tie) => ({
      layer: fc.record(
        {
          kind: fc.constantFrom(...kinds, "lstm"),
          ...{ units: number, channels: number, kernel: number, stride: number, size: number },
          ...{ bias: fc.boolean(), gated: fc.boolean(), padding: fc.constantFrom("same", "valid") },
          ...{ body: tie("list"), shortcut: tie("list") },
        },
        { requiredKeys: ["kind"] },
      ),
      list: fc.oneof({ depthSize: "small" }, fc.constant([]), fc.array(tie("layer"), { maxLength: 3 })),
    }));
    fc.assert(
      fc.property(fc.array(layer, { maxLength: 4 }), fc.constantFrom([4], SHAPE, [28, 28]), (layers, shape) =>
        onlyGatewiseErrors(JSON.stringify({ layers }), shape),
      ),
      { numRuns: propertyRuns(100) },
    );
  });

  it("a damaged file", async () => {
    const compact = JSON.stringify(JSON.parse(EXAMPLE));
    await expectOnlyGatewiseErrors(new TextEncoder().encode(compact), (bytes) =>
      readArchitecture(new TextDecoder().decode(bytes), FILE, [3, 32, 32]),
    );
  });
});
