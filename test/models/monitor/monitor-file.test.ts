import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../../../src/data/index.ts";
import { openNodeEngine } from "../../../src/engine/node/index.ts";
import { GatewiseError } from "../../../src/errors.ts";
import { type DenseArray, denseArray, float32, sizeOf } from "../../../src/graph/index.ts";
import { Model, type Monitor, readMonitor, writeMonitor } from "../../../src/models/index.ts";
import { inputShapeOf } from "../../../src/network/index.ts";
import { randomStream } from "../../../src/random.ts";
import { errorOf } from "../../support/error-of.ts";
import { gatedNetworkOf } from "../../support/gated-networks.ts";

let monitor: Monitor;
let bytes: Uint8Array;

beforeAll(async () => {
  const { network } = gatedNetworkOf({ body: "dense", gates: "hard", bias: true, normalize: false, seed: 4 });
  await using model = new Model(network, { openEngine: () => openNodeEngine("cpu", { threads: 1 }) });
  const shape = inputShapeOf(network);
  const inputs = float32([60, ...shape], Float32Array.from(randomStream(5, "x").normal(60 * sizeOf(shape))));
  monitor = await model.fitMonitor(inputs, { references: 4, notes: { model: "m.onnx" } });
  bytes = writeMonitor(monitor);
});

/** The file with some of it replaced. */
function changed(
  tensors: Readonly<Record<string, DenseArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const whole = readSafetensors(bytes);
  return writeSafetensors({ ...whole.tensors, ...tensors }, { ...whole.metadata, ...metadata });
}
const withFacts = (facts: object): Uint8Array =>
  changed({}, { facts: JSON.stringify({ ...JSON.parse(readSafetensors(bytes).metadata.facts ?? ""), ...facts }) });
const ints = (...values: readonly number[]) => denseArray("int32", [values.length], Int32Array.from(values));

describe("the file of a monitor", () => {
  it("gives back the monitor, and the same bytes", () => {
    expect(readMonitor(bytes)).toEqual(monitor);
    expect(writeMonitor(readMonitor(bytes))).toEqual(bytes);
  });

  const again = "the file is damaged: fit the monitor again";
  it.each([
    {
      name: "another safetensors file",
      file: () => writeSafetensors({ x: float32([1], [1]) }),
      message: "f: a safetensors file that is no monitor: expected one that `monitor fit` has written",
      hint: "fit one, by `monitor fit`",
    },
    {
      name: "a later version",
      file: () => changed({}, { version: "2" }),
      message: "f: a monitor of version 2: expected version 1",
      hint: "fit it again with this gatewise, or read it with the one that wrote it",
    },
    {
      name: "no facts",
      file: () => changed({}, { facts: "[" }),
      message: 'f: metadata "facts" that are none: expected what `monitor fit` writes of a network',
      hint: again,
    },
    {
      name: "layers beyond all memory",
      file: () => withFacts({ units: [2 ** 52, 2 ** 52] }),
      message: /^f: tensor "references\.gates" is uint8 \[\d+, \d+\]: expected uint8 \[\d+, 1125899906842624\]$/,
      hint: again,
    },
    {
      name: "fewer clean inputs than scores",
      file: () => withFacts({ clean: 7 }),
      message: 'f: tensor "held-out.gates" is float64 [12]: expected float64 [7]',
      hint: again,
    },
    {
      name: "a class that the network does not have",
      file: () => changed({ "references.classes": ints(...monitor.references.classes.map(() => 9)) }),
      message: /^f: classes of references out of order: expected rising numbers from 0 to \d$/,
      hint: again,
    },
    {
      name: "scores out of order",
      file: () =>
        changed({
          "held-out.pixels": denseArray(
            "float64",
            [12],
            Float64Array.from({ length: 12 }, (_, i) => -i),
          ),
        }),
      message: "f: scores by pixels out of order: expected rising numbers",
      hint: again,
    },
    {
      name: "scores that are no numbers",
      file: () => changed({ "held-out.larger": denseArray("float64", [12], new Float64Array(12).fill(Number.NaN)) }),
      message: "f: scores by larger out of order: expected rising numbers",
      hint: again,
    },
    {
      name: "gates that no unit has",
      file: () => {
        const gates = readSafetensors(bytes).tensors["references.gates"];
        if (gates?.dtype !== "uint8") throw new Error("gates");
        return changed({
          "references.gates": denseArray(
            "uint8",
            gates.shape,
            gates.data.map(() => 255),
          ),
        });
      },
      message: "f: open gates behind the last unit of a layer: expected zeros there",
      hint: again,
    },
    {
      name: "a gate open more often than there were inputs",
      file: () => changed({ "rates.open": ints(...monitor.rates.open.flatMap((counts) => [...counts].map(() => 13))) }),
      message: "f: a gate open for more inputs than there were: expected counts from 0 to 12",
      hint: again,
    },
  ])("is refused with $name", ({ file, message, hint }) => {
    const error = errorOf(() => readMonitor(file(), "f"));
    expect(error.hint).toBe(hint);
    if (typeof message === "string") expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
  });

  it("cut short or with any byte changed is a monitor or a refusal", () =>
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), fc.boolean(), (place, value, isCut) => {
        const at = place % bytes.length;
        const damaged = isCut ? bytes.slice(0, at) : bytes.with(at, value);
        try {
          readMonitor(damaged);
        } catch (thrown) {
          if (!(thrown instanceof GatewiseError)) throw thrown;
        }
      }),
      { numRuns: 300 },
    ));
});
