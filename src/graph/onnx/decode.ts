/**
 * Bytes of an ONNX file as messages, weighed before they are decoded: a few bytes of a file may become an object each, so
 * what decoding takes is counted on the wire, without making anything, and a file that takes too much ends here.
 */
import { type DescField, type DescMessage, fromBinary, ScalarType } from "@bufbuild/protobuf";
import { GatewiseError } from "../../errors.ts";
import { type ModelProto, ModelProtoSchema, TensorProto_DataType } from "./onnx_pb.ts";

/** The deepest networks in use have some thousands of nodes. */
const MAX_NODES = 100_000;
/**
 * Memory for what a model says beside its raw weights: a quarter of the least heap that Node takes on machines of today.
 * The structure of the largest networks takes some megabytes.
 */
const MAX_DECODED = 2 ** 29;
/** Messages within messages; as many as the decoder itself follows. */
const MAX_DEPTH = 100;

/** Heap bytes of what is decoded, as measured (Node 20): a message with its fields and empty lists, … */
const MESSAGE = 64;
const FIELD = 16;
const LIST = 48;
/** … an element of a list of numbers, with the room that a growing list leaves, … */
const NUMBER = 16;
const BIGINT = 48;
/** … a text, or a view of bytes, beside its characters. */
const TEXT = 96;

/** @throws GatewiseError for bytes that are no model, and for a model that takes too much memory to decode */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const lists = new Weighing(bytes).weigh();
  const damaged = (cause?: unknown): GatewiseError =>
    new GatewiseError({
      code: "damaged-file",
      received: `${bytes.length} bytes that do not parse`,
      expected: "an ONNX model",
      next: "the file is truncated, damaged or of another format: export the model again",
      ...(cause === undefined ? {} : { cause }),
    });
  if (lists === undefined) throw damaged();
  // a packed list of floats lies in the file as raw data do: read as such, it is not made a list first
  const retag = (to: "raw" | "listed"): void => {
    for (const { at, tag } of lists) bytes[at] = to === "raw" ? RAW_DATA.tag : tag;
  };
  retag("raw");
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false, recursionLimit: MAX_DEPTH });
  } catch (cause) {
    throw damaged(cause);
  } finally {
    retag("listed");
  }
}

/** Numbers of `TensorProto`'s fields. */
const DATA_TYPE = 2;
const LENGTH_DELIMITED = 2;
const tagOf = (field: number): number => (field << 3) | LENGTH_DELIMITED;
const RAW_DATA = { field: 9, tag: tagOf(9) } as const;
/** Lists of numbers that are laid out as raw data are, by the element type that they belong to. */
const LISTS_AS_RAW = new Map<number, number>([
  [4, TensorProto_DataType.FLOAT],
  [10, TensorProto_DataType.DOUBLE],
]);

/** The place of a tag of one byte. */
interface PackedList {
  readonly at: number;
  readonly tag: number;
}

/** A message while its fields are walked over. */
interface Open {
  readonly kind: Kind;
  readonly end: number;
  /** Of a tensor: its element type, its lists of numbers, and how many fields hold elements. */
  elementType: number;
  list: (PackedList & { readonly elementType: number }) | undefined;
  holders: number;
  /** What its lists cost if they are not read as raw data. */
  listed: number;
}

/** What is known of a type of messages. */
interface Kind {
  readonly desc: DescMessage;
  readonly fields: ReadonlyMap<number, DescField>;
  /** Heap bytes of an empty one. */
  readonly cost: number;
}

/** One pass over the wire format (protobuf.dev/programming-guides/encoding), without recursion. */
class Weighing {
  private position = 0;
  private decoded = 0;
  private nodes = 0;
  private readonly kinds = new Map<DescMessage, Kind>();
  private readonly lists: PackedList[] = [];

  constructor(private readonly bytes: Uint8Array) {}

  /** @returns lists of numbers that can be read as raw data; undefined where the bytes do not parse */
  weigh(): readonly PackedList[] | undefined {
    const open = [this.enter(ModelProtoSchema, this.bytes.length)];
    for (let message = open.at(-1); message !== undefined; message = open.at(-1)) {
      if (this.position >= message.end) {
        if (this.position > message.end) return undefined;
        this.leave(message);
        open.pop();
        continue;
      }
      const inner = this.field(message);
      if (inner === "damaged") return undefined;
      if (inner === undefined) continue;
      if (open.length === MAX_DEPTH) return undefined;
      open.push(inner);
    }
    return this.lists;
  }

  private enter(desc: DescMessage, end: number): Open {
    let kind = this.kinds.get(desc);
    if (kind === undefined) {
      const lists = desc.fields.filter(({ fieldKind }) => fieldKind === "list").length;
      const cost = MESSAGE + FIELD * desc.fields.length + LIST * lists;
      kind = { desc, fields: new Map(desc.fields.map((field) => [field.number, field])), cost };
      this.kinds.set(desc, kind);
    }
    this.take(kind.cost);
    if (desc.name === "NodeProto") this.countNode();
    return { kind, end, elementType: 0, list: undefined, holders: 0, listed: 0 };
  }

  private leave({ list, elementType, holders, listed }: Open): void {
    if (list !== undefined && holders === 1 && list.elementType === elementType) this.lists.push(list);
    else this.take(listed);
  }

  /** Walks over one field; a message is entered. */
  private field(message: Open): Open | "damaged" | undefined {
    const at = this.position;
    const tag = this.varint();
    const [number, wireType] = [Math.floor(tag / 8), tag % 8];
    if (number < 1 || number >= 2 ** 29) return "damaged";
    const field = message.kind.fields.get(number);
    const start = this.position;
    let length = 0;
    switch (wireType) {
      case 0: {
        const value = this.varint();
        if (message.kind.desc.name === "TensorProto" && number === DATA_TYPE) message.elementType = value;
        break;
      }
      case 1:
        this.position += 8;
        break;
      case LENGTH_DELIMITED:
        length = this.varint();
        break;
      case 5:
        this.position += 4;
        break;
      default:
        // groups, which ONNX has none of
        return "damaged";
    }
    if (this.position + length > message.end) return "damaged";
    const content = this.position;
    if (field?.message !== undefined && wireType === LENGTH_DELIMITED)
      return this.enter(field.message, content + length);
    this.position += length;
    if (field === undefined) {
      this.take(TEXT);
      return undefined;
    }
    if (field.message !== undefined || !isWireTypeOf(field, wireType)) return "damaged";
    const cost = this.costOf(field, wireType, content, length);
    const isOfTensor = message.kind.desc.name === "TensorProto";
    if (isOfTensor) noteElements(message, number, { at, isShort: start === at + 1, wireType });
    if (isOfTensor && LISTS_AS_RAW.has(number)) message.listed += cost;
    else this.take(cost);
    return undefined;
  }

  /** Heap bytes of a field that is no message. */
  private costOf(field: DescField, wireType: number, content: number, length: number): number {
    const { scalar } = field;
    if (scalar === ScalarType.BYTES) return TEXT;
    // characters beyond Latin-1 take two bytes
    if (scalar === ScalarType.STRING) return TEXT + 2 * length;
    if (field.fieldKind !== "list") return 0;
    const each = scalar === ScalarType.INT64 || scalar === ScalarType.UINT64 ? BIGINT : NUMBER;
    if (wireType !== LENGTH_DELIMITED) return each;
    switch (scalar) {
      case ScalarType.FLOAT:
        return (each * length) / 4;
      case ScalarType.DOUBLE:
        return (each * length) / 8;
      default: {
        let elements = 0;
        for (let i = content; i < content + length; i++) if (this.bytes[i]! < 0x80) elements += 1;
        return each * elements;
      }
    }
  }

  private take(cost: number): void {
    this.decoded += cost;
    if (this.decoded <= MAX_DECODED) return;
    throw new GatewiseError({
      code: "too-large",
      received: `a model whose names, numbers and nodes take more than ${MAX_DECODED} bytes to read`,
      expected: "at most as much beside its weights, and weights as raw data",
      next: "the file is damaged, or save its weights in a file beside it: onnx.save(model, path, save_as_external_data=True)",
    });
  }

  private countNode(): void {
    this.nodes += 1;
    if (this.nodes <= MAX_NODES) return;
    throw new GatewiseError({
      code: "too-large",
      received: `more than ${MAX_NODES} nodes`,
      expected: `at most ${MAX_NODES}`,
      next: "simplify the model before it is exported",
    });
  }

  /** A number of up to 64 bits, rounded beyond 2⁵³; beyond the end it is NaN, which no length fits. */
  private varint(): number {
    let value = 0;
    for (let shift = 0; shift < 10; shift++) {
      const byte = this.bytes[this.position];
      if (byte === undefined) return Number.NaN;
      this.position += 1;
      value += (byte & 0x7f) * 2 ** (7 * shift);
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  }
}

/** Notes a field of a tensor that holds elements. */
function noteElements(
  message: Open,
  field: number,
  { at, isShort, wireType }: { readonly at: number; readonly isShort: boolean; readonly wireType: number },
): void {
  const elementType = LISTS_AS_RAW.get(field);
  if (elementType !== undefined) {
    message.holders += 1;
    if (isShort && wireType === LENGTH_DELIMITED) message.list = { at, tag: tagOf(field), elementType };
  } else if (field === RAW_DATA.field) message.holders += 1;
}

/** How fields are written; the decoder does not look, and would go astray where a file says otherwise. */
function isWireTypeOf({ scalar, fieldKind }: DescField, wireType: number): boolean {
  if (scalar === ScalarType.BYTES || scalar === ScalarType.STRING) return wireType === LENGTH_DELIMITED;
  if (wireType === LENGTH_DELIMITED) return fieldKind === "list";
  const alone = scalar === ScalarType.FLOAT ? 5 : scalar === ScalarType.DOUBLE ? 1 : 0;
  return wireType === alone;
}
