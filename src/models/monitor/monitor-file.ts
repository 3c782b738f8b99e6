/**
 * A monitor as bytes: a safetensors file, which other programs read too, whose tensors' sizes are all told twice, by their shapes
 * and by each other. The metadata are texts: what it is and its version, the digest of the network, the layers, notes.
 */
import { z } from "zod";
import { readSafetensors, writeSafetensors } from "../../data/index.ts";
import { GatewiseError } from "../../errors.ts";
import { gateBytes, type PackedGates, type PackedLayer } from "../../gates/index.ts";
import { type BinaryData, type DenseArray, type DType, denseArray, type Storage } from "../../graph/index.ts";
import { classCount } from "./answers.ts";
import type { Monitor } from "./monitor.ts";
import { STORED_KINDS } from "./stored-inputs.ts";

const FORMAT = "gatewise-monitor";
const VERSION = "1";

const SCORES = ["gates", "softmax", "pixels", "larger"] as const;

/** The monitor as a file. */
export function writeMonitor({ network, outputs, references, heldOut, rates, notes }: Monitor): Uint8Array {
  const floats = (data: Float64Array) => denseArray("float64", [data.length], data);
  const wholes = (data: Int32Array) => denseArray("int32", [data.length], data);
  const units = references.gates.layers.map((layer) => layer.units);
  return writeSafetensors(
    {
      "references.classes": wholes(references.classes),
      "references.examples": wholes(references.examples),
      "references.gates": gateBytes(references.gates),
      "references.inputs": references.inputs.data,
      ...Object.fromEntries(SCORES.map((name) => [`held-out.${name}`, floats(heldOut[name])])),
      "rates.open": wholes(Int32Array.from(rates.open.flatMap((counts) => [...counts]))),
    },
    {
      ...{ format: FORMAT, version: VERSION, network },
      facts: JSON.stringify({ outputs, units, inputs: references.inputs.kind, clean: rates.examples }),
      notes: JSON.stringify(notes),
    },
  );
}

const Count = z.int().min(1);
const Facts = z.strictObject({
  outputs: Count,
  units: z.array(Count).min(1),
  inputs: z.enum(STORED_KINDS),
  clean: Count,
});
const Notes = z.record(z.string(), z.string());

/**
 * The monitor in the bytes of a file; every number is checked against the others before it is used.
 * @param file names the file in errors
 * @throws GatewiseError unless they are a monitor of this version, whole and consistent
 */
export function readMonitor(bytes: BinaryData, file = "monitor"): Monitor {
  const { tensors, metadata } = readSafetensors(bytes, file);
  if (metadata.format !== FORMAT) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${file}: a safetensors file that is no monitor`,
      expected: "one that `monitor fit` has written",
      next: "fit one, by `monitor fit`",
    });
  }
  if (metadata.version !== VERSION) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${file}: a monitor of version ${(metadata.version ?? "none").slice(0, 20)}`,
      expected: `version ${VERSION}`,
      next: "fit it again with this gatewise, or read it with the one that wrote it",
    });
  }
  const damaged = (received: string, expected: string): GatewiseError =>
    new GatewiseError({
      code: "damaged-file",
      received: `${file}: ${received}`,
      expected,
      next: "the file is damaged: fit the monitor again",
    });
  const told = <T extends z.ZodType>(structure: T, name: string): z.infer<T> => {
    const result = structure.safeParse(jsonOf(metadata[name] ?? ""));
    if (result.success) return result.data;
    throw damaged(`metadata "${name}" that are none`, "what `monitor fit` writes of a network");
  };
  const facts = told(Facts, "facts");
  const notes = told(Notes, "notes");
  const { network = "" } = metadata;
  if (!/^[0-9a-f]{64}$/.test(network)) throw damaged("no digest of a network", "64 hexadecimal digits");
  const take = <D extends DType>(name: string, dtype: D, shape: readonly (number | "n")[]): DenseArray<D> => {
    const tensor = tensors[name];
    const fits = tensor?.dtype === dtype && shape.every((size, axis) => size === "n" || size === tensor.shape[axis]);
    if (tensor !== undefined && fits && tensor.shape.length >= shape.length) return narrowed(tensor, dtype);
    const got = tensor === undefined ? "missing" : `${tensor.dtype} [${tensor.shape.join(", ")}]`;
    throw damaged(`tensor "${name}" is ${got}`, `${dtype} [${shape.join(", ")}]`);
  };
  const classes = take("references.classes", "int32", ["n"]).data;
  const count = classes.length;
  const mostClass = classCount(facts.outputs) - 1;
  if (count === 0 || !isRising(classes) || classes[0]! < 0 || classes[count - 1]! > mostClass) {
    throw damaged("classes of references out of order", `rising numbers from 0 to ${mostClass}`);
  }
  const examples = take("references.examples", "int32", [count]).data;
  if (examples.some((example) => example < 0)) throw damaged("a reference before the first example", "places from 0");
  const words = facts.units.map((units) => 2 * Math.ceil(units / 64));
  const rows = take("references.gates", "uint8", [count, 4 * words.reduce((sum, one) => sum + one, 0)]);
  const gates = gatesOf(rows, facts.units, words);
  if (gates === undefined) throw damaged("open gates behind the last unit of a layer", "zeros there");
  const inputs = take("references.inputs", "uint8", [count]);
  const scores = (name: (typeof SCORES)[number]): Float64Array => {
    const { data } = take(`held-out.${name}`, "float64", [facts.clean]);
    if (isRising(data)) return data;
    throw damaged(`scores by ${name} out of order`, "rising numbers");
  };
  const heldOut = {
    gates: scores("gates"),
    softmax: scores("softmax"),
    pixels: scores("pixels"),
    larger: scores("larger"),
  };
  const all = facts.units.reduce((sum, one) => sum + one, 0);
  const open = take("rates.open", "int32", [all]).data;
  if (open.some((one) => one < 0 || one > facts.clean)) {
    throw damaged("a gate open for more inputs than there were", `counts from 0 to ${facts.clean}`);
  }
  let at = 0;
  const rates = facts.units.map((units) => {
    at += units;
    return open.slice(at - units, at);
  });
  return {
    ...{ network, outputs: facts.outputs, heldOut, notes },
    references: { classes, examples, gates, inputs: { kind: facts.inputs, data: inputs } },
    rates: { examples: facts.clean, open: rates },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const narrowed = <D extends DType>({ shape, data }: DenseArray, dtype: D): DenseArray<D> =>
  denseArray(dtype, shape, data as Storage<D>);

/** Also says no to numbers that are none. */
function isRising(values: Int32Array | Float64Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value) || value < (values[i - 1] ?? value)) return false;
  }
  return true;
}

/** The gates in the bytes of a file, or undefined if bits are set that are no gates. */
function gatesOf(
  { shape: [examples = 0], data }: DenseArray<"uint8">,
  units: readonly number[],
  widths: readonly number[],
): PackedGates | undefined {
  const all = new Uint32Array(data.slice().buffer);
  const line = widths.reduce((sum, one) => sum + one, 0);
  let start = 0;
  const layers = units.map((count, index): PackedLayer => {
    const width = widths[index]!;
    const words = new Uint32Array(examples * width);
    for (let example = 0; example < examples; example++) {
      const from = example * line + start;
      words.set(all.subarray(from, from + width), example * width);
    }
    start += width;
    return { layer: index + 1, units: count, wordsPerExample: width, words };
  });
  const isClean = layers.every((layer) => layer.words.every((word, i) => (word & ~usedBits(layer, i)) === 0));
  return isClean ? { examples, layers } : undefined;
}

/** Ones where a word holds gates. */
function usedBits({ units, wordsPerExample }: PackedLayer, place: number): number {
  const used = units - 32 * (place % wordsPerExample);
  return used >= 32 ? -1 : used <= 0 ? 0 : 2 ** used - 1;
}
