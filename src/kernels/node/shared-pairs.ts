/** The examples of a kernel of pairs in memory that worker threads share; what is there already stays where it is. */
import type { GatedNetwork, GatedNode } from "../../network/index.ts";
import type { NodeWork } from "../pair/node-tiles.ts";
import type { PositionBits } from "../pair/position-bits.ts";
import type { ExampleReading, NodeGates } from "../pair/readings.ts";
import type { PackedExamples } from "../pair-program/packed-example.ts";
import { compileMachine } from "../pair-program/program-instance.ts";
import type { ProgramWork } from "../pair-program/program-tiles.ts";

/** What needs no engine. */
export type ThreadedWork = ProgramWork | NodeWork;

export async function sharedPairs(work: ThreadedWork): Promise<ThreadedWork> {
  if (work.kind === "nodes") return sharedNodes(work);
  const { program, rows, columns } = work;
  // what packs examples is of no use to threads that are given packed ones
  const { code, pieces, constants, vectors, result, gateNumbers, valueNumbers, secondsPerPair } = program;
  const run = { code: shared(code), pieces, constants, vectors, result, gateNumbers, valueNumbers, secondsPerPair };
  const left = sharedExamples(rows);
  const right = columns === rows ? left : sharedExamples(columns);
  return { kind: "program", program: run, rows: left, columns: right, machine: await compileMachine() };
}

const sharedExamples = ({ count, gates, values }: PackedExamples): PackedExamples => ({
  count,
  gates: shared(gates),
  values: shared(values),
});

function sharedNodes({ network, withShortcuts, rows, columns }: NodeWork): NodeWork {
  const left = rows.map(sharedReading);
  return {
    kind: "nodes",
    network: withoutWeights(network),
    withShortcuts,
    rows: left,
    columns: columns === rows ? left : columns.map(sharedReading),
  };
}

const sharedReading = ({ input, gates, selections }: ExampleReading): ExampleReading => ({
  input: shared(input),
  gates: new Map([...gates].map(([position, own]) => [position, sharedGates(own)])),
  selections: new Map([...selections].map(([position, chosen]) => [position, shared(chosen)])),
});

function sharedGates(gates: NodeGates): NodeGates {
  const starts = gates.starts?.map(({ at, value }) => ({ at: sharedBits(at), value }));
  const own =
    gates.kind === "bits"
      ? ({ kind: "bits", on: sharedBits(gates.on) } as const)
      : ({ kind: "reals", values: shared(gates.values) } as const);
  return starts === undefined ? own : { ...own, starts };
}

const sharedBits = (bits: PositionBits): PositionBits => ({ ...bits, words: shared(bits.words) });

type Numbers = Float64Array | Float32Array | Uint32Array | Uint16Array | Int32Array;

function shared(numbers: Float64Array): Float64Array;
function shared(numbers: Float32Array): Float32Array;
function shared(numbers: Uint32Array): Uint32Array;
function shared(numbers: Uint16Array): Uint16Array;
function shared(numbers: Int32Array): Int32Array;
function shared(numbers: Float64Array | Float32Array): Float64Array | Float32Array;
function shared(numbers: Numbers): Numbers {
  if (numbers.buffer instanceof SharedArrayBuffer) return numbers;
  const memory = new SharedArrayBuffer(numbers.byteLength);
  new Uint8Array(memory).set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  if (numbers instanceof Float64Array) return new Float64Array(memory);
  if (numbers instanceof Float32Array) return new Float32Array(memory);
  if (numbers instanceof Uint32Array) return new Uint32Array(memory);
  return numbers instanceof Uint16Array ? new Uint16Array(memory) : new Int32Array(memory);
}

/** A path kernel knows of weights only that they are there. */
const withoutWeights = ({ nodes, output }: GatedNetwork): GatedNetwork => ({
  output,
  nodes: nodes.map((node): GatedNode => {
    if (!("weight" in node) || node.weight === undefined) return node;
    const { shape } = node.weight;
    return { ...node, weight: { dtype: "float32", shape, data: new Float32Array() } };
  }),
});
