/** Changes of ONNX models that leave them protobuf messages: what a field says, how often, where and in which order. */
import type { DescMessage } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "../../src/graph/onnx/onnx_pb.ts";
import { EDGES, joined } from "./bytes.ts";
import type { Random } from "./random.ts";

type Field =
  | { readonly number: number; readonly kind: "varint"; readonly value: bigint }
  | { readonly number: number; readonly kind: "fixed"; readonly bytes: Uint8Array }
  | { readonly number: number; readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly number: number; readonly kind: "message"; readonly of: DescMessage; readonly fields: readonly Field[] };

/** The fields of a message; undefined for bytes that are none. */
function parse(bytes: Uint8Array, of: DescMessage): readonly Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined) return undefined;
    const [number, wireType] = [Number(tag >> 3n), Number(tag & 7n)];
    if (wireType === 0) {
      const value = varint();
      if (value === undefined) return undefined;
      fields.push({ number, kind: "varint", value });
    } else if (wireType === 1 || wireType === 5) {
      const width = wireType === 1 ? 8 : 4;
      fields.push({ number, kind: "fixed", bytes: bytes.subarray(at, at + width) });
      at += width;
    } else {
      const length = Number(varint() ?? -1n);
      if (wireType !== 2 || length < 0 || at + length > bytes.length) return undefined;
      const content = bytes.subarray(at, at + length);
      at += length;
      const message = of.fields.find((field) => field.number === number)?.message;
      const inner = message && parse(content, message);
      if (message === undefined || inner === undefined) fields.push({ number, kind: "bytes", bytes: content });
      else fields.push({ number, kind: "message", of: message, fields: inner });
    }
  }
  return fields;
}

function varintBytes(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 127n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Uint8Array.from([...bytes, Number(rest)]);
}

const tagBytes = (number: number, wireType: number): Uint8Array => varintBytes(BigInt(number * 8 + wireType));

const written = (fields: readonly Field[]): Uint8Array => joined(fields.flatMap(partsOf));

function partsOf(field: Field): readonly Uint8Array[] {
  switch (field.kind) {
    case "varint":
      return [tagBytes(field.number, 0), varintBytes(field.value)];
    case "fixed":
      return [tagBytes(field.number, field.bytes.length === 8 ? 1 : 5), field.bytes];
    case "bytes":
    case "message": {
      const content = field.kind === "bytes" ? field.bytes : written(field.fields);
      return [tagBytes(field.number, 2), varintBytes(BigInt(content.length)), content];
    }
  }
}

/** The model with one thing about one of its messages changed; undefined where the bytes are no model. */
export function changedModel(bytes: Uint8Array, random: Random): Uint8Array | undefined {
  const fields = parse(bytes, ModelProtoSchema);
  return fields && written(changedWithin(fields, random, texts(fields)));
}

/** All short texts: names that are swapped for each other make models of another structure. */
const texts = (fields: readonly Field[]): readonly Uint8Array[] =>
  fields.flatMap((field) => {
    if (field.kind === "message") return texts(field.fields);
    return field.kind === "bytes" && field.bytes.length < 32 ? [field.bytes] : [];
  });

function changedWithin(fields: readonly Field[], random: Random, names: readonly Uint8Array[]): readonly Field[] {
  const messages = fields.flatMap((field, index) => (field.kind === "message" ? [{ field, index }] : []));
  // mostly further in: there is more of it
  if (messages.length > 0 && random.chance(0.8)) {
    const { field, index } = random.pick(messages);
    return fields.with(index, { ...field, fields: changedWithin(field.fields, random, names) });
  }
  return changedFields(fields, random, names);
}

function changedFields(fields: readonly Field[], random: Random, names: readonly Uint8Array[]): readonly Field[] {
  if (fields.length === 0) return [{ number: 1 + random.below(20), kind: "varint", value: random.pick(EDGES) }];
  const index = random.below(fields.length);
  const chosen = random.pick(fields);
  const field = fields[index] ?? chosen;
  switch (random.below(10)) {
    case 0:
      return fields.toSpliced(index, 1);
    case 1:
      return fields.toSpliced(index, 0, field);
    case 2:
      return fields.with(index, chosen);
    case 3:
      return fields.toSorted(() => random.below(3) - 1);
    case 4:
      return fields.with(index, { ...field, number: 1 + random.below(30) });
    case 5:
      return [...fields, { number: 1 + random.below(30), kind: "varint", value: random.pick(EDGES) }];
    case 6:
      // many of one thing
      return fields.toSpliced(index, 0, ...Array.from({ length: random.pick([2, 10, 100]) }, () => field));
    default:
      return fields.with(index, changedField(field, random, names));
  }
}

function changedField(field: Field, random: Random, names: readonly Uint8Array[]): Field {
  switch (field.kind) {
    case "varint":
      return { ...field, value: random.chance(0.5) ? random.pick(EDGES) : field.value + BigInt(random.below(9) - 4) };
    case "fixed":
    case "bytes": {
      const { bytes } = field;
      if (field.kind === "bytes" && names.length > 0 && random.chance(0.4))
        return { ...field, bytes: random.pick(names) };
      if (bytes.length > 0 && random.chance(0.6)) {
        const copy = Uint8Array.from(bytes);
        copy[random.below(copy.length)] = random.pick([0, 1, 2, 3, 0x7f, 0x80, 0xff, random.below(256)]);
        return { ...field, bytes: copy };
      }
      if (field.kind === "fixed") return field;
      return {
        ...field,
        bytes: random.chance(0.5) ? bytes.subarray(0, random.below(bytes.length + 1)) : joined([bytes, bytes]),
      };
    }
    case "message":
      return { ...field, fields: changedFields(field.fields, random, names) };
  }
}
